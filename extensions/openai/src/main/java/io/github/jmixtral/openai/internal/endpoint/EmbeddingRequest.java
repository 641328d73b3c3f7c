package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Json;
import io.github.jmixtral.openai.internal.json.Refusal;
import io.github.jmixtral.openai.internal.task.Host;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code POST /v1/embeddings}: vectors of length 1, the mean of the final hidden states of each
 * input.
 */
public final class EmbeddingRequest {
  /** Of what requests and scores compare. */
  public static final EmbeddingConfig NORMALIZED = EmbeddingConfig.defaults().withNormalized(true);

  private EmbeddingRequest() {}

  /**
   * Reads a request.
   *
   * @throws ApiException if it is not valid
   */
  public static ApiRequest read(Fields fields, Host host) {
    host.requireNamed(fields);
    boolean base64 =
        fields.word("encoding_format", List.of("float", "base64")).orElse("float").equals("base64");
    requireWholeVectors(fields, host);
    fields.refuse("truncate_prompt_tokens", "is not supported: inputs are never cut");
    EncodedInputs inputs = EncodedInputs.read(fields, "input", host);
    return new PlainRequest(stamp -> answer(inputs, base64, host));
  }

  /**
   * Checks that a request asks for vectors of the model's size, or none in particular.
   *
   * @throws ApiException if it asks for another size
   */
  public static void requireWholeVectors(Fields fields, Host host) {
    int size = host.generator().config().hiddenSize();
    if (fields.integer("dimensions", 1, Integer.MAX_VALUE).orElse(size) != size) {
      throw Refusal.unsupported(
          fields.place("dimensions"), "must be %d: vectors are not cut".formatted(size));
    }
  }

  private static ObjectNode answer(EncodedInputs inputs, boolean base64, Host host) {
    float[][] vectors = host.generator().embed(inputs.prompts(), NORMALIZED);
    ObjectNode answer = Json.object();
    answer.put("object", "list");
    ArrayNode data = answer.putArray("data");
    for (int i = 0; i < vectors.length; i++) {
      ObjectNode entry = data.addObject();
      entry.put("object", "embedding");
      entry.put("index", i);
      if (base64) {
        entry.put("embedding", base64(vectors[i]));
      } else {
        putNumbers(entry.putArray("embedding"), vectors[i]);
      }
    }
    answer.put("model", host.model().name());
    inputs.putUsage(answer);
    return answer;
  }

  /** Fills a list with the numbers of a vector. */
  public static void putNumbers(ArrayNode list, float[] vector) {
    for (float number : vector) {
      list.add(number);
    }
  }

  /** Single precision, the lowest byte first. */
  private static String base64(float[] vector) {
    ByteBuffer bytes =
        ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    return Base64.getEncoder().encodeToString(bytes.array());
  }
}
