package io.github.jmixtral.langchain4j;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import io.github.jmixtral.GenerationRequest;
import io.github.jmixtral.Session;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.generation.ToolChoice;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes the library's requests of LangChain4j's, for one chat model. Thread-safe. */
final class ChatRequests {
  private final ModelHolder model;
  private final JmixtralChatRequestParameters defaults;
  private final List<ChatModelListener> listeners;
  private final ResponseFormats formats = new ResponseFormats();

  /**
   * Default parameters are those of the builder, over those given to it whole, with the model's
   * name.
   *
   * @throws UnsupportedFeatureException if they name another model
   */
  ChatRequests(ModelHolder model, ChatBuilder<?> builder) {
    this.model = model;
    listeners = builder.listeners;
    JmixtralChatRequestParameters named =
        JmixtralChatRequestParameters.builder().modelName(model.name()).build();
    ChatRequestParameters whole = builder.defaultRequestParameters;
    defaults =
        (whole == null ? named : named.overrideWith(whole))
            .overrideWith(builder.parameters.build());
    requireName(model.name(), defaults);
  }

  JmixtralChatRequestParameters defaults() {
    return defaults;
  }

  List<ChatModelListener> listeners() {
    return listeners;
  }

  private static void requireName(String modelName, ChatRequestParameters parameters) {
    String asked = parameters.modelName();
    if (asked != null && !asked.equals(modelName)) {
      throw new UnsupportedFeatureException(
          "the parameter modelName asks for '%s', which this model does not support, as it is '%s'; leave the name out"
              .formatted(asked, modelName));
    }
  }

  /**
   * The request.
   *
   * @throws UnsupportedFeatureException if it asks for something that the model does not have
   * @throws IllegalArgumentException if a message, tool, schema or value is not valid
   */
  GenerationRequest of(ChatRequest request) {
    JmixtralChatRequestParameters parameters =
        JmixtralChatRequestParameters.of(request.parameters());
    requireName(model.name(), parameters);
    List<ToolSpecification> tools = parameters.toolSpecifications();
    Prompt prompt = Conversation.prompt(request.messages(), tools, model.mixtral().tokenizer());
    Session session = parameters.session();
    GenerationRequest made =
        (session == null ? model.mixtral().request(prompt) : session.request(prompt))
            .withConfig(Settings.of(parameters, room(model, prompt, parameters)));
    if (!tools.isEmpty() || mustCall(parameters)) {
      made = made.withToolChoice(toolChoice(parameters));
    }
    Constraint constraint = constraint(parameters);
    return constraint == null ? made : made.withConstraint(constraint);
  }

  /** Of the text of an answer: an answer that must call has none. */
  private @Nullable Constraint constraint(JmixtralChatRequestParameters parameters) {
    if (mustCall(parameters)) {
      return null;
    }
    Constraint format = formats.constraint(parameters.responseFormat());
    return format == null ? parameters.constraint() : format;
  }

  private static boolean mustCall(ChatRequestParameters parameters) {
    return parameters.toolChoice() == dev.langchain4j.model.chat.request.ToolChoice.REQUIRED;
  }

  /** Only a limit needs the room, and encoding takes time. */
  static int room(ModelHolder model, Prompt prompt, ChatRequestParameters parameters) {
    return parameters.maxOutputTokens() == null
        ? 0
        : model.mixtral().config().maxPositionEmbeddings()
            - prompt.encode(model.mixtral()::tokenizer).length;
  }

  private static ToolChoice toolChoice(JmixtralChatRequestParameters parameters) {
    ToolChoice choice =
        switch (parameters.toolChoice()) {
          case REQUIRED -> ToolChoice.required();
          case NONE -> ToolChoice.none();
          case null, default -> ToolChoice.auto();
        };
    return Boolean.FALSE.equals(parameters.parallelToolCalls())
        ? choice.withParallelCalls(false)
        : choice;
  }
}
