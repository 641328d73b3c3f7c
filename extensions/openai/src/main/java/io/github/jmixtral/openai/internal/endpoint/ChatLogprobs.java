package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.generation.TokenLogProbability;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Log probabilities in the form of chat completions and of the Responses API. */
public final class ChatLogprobs {
  /** JSON has no infinity. */
  private static final double LEAST = -9999;

  private ChatLogprobs() {}

  /** Puts {@code "logprobs": {"content": […], "refusal": null}} into a choice. */
  static void put(ObjectNode choice, List<StepLogProbabilities> steps, Tokenizer tokenizer) {
    ObjectNode logprobs = choice.putObject("logprobs");
    putList(logprobs.putArray("content"), steps, tokenizer);
    logprobs.putNull("refusal");
  }

  /** Fills a list with an object for each token. */
  public static void putList(
      ArrayNode list, List<StepLogProbabilities> steps, Tokenizer tokenizer) {
    for (StepLogProbabilities step : steps) {
      ObjectNode token = list.addObject();
      putToken(token, step.chosen(), tokenizer);
      ArrayNode top = token.putArray("top_logprobs");
      step.top().forEach(candidate -> putToken(top.addObject(), candidate, tokenizer));
    }
  }

  private static void putToken(ObjectNode node, TokenLogProbability token, Tokenizer tokenizer) {
    node.put("token", TokenText.of(tokenizer, token.id()));
    node.put("logprob", finite(token.logProbability()));
    byte[] bytes = TokenText.bytes(tokenizer, token.id());
    if (bytes.length == 0) {
      node.putNull("bytes");
      return;
    }
    ArrayNode numbers = node.putArray("bytes");
    for (byte unit : bytes) {
      numbers.add(unit & 0xFF);
    }
  }

  /** A log probability that JSON can write. */
  static double finite(double logProbability) {
    return Math.max(LEAST, logProbability);
  }
}
