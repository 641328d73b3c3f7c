package io.github.jmixtral.openai.internal.task;

import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Refusal;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The messages of a chat completion as a conversation of the library. */
public final class Messages {
  /** The id of a call in the old form, which has none. */
  private static final String FUNCTION_CALL_ID = "function";

  private static final List<String> ROLES =
      List.of("system", "developer", "user", "assistant", "tool", "function");

  private Messages() {}

  /**
   * The conversation of a request.
   *
   * @throws ApiException if a message is not valid by itself; whether the model's chat format has
   *     such conversations shows when it is encoded
   */
  public static List<ChatMessage> read(Fields fields) {
    fields.require("messages");
    List<Fields> objects = fields.objects("messages");
    if (objects.isEmpty()) {
      throw Refusal.value(fields.place("messages"), "must hold at least one message");
    }
    List<ChatMessage> messages = new ArrayList<>(objects.stream().map(Messages::message).toList());
    if (fields.isTrue("continue_final_message")) {
      if (messages.getLast().role() != ChatMessage.Role.ASSISTANT) {
        throw Refusal.value(
            fields.place("continue_final_message"),
            "needs a last message of the assistant to continue");
      }
      messages.set(messages.size() - 1, messages.getLast().asPrefix());
    }
    return messages;
  }

  private static ChatMessage message(Fields fields) {
    String role = fields.requireWord("role", ROLES);
    ChatMessage message =
        switch (role) {
          case "system", "developer" -> ChatMessage.system(content(fields));
          case "user" -> ChatMessage.user(content(fields));
          case "assistant" -> assistant(fields);
          case "tool" -> ChatMessage.toolResult(callId(fields), content(fields));
          case "function" -> ChatMessage.toolResult(FUNCTION_CALL_ID, content(fields));
          default -> throw new AssertionError(role);
        };
    return fields.text("name").map(message::withName).orElse(message);
  }

  private static String[] content(Fields fields) {
    return ContentParts.read(fields.place("content"), fields.require("content"));
  }

  private static String callId(Fields fields) {
    String id = fields.requireText("tool_call_id");
    if (id.isEmpty()) {
      throw Refusal.value(fields.place("tool_call_id"), "is empty");
    }
    return id;
  }

  private static ChatMessage assistant(Fields fields) {
    fields.refuse("audio", "cannot be heard by this model; give its text as content");
    List<ToolCall> calls =
        Stream.concat(
                fields.objects("tool_calls").stream().map(Messages::call),
                fields.object("function_call").map(Messages::functionCall).stream())
            .toList();
    String[] parts =
        Stream.of("content", "refusal")
            .flatMap(
                name ->
                    fields.find(name).stream()
                        .flatMap(
                            content -> Stream.of(ContentParts.read(fields.place(name), content))))
            .toArray(String[]::new);
    boolean isBlank = Stream.of(parts).allMatch(String::isBlank);
    ChatMessage message =
        !calls.isEmpty() && isBlank ? ChatMessage.assistant() : ChatMessage.assistant(parts);
    message = message.withToolCalls(calls);
    return fields.isTrue("prefix") ? message.asPrefix() : message;
  }

  private static ToolCall call(Fields call) {
    call.word("type", List.of("function"));
    String id = call.requireText("id");
    if (id.isEmpty()) {
      throw Refusal.value(call.place("id"), "is empty");
    }
    Fields function = call.requireObject("function");
    return ToolCall.of(id, function.requireText("name"), arguments(function));
  }

  private static ToolCall functionCall(Fields function) {
    return ToolCall.of(FUNCTION_CALL_ID, function.requireText("name"), arguments(function));
  }

  /** As a rule the text of an object; some clients send the object itself. */
  private static String arguments(Fields function) {
    Optional<String> object =
        function.find("arguments").filter(value -> value.isObject()).map(Object::toString);
    return object.orElseGet(() -> function.requireText("arguments"));
  }
}
