package io.github.jmixtral.openai.ollama;

import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Refusal;
import io.github.jmixtral.openai.internal.task.ChatTask;
import io.github.jmixtral.openai.internal.task.Host;
import io.github.jmixtral.openai.internal.task.ToolOffer;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import tools.jackson.databind.JsonNode;

/** Reads {@code POST /api/chat}. Calls and results have no ids here: the order joins them. */
final class ChatReader {
  private static final List<String> ROLES = List.of("system", "user", "assistant", "tool");

  private final List<ChatMessage> messages = new ArrayList<>();

  /** The ids of calls whose results have not come yet. */
  private final Queue<String> awaited = new ArrayDeque<>();

  private int calls;

  private ChatReader() {}

  /** Reads a request. */
  static ApiRequest read(Fields fields, Host host) {
    boolean streaming = fields.flag("stream").orElse(true);
    List<Fields> objects = fields.objects("messages");
    if (objects.isEmpty()) {
      return new LoadRequest(host, TextForm.CHAT, streaming);
    }
    Options options = Options.read(fields, host);
    ToolOffer tools =
        fields.list("tools").orElse(List.of()).isEmpty()
            ? ToolOffer.NONE
            : ToolOffer.read(fields, ToolOffer.Form.NESTED, host.constraints());
    ChatReader reader = new ChatReader();
    objects.forEach(reader::add);
    ChatTask task =
        new ChatTask(
            reader.messages, tools, options.config(), options.limit(), options.constraint(), 1);
    return new TextRequest(
        host, task.on(host, "messages"), TextForm.CHAT, options.logprobs(), false, streaming);
  }

  private void add(Fields fields) {
    fields.refuse("images", "cannot be seen by this model");
    String role = fields.requireWord("role", ROLES);
    String content = fields.text("content").orElse("");
    messages.add(
        switch (role) {
          case "system" -> ChatMessage.system(content);
          case "user" -> ChatMessage.user(content);
          case "assistant" -> assistant(fields, content);
          case "tool" -> result(fields, content);
          default -> throw new AssertionError(role);
        });
  }

  private ChatMessage assistant(Fields fields, String content) {
    List<ToolCall> list = new ArrayList<>();
    for (Fields call : fields.objects("tool_calls")) {
      Fields function = call.requireObject("function");
      function.object("arguments");
      String arguments = function.find("arguments").map(JsonNode::toString).orElse("{}");
      String id = "call" + calls++;
      awaited.add(id);
      list.add(ToolCall.of(id, function.requireText("name"), arguments));
    }
    boolean isText = list.isEmpty() || !content.isBlank();
    return (isText ? ChatMessage.assistant(content) : ChatMessage.assistant()).withToolCalls(list);
  }

  private ChatMessage result(Fields fields, String content) {
    String id = awaited.poll();
    if (id == null) {
      throw Refusal.value(fields.place("role"), "is 'tool', but no call awaits a result");
    }
    ChatMessage result = ChatMessage.toolResult(id, content);
    return fields.text("tool_name").map(result::withName).orElse(result);
  }
}
