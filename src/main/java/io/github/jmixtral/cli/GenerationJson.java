package io.github.jmixtral.cli;

import io.github.jmixtral.generation.Generation;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/** What {@code generate --json} prints of a generation. */
final class GenerationJson {
  private GenerationJson() {}

  static String line(Generation generation) {
    ObjectNode object = JsonLines.object();
    object.set("prompt_ids", JsonLines.ids(generation.promptIds()));
    object.set("ids", JsonLines.ids(generation.ids()));
    object.put("text", generation.text());
    object.put("finish_reason", generation.finishReason().name().toLowerCase(Locale.ROOT));
    object.put("prefill_tokens_per_second", rounded(generation.prefillTokensPerSecond()));
    object.put("decode_tokens_per_second", rounded(generation.decodeTokensPerSecond()));
    generation.outputs().sequenceScore().ifPresent(score -> object.put("sequence_score", score));
    return JsonLines.line(object);
  }

  /** To a thousandth: large models decode less than a token a second. */
  private static double rounded(double rate) {
    return Math.round(rate * 1000) / 1000.0;
  }
}
