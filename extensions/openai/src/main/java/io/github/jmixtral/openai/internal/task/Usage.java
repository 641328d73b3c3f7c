package io.github.jmixtral.openai.internal.task;

import io.github.jmixtral.generation.Generation;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an answer has cost.
 *
 * @param promptTokens ids of the prompts, each counted once however many texts follow it
 * @param cachedTokens how many of them needed not be computed
 * @param completionTokens ids of all texts
 */
public record Usage(int promptTokens, int cachedTokens, int completionTokens) {
  /**
   * The usage of texts.
   *
   * @param count texts of each prompt
   */
  public static Usage of(List<Generation> texts, int count) {
    int prompt = 0;
    int cached = 0;
    int completion = 0;
    for (int i = 0; i < texts.size(); i++) {
      Generation text = texts.get(i);
      completion += text.newTokenCount();
      if (i % count == 0) {
        prompt += text.promptTokenCount();
        cached += text.metrics().cachedTokenCount();
      }
    }
    return new Usage(prompt, cached, completion);
  }

  /** The usage of chat completions and completions. */
  public void putInto(ObjectNode answer) {
    ObjectNode usage = answer.putObject("usage");
    usage.put("prompt_tokens", promptTokens);
    usage.put("completion_tokens", completionTokens);
    usage.put("total_tokens", promptTokens + completionTokens);
    usage.putObject("prompt_tokens_details").put("cached_tokens", cachedTokens);
  }
}
