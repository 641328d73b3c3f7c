package io.github.jmixtral.generation;

import io.github.jmixtral.tokenizer.ToolCall;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A token that was just generated. Immutable.
 *
 * @since 0.1.0
 */
public final class GeneratedToken {
  private final int id;
  private final String text;
  private final int sequenceIndex;
  private final @Nullable StepLogProbabilities logProbabilities;
  private final List<ToolCall> toolCallParts;

  /**
   * A token. The library makes these; the constructor serves tests and adapters.
   *
   * @param logProbabilities of the step, or null
   * @param toolCallParts empty where the token is part of the text
   */
  @SuppressWarnings("exports") // applications need not have the annotation of the null
  public GeneratedToken(
      int id,
      String text,
      int sequenceIndex,
      @Nullable StepLogProbabilities logProbabilities,
      List<ToolCall> toolCallParts) {
    Objects.requireNonNull(toolCallParts, "toolCallParts");
    this.id = id;
    this.text = Objects.requireNonNull(text, "text");
    this.sequenceIndex = sequenceIndex;
    this.logProbabilities = logProbabilities;
    this.toolCallParts = List.copyOf(toolCallParts);
  }

  /** The chosen id; also called for the end-of-sequence id. */
  public int id() {
    return id;
  }

  /**
   * The characters that this token completed. Empty while a character still lacks bytes, for
   * special tokens, and if the model has no tokenizer. The texts of all tokens of a generation,
   * joined, are {@link Generation#text()}.
   */
  public String text() {
    return text;
  }

  /** Which of the texts of its request the token belongs to, from 0; see num_return_sequences. */
  public int sequenceIndex() {
    return sequenceIndex;
  }

  /** Log probabilities of the step, if {@code top_logprobs} asks for them. */
  public Optional<StepLogProbabilities> logProbabilities() {
    return Optional.ofNullable(logProbabilities);
  }

  /**
   * What this token completed of calls of tools: id and name of a call with the next piece of its
   * arguments, which may be empty. The pieces of one id, joined, are the call's arguments. A call
   * counts once it is among {@link Generation#toolCalls()}.
   */
  public List<ToolCall> toolCallParts() {
    return toolCallParts;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof GeneratedToken that
        && id == that.id
        && text.equals(that.text)
        && sequenceIndex == that.sequenceIndex
        && Objects.equals(logProbabilities, that.logProbabilities)
        && toolCallParts.equals(that.toolCallParts);
  }

  @Override
  public int hashCode() {
    return Objects.hash(id, text, sequenceIndex, logProbabilities, toolCallParts);
  }

  @Override
  public String toString() {
    return "GeneratedToken[id=" + id + ", text=" + text + "]";
  }
}
