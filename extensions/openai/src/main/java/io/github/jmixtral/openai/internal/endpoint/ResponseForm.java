package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Json;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a response repeats of its request, and shows.
 *
 * @param request the fields that are repeated; they are never changed
 * @param logprobs whether log probabilities are asked for
 */
record ResponseForm(ObjectNode request, boolean logprobs) {
  /** That of a request. */
  static ResponseForm read(Fields fields, boolean logprobs) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    ObjectNode repeated = Json.object();
    repeated.set("instructions", fields.find("instructions").orElse(json.nullNode()));
    repeated.set("max_output_tokens", fields.find("max_output_tokens").orElse(json.nullNode()));
    repeated.set("metadata", fields.find("metadata").orElse(json.objectNode()));
    repeated.put("parallel_tool_calls", fields.flag("parallel_tool_calls").orElse(true));
    repeated.putNull("previous_response_id");
    repeated.putObject("reasoning").putNull("effort").putNull("summary");
    repeated.put("store", false);
    repeated.set("temperature", fields.find("temperature").orElse(json.numberNode(1.0)));
    repeated.set(
        "text",
        fields
            .find("text")
            .orElseGet(
                () -> json.objectNode().set("format", json.objectNode().put("type", "text"))));
    repeated.set("tool_choice", fields.find("tool_choice").orElse(json.stringNode("auto")));
    repeated.set("tools", fields.find("tools").orElse(json.arrayNode()));
    repeated.set("top_p", fields.find("top_p").orElse(json.numberNode(1.0)));
    repeated.put("truncation", "disabled");
    repeated.set("user", fields.find("user").orElse(json.nullNode()));
    return new ResponseForm(repeated, logprobs);
  }
}
