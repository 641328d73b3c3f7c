package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;

/** Why a text ended, in the words of the API. */
public final class Finish {
  private Finish() {}

  /** The reason of an answer in a conversation. */
  public static String ofAnswer(Generation answer) {
    return answer.toolCalls().isEmpty() || isCut(answer) ? ofText(answer) : "tool_calls";
  }

  /** The reason of a text. */
  public static String ofText(Generation text) {
    return isCut(text) ? "length" : "stop";
  }

  /** Whether the text had more to say. */
  public static boolean isCut(Generation text) {
    return text.finishReason() == FinishReason.LENGTH || text.finishReason() == FinishReason.TIME;
  }
}
