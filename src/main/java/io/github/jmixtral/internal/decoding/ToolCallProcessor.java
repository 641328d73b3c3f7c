package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;
import io.github.jmixtral.generation.ToolChoice;
import java.util.Arrays;
import java.util.Optional;

/**
 * Holds calls of tools to their form. Behind the control id for calls only a list of calls is left,
 * and the end behind it; before it the choice decides whether the id may come, must come or must
 * not.
 */
final class ToolCallProcessor implements LogitsProcessor {
  private final ToolChoice choice;
  private final int toolCallsId;
  private final ConstraintProcessor calls;
  private final Optional<ConstraintProcessor> text;
  private final int lastPlace;

  /**
   * @param calls what may follow the control id
   * @param text what the answer may be where it is a text
   * @param lastPlace the last position at which the control id leaves room for a call
   */
  ToolCallProcessor(
      ToolChoice choice,
      int toolCallsId,
      ConstraintProcessor calls,
      Optional<ConstraintProcessor> text,
      int lastPlace) {
    this.choice = choice;
    this.toolCallsId = toolCallsId;
    this.calls = calls;
    this.text = text;
    this.lastPlace = lastPlace;
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    int begin = sequence.promptLength();
    while (begin < sequence.length() && sequence.id(begin) != toolCallsId) {
      begin++;
    }
    if (begin < sequence.length()) {
      calls.process(sequence, begin + 1, logits);
    } else if (choice.isRequired()) {
      Arrays.fill(logits, Float.NEGATIVE_INFINITY);
      logits[toolCallsId] = 0;
    } else {
      float kept = logits[toolCallsId];
      boolean mayCall = begin <= lastPlace && (text.isEmpty() || sequence.newLength() == 0);
      text.ifPresent(constraint -> constraint.process(sequence, logits));
      logits[toolCallsId] = mayCall ? kept : Float.NEGATIVE_INFINITY;
    }
  }
}
