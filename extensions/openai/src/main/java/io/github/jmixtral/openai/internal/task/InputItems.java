package io.github.jmixtral.openai.internal.task;

import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Refusal;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** The input of the Responses API, a text or a list of items, as a conversation of the library. */
public final class InputItems {
  private static final List<String> ROLES = List.of("system", "developer", "user", "assistant");

  private final List<ChatMessage> messages = new ArrayList<>();

  /** Items that follow each other are the calls of one message. */
  private final List<ToolCall> calls = new ArrayList<>();

  private InputItems() {}

  /**
   * The conversation of a request.
   *
   * @throws ApiException if the input is not valid
   */
  public static List<ChatMessage> read(Fields fields) {
    InputItems items = new InputItems();
    fields.text("instructions").map(ChatMessage::system).ifPresent(items.messages::add);
    JsonNode input = fields.require("input");
    if (input.isString()) {
      items.messages.add(ChatMessage.user(Fields.text(fields.place("input"), input)));
    } else {
      fields.objects("input").forEach(items::add);
      items.endCalls();
    }
    if (items.messages.isEmpty()) {
      throw Refusal.value(fields.place("input"), "must hold at least one message");
    }
    return List.copyOf(items.messages);
  }

  private void add(Fields item) {
    String type = item.text("type").orElse("message");
    switch (type) {
      case "message" -> addMessage(item);
      case "function_call" ->
          calls.add(
              ToolCall.of(
                  item.requireText("call_id"),
                  item.requireText("name"),
                  item.requireText("arguments")));
      case "function_call_output" -> {
        endCalls();
        messages.add(
            ChatMessage.toolResult(
                item.requireText("call_id"),
                ContentParts.read(item.place("output"), item.require("output"))));
      }
      // What another model thought is not for this one.
      case "reasoning" -> {}
      default ->
          throw Refusal.unsupported(
              item.place("type"), "is " + Refusal.excerpt(type) + ", which is not supported");
    }
  }

  private void addMessage(Fields item) {
    endCalls();
    String role = item.requireWord("role", ROLES);
    String[] content = ContentParts.read(item.place("content"), item.require("content"));
    messages.add(
        switch (role) {
          case "system", "developer" -> ChatMessage.system(content);
          case "user" -> ChatMessage.user(content);
          case "assistant" -> ChatMessage.assistant(content);
          default -> throw new AssertionError(role);
        });
  }

  private void endCalls() {
    if (!calls.isEmpty()) {
      messages.add(ChatMessage.assistant().withToolCalls(calls));
      calls.clear();
    }
  }
}
