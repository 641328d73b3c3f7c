package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.openai.api.EventSink;
import io.github.jmixtral.openai.api.StreamEvent;
import io.github.jmixtral.openai.internal.json.Json;
import io.github.jmixtral.openai.internal.task.TextListener;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * Turns tokens into the events of a streamed response, as they come: a message first, if there is a
 * text, and then calls.
 */
final class ResponseStream implements TextListener {
  private final ResponseJson json;
  private final EventSink sink;
  private final Steps steps;

  /** The ids of the calls that have begun, in order. */
  private final List<String> callIds = new ArrayList<>();

  private int sequenceNumber;
  private boolean begun;
  private boolean hasMessage;

  ResponseStream(ResponseJson json, EventSink sink) {
    this.json = json;
    this.sink = sink;
    steps = new Steps(json.tokenizer(), false);
  }

  @Override
  public void onToken(int text, GeneratedToken token) {
    begin();
    token.logProbabilities().ifPresent(steps::add);
    if (!token.text().isEmpty()) {
      beginMessage();
      sendText(token.text(), steps.upTo(token.text()));
    }
    token.toolCallParts().forEach(this::sendPart);
  }

  private void begin() {
    if (!begun) {
      begun = true;
      sendResponse("response.created", json.begun());
      sendResponse("response.in_progress", json.begun());
    }
  }

  private void beginMessage() {
    if (!hasMessage) {
      hasMessage = true;
      sendItem("response.output_item.added", 0, json.messageBegun());
      ObjectNode event = textEvent("response.content_part.added");
      event.set("part", json.part("", List.of()));
      send(event);
    }
  }

  private void sendText(String piece, List<StepLogProbabilities> tokens) {
    ObjectNode event = textEvent("response.output_text.delta").put("delta", piece);
    ChatLogprobs.putList(event.putArray("logprobs"), tokens, json.tokenizer());
    send(event);
  }

  private void sendPart(ToolCall part) {
    int place = callIds.indexOf(part.id());
    boolean isNew = place < 0;
    if (isNew) {
      place = callIds.size();
      callIds.add(part.id());
    }
    int index = outputIndex(place);
    if (isNew) {
      sendItem("response.output_item.added", index, json.callBegun(index, part));
    }
    if (!part.arguments().isEmpty()) {
      send(
          callEvent("response.function_call_arguments.delta", index)
              .put("delta", part.arguments()));
    }
  }

  private int outputIndex(int call) {
    return hasMessage ? call + 1 : call;
  }

  /** Sends what comes behind the last token. */
  void finish(Generation answer) {
    begin();
    List<ToolCall> calls = answer.toolCalls();
    if (calls.isEmpty()) {
      beginMessage();
    }
    if (hasMessage) {
      finishMessage(answer);
    }
    for (int i = 0; i < calls.size(); i++) {
      int index = outputIndex(i);
      send(
          callEvent("response.function_call_arguments.done", index)
              .put("name", calls.get(i).name())
              .put("arguments", calls.get(i).arguments()));
      sendItem("response.output_item.done", index, json.call(index, calls.get(i)));
    }
    sendResponse(
        Finish.isCut(answer) ? "response.incomplete" : "response.completed", json.response(answer));
  }

  private void finishMessage(Generation answer) {
    ObjectNode part = json.part(answer);
    ObjectNode done = textEvent("response.output_text.done").put("text", answer.text());
    done.set("logprobs", part.get("logprobs"));
    send(done);
    ObjectNode partDone = textEvent("response.content_part.done");
    partDone.set("part", part);
    send(partDone);
    sendItem("response.output_item.done", 0, json.message(answer));
  }

  private ObjectNode textEvent(String type) {
    return event(type)
        .put("item_id", json.messageId())
        .put("output_index", 0)
        .put("content_index", 0);
  }

  private ObjectNode callEvent(String type, int index) {
    return event(type).put("item_id", json.callItemId(index)).put("output_index", index);
  }

  private void sendItem(String type, int index, ObjectNode item) {
    ObjectNode event = event(type).put("output_index", index);
    event.set("item", item);
    send(event);
  }

  private void sendResponse(String type, ObjectNode response) {
    ObjectNode event = event(type);
    event.set("response", response);
    send(event);
  }

  private static ObjectNode event(String type) {
    return Json.object().put("type", type);
  }

  private void send(ObjectNode event) {
    event.put("sequence_number", sequenceNumber++);
    sink.send(new StreamEvent(event.get("type").stringValue(), event.toString()));
  }
}
