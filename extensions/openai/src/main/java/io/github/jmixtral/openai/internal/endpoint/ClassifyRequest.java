package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.Classification;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.api.Stamp;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Json;
import io.github.jmixtral.openai.internal.json.Refusal;
import io.github.jmixtral.openai.internal.task.Host;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/classify}, as vLLM has it. */
public final class ClassifyRequest {
  private ClassifyRequest() {}

  /**
   * Reads a request.
   *
   * @throws ApiException if it is not valid
   */
  public static ApiRequest read(Fields fields, Host host) {
    host.requireNamed(fields);
    host.classifier();
    fields.refuse("truncate_prompt_tokens", "is not supported: inputs are never cut");
    if (!fields.flag("use_activation").orElse(true)) {
      throw Refusal.unsupported(
          fields.place("use_activation"), "must be true: labels have probabilities");
    }
    EncodedInputs inputs = EncodedInputs.read(fields, "input", host);
    return new PlainRequest(stamp -> answer(inputs, stamp, host));
  }

  private static ObjectNode answer(EncodedInputs inputs, Stamp stamp, Host host) {
    ObjectNode answer = Json.object();
    answer.put("id", "classify-" + stamp.token());
    answer.put("object", "list");
    answer.put("created", stamp.created().getEpochSecond());
    answer.put("model", host.model().name());
    ArrayNode data = answer.putArray("data");
    for (int i = 0; i < inputs.count(); i++) {
      Classification found = host.classifier().classify(inputs.get(i));
      ObjectNode entry = data.addObject();
      entry.put("index", i);
      entry.put("label", found.best().name());
      ArrayNode probabilities = entry.putArray("probs");
      found.labels().forEach(label -> probabilities.add(label.probability()));
      entry.put("num_classes", found.labels().size());
    }
    inputs.putUsage(answer);
    return answer;
  }
}
