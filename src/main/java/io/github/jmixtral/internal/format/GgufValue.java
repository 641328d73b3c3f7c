package io.github.jmixtral.internal.format;

import java.util.List;

/** A value of a GGUF file's metadata. */
public sealed interface GgufValue {

  /** The whole numbers of the format. */
  enum WholeType {
    /** 8 bits, from 0 on. */
    UINT8(0, Byte.BYTES),
    /** 8 bits with a sign. */
    INT8(1, Byte.BYTES),
    /** 16 bits, from 0 on. */
    UINT16(2, Short.BYTES),
    /** 16 bits with a sign. */
    INT16(3, Short.BYTES),
    /** 32 bits, from 0 on. */
    UINT32(4, Integer.BYTES),
    /** 32 bits with a sign. */
    INT32(5, Integer.BYTES),
    /** 64 bits, from 0 on; beyond 2^63 − 1 a Java long shows them as negative. */
    UINT64(10, Long.BYTES),
    /** 64 bits with a sign. */
    INT64(11, Long.BYTES);

    private final int number;
    private final int byteSize;

    WholeType(int number, int byteSize) {
      this.number = number;
      this.byteSize = byteSize;
    }

    /** The type's number in the file. */
    int number() {
      return number;
    }

    /** Bytes of a number. */
    int byteSize() {
      return byteSize;
    }
  }

  /** A whole number. */
  record Whole(WholeType type, long value) implements GgufValue {}

  /** Whole numbers; the array is never changed. */
  record Wholes(WholeType type, long[] values) implements GgufValue {}

  /** A number in single precision. */
  record Real(float value) implements GgufValue {}

  /** Numbers in single precision; the array is never changed. */
  record Reals(float[] values) implements GgufValue {}

  /** A number in double precision. */
  record WideReal(double value) implements GgufValue {}

  /** Numbers in double precision; the array is never changed. */
  record WideReals(double[] values) implements GgufValue {}

  /** True or false. */
  record Flag(boolean value) implements GgufValue {}

  /** Truth values; the array is never changed. */
  record Flags(boolean[] values) implements GgufValue {}

  /** A text, UTF-8 in the file. */
  record Text(String value) implements GgufValue {}

  /** Texts. */
  record Texts(List<String> values) implements GgufValue {
    /** Copies the list. */
    public Texts {
      values = List.copyOf(values);
    }
  }

  /** Arrays. */
  record Arrays(List<GgufValue> values) implements GgufValue {
    /** Copies the list. */
    public Arrays {
      values = List.copyOf(values);
    }
  }

  /**
   * An unsigned number of 32 bits, the usual type of a size.
   *
   * @throws IllegalArgumentException when it is negative
   */
  static GgufValue unsigned(int value) {
    if (value < 0) {
      throw new IllegalArgumentException(
          "a number of this type is not negative, but this one is " + value);
    }
    return new Whole(WholeType.UINT32, value);
  }

  /** What a message calls the kind of this value. */
  default String kind() {
    return switch (this) {
      case Whole _ -> "a whole number";
      case Real _, WideReal _ -> "a number with a fraction";
      case Flag _ -> "true or false";
      case Text _ -> "a text";
      case Wholes _ -> "an array of whole numbers";
      case Reals _, WideReals _ -> "an array of numbers with fractions";
      case Flags _ -> "an array of truth values";
      case Texts _ -> "an array of texts";
      case Arrays _ -> "an array of arrays";
    };
  }
}
