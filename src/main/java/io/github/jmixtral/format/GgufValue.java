package io.github.jmixtral.format;

import java.util.List;

/** A value of a GGUF file's metadata, in the types that describing a model takes. */
public sealed interface GgufValue {

  /** An unsigned number of 32 bits. */
  record Unsigned(int value) implements GgufValue {
    /** Checks the range that an int can hold. */
    public Unsigned {
      if (value < 0) {
        throw new IllegalArgumentException("expected a number from 0 on, found " + value);
      }
    }
  }

  /** A number in single precision. */
  record Real(float value) implements GgufValue {}

  /** A text, UTF-8 in the file. */
  record Text(String value) implements GgufValue {}

  /** A list of texts. */
  record Texts(List<String> values) implements GgufValue {
    /** Copies the list. */
    public Texts {
      values = List.copyOf(values);
    }
  }

  /** A list of numbers in single precision. */
  record Reals(List<Float> values) implements GgufValue {
    /** Copies the list. */
    public Reals {
      values = List.copyOf(values);
    }
  }

  /** A list of signed numbers of 32 bits. */
  record Integers(List<Integer> values) implements GgufValue {
    /** Copies the list. */
    public Integers {
      values = List.copyOf(values);
    }
  }
}
