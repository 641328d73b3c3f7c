package io.github.jmixtral.internal.format;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.access.Inside;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.IntFunction;

/**
 * A GGUF file's metadata, asked for by key and type.
 *
 * @param file the file's path, for messages
 * @param values by key
 */
public record GgufMetadata(String file, Map<String, GgufValue> values) {

  /** The key that names the kind of the tokenizer. */
  public static final String TOKENIZER_MODEL = "tokenizer.ggml.model";

  /**
   * A tokenizer of the public API as metadata, by the number of ids that the model knows; llama.cpp
   * wants as many pieces, so that unused ones fill up what is missing, and what is too much is
   * named in the log and left out.
   */
  public static final Inside<IntFunction<Map<String, GgufValue>>> OF_TOKENIZER = new Inside<>();

  /** What a file says. */
  public static GgufMetadata of(GgufFile file) {
    return new GgufMetadata(file.path().toString(), file.metadata());
  }

  /** Whether the file holds a tokenizer. */
  public boolean hasTokenizer() {
    String model = text(TOKENIZER_MODEL).orElse("none");
    return !model.equals("none") && !model.equals("no_vocab");
  }

  /**
   * A whole number from 0 to 2^31 − 1, in whichever of the file's types. It may stand there once
   * for each layer, if it is always the same.
   *
   * @throws MalformedFileException when it is something else
   */
  public OptionalInt whole(String key) {
    return switch (values.get(key)) {
      case null -> OptionalInt.empty();
      case GgufValue.Whole(_, long value) when value >= 0 && value <= Integer.MAX_VALUE ->
          OptionalInt.of((int) value);
      case GgufValue.Whole(GgufValue.WholeType type, long value) ->
          throw malformed(key, "from 0 to 2147483647", text(type, value));
      case GgufValue.Wholes(GgufValue.WholeType type, long[] values) -> {
        long[] different = Arrays.stream(values).distinct().toArray();
        if (different.length != 1) {
          throw malformed(
              key, "the same number for each layer", Excerpt.line(Arrays.toString(different)));
        }
        yield new GgufMetadata(file, Map.of(key, new GgufValue.Whole(type, different[0])))
            .whole(key);
      }
      case GgufValue other -> throw malformed(key, "a whole number", other.kind());
    };
  }

  private static String text(GgufValue.WholeType type, long value) {
    return type == GgufValue.WholeType.UINT64 ? Long.toUnsignedString(value) : "" + value;
  }

  /** As {@link #whole}, but 0 stands for "not set", and 2^31 − 1 for every larger number. */
  public OptionalInt positive(String key) {
    OptionalInt number =
        values.get(key) instanceof GgufValue.Whole(_, long value) && value > Integer.MAX_VALUE
            ? OptionalInt.of(Integer.MAX_VALUE)
            : whole(key);
    return number.orElse(0) > 0 ? number : OptionalInt.empty();
  }

  /**
   * The id of a token; one that is not in the vocabulary stands for "not set", as in llama.cpp.
   *
   * @throws MalformedFileException when it is no whole number
   */
  public OptionalInt id(String key, int vocabSize) {
    return switch (values.get(key)) {
      case null -> OptionalInt.empty();
      case GgufValue.Whole(_, long value) when value >= 0 && value < vocabSize ->
          OptionalInt.of((int) value);
      case GgufValue.Whole _ -> OptionalInt.empty();
      case GgufValue other -> throw malformed(key, "a whole number", other.kind());
    };
  }

  /** As {@link #whole}; the key must be there. */
  public int requiredWhole(String key) {
    return whole(key).orElseThrow(() -> missing(key, "a whole number"));
  }

  /**
   * A number with a fraction.
   *
   * @throws MalformedFileException when it is something else
   */
  public OptionalDouble real(String key) {
    return switch (values.get(key)) {
      case null -> OptionalDouble.empty();
      case GgufValue.Real(float value) -> OptionalDouble.of(shortest(value));
      case GgufValue.WideReal(double value) -> OptionalDouble.of(value);
      case GgufValue other -> throw malformed(key, "a number with a fraction", other.kind());
    };
  }

  /** As {@link #real}; the key must be there. */
  public double requiredReal(String key) {
    return real(key).orElseThrow(() -> missing(key, "a number with a fraction"));
  }

  /**
   * A text.
   *
   * @throws MalformedFileException when it is something else
   */
  public Optional<String> text(String key) {
    return switch (values.get(key)) {
      case null -> Optional.empty();
      case GgufValue.Text(String value) -> Optional.of(value);
      case GgufValue other -> throw malformed(key, "a text", other.kind());
    };
  }

  /**
   * True or false.
   *
   * @throws MalformedFileException when it is something else
   */
  public Optional<Boolean> flag(String key) {
    return switch (values.get(key)) {
      case null -> Optional.empty();
      case GgufValue.Flag(boolean value) -> Optional.of(value);
      case GgufValue other -> throw malformed(key, "true or false", other.kind());
    };
  }

  /**
   * Texts; the key must be there.
   *
   * @throws MalformedFileException when it is something else
   */
  public List<String> requiredTexts(String key) {
    return switch (values.get(key)) {
      case null -> throw missing(key, "an array of texts");
      case GgufValue.Texts(List<String> texts) -> texts;
      case GgufValue other -> throw malformed(key, "an array of texts", other.kind());
    };
  }

  /**
   * Numbers in single precision; the key must be there.
   *
   * @param count how many there must be at least
   * @throws MalformedFileException when it is something else
   */
  public float[] requiredReals(String key, int count) {
    return switch (values.get(key)) {
      case null -> throw missing(key, "an array of numbers");
      case GgufValue.Reals(float[] numbers) -> {
        requireCount(key, count, numbers.length);
        yield numbers;
      }
      case GgufValue.Wholes(_, long[] numbers) -> {
        requireCount(key, count, numbers.length);
        float[] reals = new float[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
          reals[i] = numbers[i];
        }
        yield reals;
      }
      case GgufValue.WideReals(double[] numbers) -> {
        requireCount(key, count, numbers.length);
        float[] reals = new float[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
          reals[i] = (float) numbers[i];
        }
        yield reals;
      }
      case GgufValue other -> throw malformed(key, "an array of numbers", other.kind());
    };
  }

  /**
   * Whole numbers; the key must be there.
   *
   * @param count how many there must be at least
   * @throws MalformedFileException when it is something else
   */
  public long[] requiredWholes(String key, int count) {
    return switch (values.get(key)) {
      case null -> throw missing(key, "an array of whole numbers");
      case GgufValue.Wholes(_, long[] numbers) -> {
        requireCount(key, count, numbers.length);
        yield numbers;
      }
      case GgufValue other -> throw malformed(key, "an array of whole numbers", other.kind());
    };
  }

  /** Where a key stands, as messages name it: {@code m.gguf: metadata 'llama.block_count'}. */
  public String place(String key) {
    return file + ": metadata " + Excerpt.quote(key);
  }

  /** The decimal number that somebody wrote: 1e-5, and not the 9.99999974…e-6 that a float is. */
  private static double shortest(float value) {
    return Double.parseDouble(Float.toString(value));
  }

  private void requireCount(String key, int count, int found) {
    if (found < count) {
      throw malformed(key, "an array of at least " + count, "one of " + found);
    }
  }

  private MalformedFileException missing(String key, String expected) {
    return new MalformedFileException(place(key), "the key is missing; it should be " + expected);
  }

  private MalformedFileException malformed(String key, String expected, String found) {
    return new MalformedFileException(place(key), expected, found);
  }
}
