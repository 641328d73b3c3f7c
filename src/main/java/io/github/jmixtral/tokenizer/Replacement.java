package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import java.util.List;

/**
 * A text of a tokenizer.json that is replaced by another: a {@code Replace} step of its normalizer
 * or decoder.
 *
 * @param pattern what is replaced, not empty
 * @param content what stands there then
 */
record Replacement(String pattern, String content) implements TextNormalizer.Step, DecoderStep {
  /** The longest pattern or content; a text takes time in proportion to it. */
  static final int MAX_LENGTH = 512;

  /** Published files have up to four steps. */
  private static final int MAX_STEPS = 32;

  /** How much longer all steps together may make a text; published files keep its length. */
  private static final double MAX_GROWTH = 16;

  /**
   * Reads a step.
   *
   * @throws MalformedFileException if there is nothing to replace
   * @throws UnsupportedCheckpointException if it is a regular expression, or too long
   */
  static Replacement read(JsonPart part) {
    JsonPart pattern = part.required("pattern");
    if (pattern.optional("Regex").isPresent()) {
      throw pattern.unsupported("a String", "a Regex");
    }
    JsonPart text = pattern.required("String");
    if (text.string().isEmpty()) {
      throw pattern.malformed("the text to replace is empty");
    }
    return new Replacement(bounded(text), bounded(part.required("content")));
  }

  /** A text of a step that is not too long. */
  static String bounded(JsonPart text) {
    if (text.string().length() > MAX_LENGTH) {
      throw text.unsupported("at most " + MAX_LENGTH + " characters", "" + text.string().length());
    }
    return text.string();
  }

  /**
   * Refuses steps that would make a short text a huge one: forty times {@code s → ss} would make a
   * terabyte of one letter.
   *
   * @param steps of any kind
   * @param part where they are
   */
  static void checkGrowth(List<?> steps, JsonPart part) {
    if (steps.size() > MAX_STEPS) {
      throw part.unsupported("at most " + MAX_STEPS + " steps", "" + steps.size());
    }
    double growth = 1;
    for (Object step : steps) {
      growth *= step instanceof Replacement replacement ? replacement.growth() : 1;
    }
    if (growth > MAX_GROWTH) {
      throw part.unsupported(
          "the Replace steps make a text up to %.3g times as long; the limit is %.0f times"
              .formatted(growth, MAX_GROWTH));
    }
  }

  /** How many times as long a text can get. */
  private double growth() {
    return Math.max(1, (double) content.length() / pattern.length());
  }

  /** The text with every occurrence replaced. */
  @Override
  public String apply(String text) {
    return text.replace(pattern, content);
  }
}
