package io.github.jmixtral.spring.ai;

import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.tokenizer.ChatFormat;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.Tokenizer;
import io.github.jmixtral.tokenizer.Tool;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.content.Media;
import org.springframework.ai.tool.definition.ToolDefinition;

/** Messages and tools of Spring AI as a prompt of the library. */
final class Conversation {
  /** A property of a last message of the assistant that the model is to continue. */
  private static final String PREFIX = "prefix";

  private Conversation() {}

  /**
   * A conversation as the model's chat format has it. Mistral's own has no place for a text beside
   * calls, which an answer may have: the calls stay.
   *
   * @throws IllegalArgumentException if a message or a tool cannot be put into a prompt
   */
  static Prompt prompt(List<Message> messages, List<ToolDefinition> tools, Tokenizer tokenizer) {
    boolean holdsBoth = tokenizer.chatFormat() == ChatFormat.TEMPLATE;
    return Prompt.chat(
        messages.stream().flatMap(message -> messages(message, holdsBoth)).toList(),
        tools.stream()
            .map(tool -> Tool.of(tool.name(), tool.description(), tool.inputSchema()))
            .toList());
  }

  private static Stream<ChatMessage> messages(Message message, boolean holdsBoth) {
    return switch (message) {
      case SystemMessage system -> Stream.of(ChatMessage.system(text(system)));
      case UserMessage user -> {
        requireNoMedia(user.getMedia());
        yield Stream.of(ChatMessage.user(text(user)));
      }
      case AssistantMessage assistant -> Stream.of(assistant(assistant, holdsBoth));
      case ToolResponseMessage results ->
          results.getResponses().stream()
              .map(
                  result ->
                      ChatMessage.toolResult(result.id(), result.responseData())
                          .withName(result.name()));
      default ->
          throw new IllegalArgumentException(
              "a message of type %s cannot be put into a prompt; use a system, user, assistant or tool response message"
                  .formatted(message.getClass().getName()));
    };
  }

  private static ChatMessage assistant(AssistantMessage message, boolean holdsBoth) {
    requireNoMedia(message.getMedia());
    List<ToolCall> calls =
        message.getToolCalls().stream()
            .map(call -> ToolCall.of(call.id(), call.name(), call.arguments()))
            .toList();
    String text = text(message);
    boolean isOnlyCalls = !calls.isEmpty() && (text.isBlank() || !holdsBoth);
    ChatMessage converted =
        (isOnlyCalls ? ChatMessage.assistant() : ChatMessage.assistant(text)).withToolCalls(calls);
    return Boolean.TRUE.equals(message.getMetadata().get(PREFIX))
        ? converted.asPrefix()
        : converted;
  }

  private static String text(Message message) {
    String text = message.getText();
    return text == null ? "" : text;
  }

  private static void requireNoMedia(List<Media> media) {
    if (!media.isEmpty()) {
      throw new IllegalArgumentException(
          "a message holds media of type %s, but Mixtral reads text only; leave them out"
              .formatted(media.getFirst().getMimeType()));
    }
  }
}
