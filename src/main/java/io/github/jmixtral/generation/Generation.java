package io.github.jmixtral.generation;

import java.util.Objects;

/**
 * A text that was generated, and what is known about it. Immutable.
 *
 * @since 0.1.0
 */
public final class Generation {
  private final String text;
  private final int[] ids;
  private final FinishReason finishReason;
  private final int[] promptIds;
  private final GenerationMetrics metrics;
  private final GenerationOutputs outputs;

  /**
   * A generation. The library makes these; the constructor serves tests and adapters. If a
   * component is added, another constructor will be.
   */
  public Generation(
      String text,
      int[] ids,
      FinishReason finishReason,
      int[] promptIds,
      GenerationMetrics metrics,
      GenerationOutputs outputs) {
    this.text = Objects.requireNonNull(text, "text");
    this.ids = ids.clone();
    this.finishReason = Objects.requireNonNull(finishReason, "finishReason");
    this.promptIds = promptIds.clone();
    this.metrics = Objects.requireNonNull(metrics, "metrics");
    this.outputs = Objects.requireNonNull(outputs, "outputs");
  }

  /**
   * The new ids decoded, without special tokens. A stop string stays at its end, as in the
   * reference, with what else its last token carries. Bytes of a character that the end cut short
   * become U+FFFD; after a cancellation, bytes that waited for the next token are left out. Empty
   * if the model has no tokenizer.
   */
  public String text() {
    return text;
  }

  /** The new ids without the prompt, with the end-of-sequence id if it was chosen. */
  public int[] ids() {
    return ids.clone();
  }

  /** How many ids were generated. */
  public int newTokenCount() {
    return ids.length;
  }

  /** Why the generation ended. */
  public FinishReason finishReason() {
    return finishReason;
  }

  /** The ids that the prompt became. */
  public int[] promptIds() {
    return promptIds.clone();
  }

  /** How many ids the prompt has. */
  public int promptTokenCount() {
    return promptIds.length;
  }

  /** What was computed, and how long it took. */
  public GenerationMetrics metrics() {
    return metrics;
  }

  /** What the settings asked to keep of each step. */
  public GenerationOutputs outputs() {
    return outputs;
  }

  @Override
  public String toString() {
    return "Generation[finishReason="
        + finishReason
        + ", promptTokenCount="
        + promptIds.length
        + ", newTokenCount="
        + ids.length
        + ", text="
        + text
        + "]";
  }
}
