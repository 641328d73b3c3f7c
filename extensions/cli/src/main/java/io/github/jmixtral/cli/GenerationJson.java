package io.github.jmixtral.cli;

import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.generation.TokenLogProbability;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What {@code generate --json} prints of a generation. */
final class GenerationJson {
  private GenerationJson() {}

  static String line(Generation generation) {
    ObjectNode object = JsonLines.object();
    object.set("prompt_ids", JsonLines.ids(generation.promptIds()));
    object.set("ids", JsonLines.ids(generation.ids()));
    object.put("text", generation.text());
    if (!generation.toolCalls().isEmpty()) {
      ArrayNode calls = object.putArray("tool_calls");
      generation.toolCalls().forEach(call -> add(call, calls.addObject()));
    }
    object.put("finish_reason", generation.finishReason().name().toLowerCase(Locale.ROOT));
    object.put("prefill_tokens_per_second", rounded(generation.metrics().prefillTokensPerSecond()));
    object.put("decode_tokens_per_second", rounded(generation.metrics().decodeTokensPerSecond()));
    generation.outputs().sequenceScore().ifPresent(score -> object.put("sequence_score", score));
    List<StepLogProbabilities> steps = generation.outputs().logProbabilities();
    if (!steps.isEmpty()) {
      ArrayNode array = object.putArray("logprobs");
      steps.forEach(step -> add(step, array.addObject()));
    }
    return JsonLines.line(object);
  }

  private static void add(ToolCall call, ObjectNode object) {
    object.put("id", call.id()).put("type", "function");
    object.putObject("function").put("name", call.name()).put("arguments", call.arguments());
  }

  private static void add(StepLogProbabilities step, ObjectNode object) {
    add(step.chosen(), object);
    ArrayNode top = object.putArray("top");
    step.top().forEach(each -> add(each, top.addObject()));
  }

  private static void add(TokenLogProbability token, ObjectNode object) {
    object.put("id", token.id());
    object.put("logprob", token.logProbability());
  }

  /** To a thousandth: large models decode less than a token a second. */
  private static double rounded(double rate) {
    return Math.round(rate * 1000) / 1000.0;
  }
}
