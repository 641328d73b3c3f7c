package io.github.jmixtral.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.tokenizer.ChatFormat;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.Tokenizer;
import io.github.jmixtral.tokenizer.Tool;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Messages and tools of LangChain4j as a prompt of the library. */
final class Conversation {
  /** The schema of a tool that takes nothing. */
  private static final String NOTHING = "{\"type\": \"object\", \"properties\": {}}";

  private Conversation() {}

  /**
   * A conversation as the model's chat format has it. Mistral's own has no place for a text beside
   * calls, which an answer may have: the calls stay.
   *
   * @throws UnsupportedFeatureException if there is content other than text, or the chat format has
   *     no tools
   * @throws IllegalArgumentException if a message or a tool cannot be put into a prompt
   */
  static Prompt prompt(
      List<dev.langchain4j.data.message.ChatMessage> messages,
      List<ToolSpecification> tools,
      Tokenizer tokenizer) {
    ChatFormat format = tokenizer.chatFormat();
    if (!tools.isEmpty() && format == ChatFormat.MISTRAL_V1) {
      throw new UnsupportedFeatureException(
          "tools are not supported by a model with the chat format "
              + format
              + "; take a model that was trained for them, such as Mixtral-8x22B-Instruct");
    }
    boolean holdsBoth = format == ChatFormat.TEMPLATE;
    return Prompt.chat(
        messages.stream().map(message -> message(message, holdsBoth)).toList(),
        tools.stream().map(Conversation::tool).toList());
  }

  private static ChatMessage message(
      dev.langchain4j.data.message.ChatMessage message, boolean holdsBoth) {
    return switch (message) {
      case SystemMessage system -> ChatMessage.system(system.text());
      case UserMessage user -> user(user);
      case AiMessage ai -> assistant(ai, holdsBoth);
      case ToolExecutionResultMessage result ->
          ChatMessage.toolResult(id(result.id(), result.toolName()), texts(result.contents()))
              .withName(result.toolName());
      default ->
          throw new UnsupportedFeatureException(
              "messages of type %s are not supported; use a system, user, AI or tool execution result message"
                  .formatted(message.type()));
    };
  }

  /** The texts of a message, and of its calls their names and arguments. */
  static Stream<String> texts(dev.langchain4j.data.message.ChatMessage message) {
    ChatMessage converted = message(message, true);
    return Stream.concat(
        Stream.of(converted.content()),
        converted.toolCalls().stream().flatMap(call -> Stream.of(call.name(), call.arguments())));
  }

  private static ChatMessage user(UserMessage user) {
    ChatMessage converted = ChatMessage.user(texts(user.contents()));
    return user.name() == null ? converted : converted.withName(user.name());
  }

  private static ChatMessage assistant(AiMessage ai, boolean holdsBoth) {
    List<ToolCall> calls = ai.toolExecutionRequests().stream().map(Conversation::call).toList();
    String text = ai.text() == null ? "" : ai.text();
    boolean isOnlyCalls = !calls.isEmpty() && (text.isBlank() || !holdsBoth);
    return (isOnlyCalls ? ChatMessage.assistant() : ChatMessage.assistant(text))
        .withToolCalls(calls);
  }

  private static ToolCall call(ToolExecutionRequest request) {
    String arguments = request.arguments();
    return ToolCall.of(
        id(request.id(), request.name()),
        request.name(),
        arguments == null || arguments.isBlank() ? "{}" : arguments);
  }

  /** Calls of other models may come without an id: the name stands for it, as in the result. */
  private static String id(String id, String name) {
    return id == null ? name : id;
  }

  private static String[] texts(List<Content> contents) {
    return contents.stream()
        .map(
            content -> {
              if (content instanceof TextContent text) {
                return text.text();
              }
              throw new UnsupportedFeatureException(
                  "non-text content (%s) is not supported by Mixtral; leave it out"
                      .formatted(content.type().toString().toLowerCase(Locale.ROOT)));
            })
        .toArray(String[]::new);
  }

  private static Tool tool(ToolSpecification specification) {
    String description = specification.description();
    return Tool.of(
        specification.name(),
        description == null ? "" : description,
        specification.parameters() == null ? NOTHING : Schemas.json(specification.parameters()));
  }
}
