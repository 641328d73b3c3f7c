package io.github.jmixtral.generation;

import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.List;
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
  private final List<ToolCall> toolCalls;

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
      GenerationOutputs outputs,
      List<ToolCall> toolCalls) {
    Objects.requireNonNull(ids, "ids");
    Objects.requireNonNull(promptIds, "promptIds");
    Objects.requireNonNull(toolCalls, "toolCalls");
    this.text = Objects.requireNonNull(text, "text");
    this.ids = ids.clone();
    this.finishReason = Objects.requireNonNull(finishReason, "finishReason");
    this.promptIds = promptIds.clone();
    this.metrics = Objects.requireNonNull(metrics, "metrics");
    this.outputs = Objects.requireNonNull(outputs, "outputs");
    this.toolCalls = List.copyOf(toolCalls);
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

  /**
   * The calls of tools with which the model answers a conversation. Calls that are malformed, or
   * that the end cut short, are none: they are part of the text, behind {@code [TOOL_CALLS]}.
   */
  public List<ToolCall> toolCalls() {
    return toolCalls;
  }

  /**
   * The answer as the next message of the conversation: its calls, or without any its text.
   * Mixtral's chat formats have no place for a text beside calls.
   */
  public ChatMessage message() {
    return toolCalls.isEmpty()
        ? ChatMessage.assistant(text)
        : ChatMessage.assistant().withToolCalls(toolCalls);
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
        + (toolCalls.isEmpty() ? "]" : ", toolCalls=" + toolCalls + "]");
  }
}
