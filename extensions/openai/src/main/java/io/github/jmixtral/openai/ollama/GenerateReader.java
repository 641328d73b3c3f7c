package io.github.jmixtral.openai.ollama;

import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.task.ChatTask;
import io.github.jmixtral.openai.internal.task.Host;
import io.github.jmixtral.openai.internal.task.TextTask;
import io.github.jmixtral.openai.internal.task.ToolOffer;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads {@code POST /api/generate}: a prompt is a message of the user, or with {@code raw} a text
 * to be continued.
 */
final class GenerateReader {
  private GenerateReader() {}

  /** Reads a request. */
  static ApiRequest read(Fields fields, Host host) {
    boolean streaming = fields.flag("stream").orElse(true);
    fields.refuse("images", "cannot be seen by this model");
    fields.refuse("suffix", "is not supported: the model continues texts and fills no gaps");
    fields.refuse("context", "is not supported; use /api/chat for conversations");
    String prompt = fields.text("prompt").orElse("");
    boolean raw = fields.isTrue("raw");
    if (prompt.isEmpty()) {
      return new LoadRequest(host, TextForm.GENERATE, streaming);
    }
    Options options = Options.read(fields, host);
    TextTask task = raw ? raw(prompt, options, host) : chat(prompt, fields, options, host);
    boolean keepsSpace = raw && options.constraint().isEmpty();
    return new TextRequest(
        host, task, TextForm.GENERATE, options.logprobs(), keepsSpace, streaming);
  }

  private static TextTask raw(String prompt, Options options, Host host) {
    return TextTask.of(
        host,
        List.of(Prompt.text(prompt)),
        "prompt",
        1,
        options.config(),
        options.limit(),
        request -> options.constraint().map(request::withConstraint).orElse(request));
  }

  private static TextTask chat(String prompt, Fields fields, Options options, Host host) {
    List<ChatMessage> messages = new ArrayList<>();
    fields
        .text("system")
        .filter(text -> !text.isEmpty())
        .map(ChatMessage::system)
        .ifPresent(messages::add);
    messages.add(ChatMessage.user(prompt));
    ChatTask task =
        new ChatTask(
            messages, ToolOffer.NONE, options.config(), options.limit(), options.constraint(), 1);
    return task.on(host, "prompt");
  }
}
