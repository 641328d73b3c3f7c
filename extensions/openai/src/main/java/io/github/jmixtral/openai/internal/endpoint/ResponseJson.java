package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.openai.api.Stamp;
import io.github.jmixtral.openai.internal.json.Json;
import io.github.jmixtral.openai.internal.task.Host;
import io.github.jmixtral.openai.internal.task.Usage;
import io.github.jmixtral.tokenizer.Tokenizer;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The JSON of responses and of their items. */
record ResponseJson(Host host, Stamp stamp, ResponseForm form) {
  private static final String IN_PROGRESS = "in_progress";
  private static final String COMPLETED = "completed";
  private static final String INCOMPLETE = "incomplete";

  Tokenizer tokenizer() {
    return host.tokenizer();
  }

  /** A response that has begun. */
  ObjectNode begun() {
    ObjectNode response = response(IN_PROGRESS);
    response.putArray("output");
    response.putNull("usage");
    return response;
  }

  /** A whole response. */
  ObjectNode response(Generation answer) {
    ObjectNode response = response(Finish.isCut(answer) ? INCOMPLETE : COMPLETED);
    if (Finish.isCut(answer)) {
      response.putObject("incomplete_details").put("reason", "max_output_tokens");
    }
    ArrayNode output = response.putArray("output");
    items(answer).forEach(output::add);
    Usage cost = Usage.of(List.of(answer), 1);
    ObjectNode usage = response.putObject("usage");
    usage.put("input_tokens", cost.promptTokens());
    usage
        .putObject("input_tokens_details")
        .put("cached_tokens", cost.cachedTokens())
        .put("cache_write_tokens", 0);
    usage.put("output_tokens", cost.completionTokens());
    usage.putObject("output_tokens_details").put("reasoning_tokens", 0);
    usage.put("total_tokens", cost.promptTokens() + cost.completionTokens());
    return response;
  }

  private ObjectNode response(String status) {
    ObjectNode response = Json.object();
    response.put("id", "resp_" + stamp.token());
    response.put("object", "response");
    response.put("created_at", stamp.created().getEpochSecond());
    response.put("status", status);
    response.put("background", false);
    response.putNull("error");
    response.putNull("incomplete_details");
    response.put("model", host.model().name());
    response.setAll(form.request().deepCopy());
    return response;
  }

  /** A text, if there is one or nothing else, and the calls behind it. */
  private List<ObjectNode> items(Generation answer) {
    List<ObjectNode> items = new ArrayList<>();
    List<ToolCall> calls = answer.toolCalls();
    if (calls.isEmpty() || !answer.text().isEmpty()) {
      items.add(message(answer));
    }
    for (ToolCall call : calls) {
      items.add(call(items.size(), call, COMPLETED));
    }
    return items;
  }

  /** The id of a message. */
  String messageId() {
    return "msg_" + stamp.token();
  }

  /** The id of a call's item by its place in the output. */
  String callItemId(int place) {
    return "fc_" + stamp.token() + "_" + place;
  }

  /** A message that has begun. */
  ObjectNode messageBegun() {
    ObjectNode item = message(IN_PROGRESS);
    item.putArray("content");
    return item;
  }

  /** A whole message. */
  ObjectNode message(Generation answer) {
    ObjectNode item = message(Finish.isCut(answer) ? INCOMPLETE : COMPLETED);
    item.putArray("content").add(part(answer));
    return item;
  }

  private ObjectNode message(String status) {
    return Json.object()
        .put("id", messageId())
        .put("type", "message")
        .put("status", status)
        .put("role", "assistant");
  }

  /** The whole text of a message. */
  ObjectNode part(Generation answer) {
    List<StepLogProbabilities> steps =
        form.logprobs() ? Steps.of(answer, answer.text(), tokenizer(), false) : List.of();
    return part(answer.text(), steps);
  }

  /** A text of a message. */
  ObjectNode part(String text, List<StepLogProbabilities> steps) {
    ObjectNode part = Json.object().put("type", "output_text");
    part.putArray("annotations");
    ChatLogprobs.putList(part.putArray("logprobs"), steps, tokenizer());
    part.put("text", text);
    return part;
  }

  /** A call that has begun. */
  ObjectNode callBegun(int place, ToolCall call) {
    return call(place, ToolCall.of(call.id(), call.name(), ""), IN_PROGRESS);
  }

  /** A whole call. */
  ObjectNode call(int place, ToolCall call) {
    return call(place, call, COMPLETED);
  }

  private ObjectNode call(int place, ToolCall call, String status) {
    return Json.object()
        .put("id", callItemId(place))
        .put("type", "function_call")
        .put("status", status)
        .put("call_id", call.id())
        .put("name", call.name())
        .put("arguments", call.arguments());
  }
}
