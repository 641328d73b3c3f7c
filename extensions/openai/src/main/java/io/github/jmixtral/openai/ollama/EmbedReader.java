package io.github.jmixtral.openai.ollama;

import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.internal.endpoint.EmbeddingRequest;
import io.github.jmixtral.openai.internal.endpoint.EncodedInputs;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Json;
import io.github.jmixtral.openai.internal.task.Host;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads {@code POST /api/embed}. */
final class EmbedReader {
  private EmbedReader() {}

  /** Reads a request. */
  static ApiRequest read(Fields fields, Host host) {
    EmbeddingRequest.requireWholeVectors(fields, host);
    EncodedInputs inputs = EncodedInputs.read(fields, "input", host);
    return new UnstreamedRequest(stamp -> answer(inputs, host));
  }

  private static ObjectNode answer(EncodedInputs inputs, Host host) {
    long begin = System.nanoTime();
    float[][] vectors = host.generator().embed(inputs.prompts(), EmbeddingRequest.NORMALIZED);
    ObjectNode answer = Json.object().put("model", host.model().name());
    ArrayNode list = answer.putArray("embeddings");
    for (float[] vector : vectors) {
      EmbeddingRequest.putNumbers(list.addArray(), vector);
    }
    answer.put("total_duration", System.nanoTime() - begin);
    answer.put("load_duration", 0);
    answer.put("prompt_eval_count", inputs.length());
    return answer;
  }
}
