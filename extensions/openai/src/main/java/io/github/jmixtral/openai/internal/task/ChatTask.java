package io.github.jmixtral.openai.internal.task;

import io.github.jmixtral.GenerationRequest;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.tokenizer.ChatFormat;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.util.List;
import java.util.Optional;

/**
 * A conversation to be answered.
 *
 * @param messages what was said
 * @param tools what the model may call
 * @param config what the request sets
 * @param limit of new tokens
 * @param constraint the form of answers that are texts
 * @param count answers
 */
public record ChatTask(
    List<ChatMessage> messages,
    ToolOffer tools,
    GenerationConfig config,
    TokenLimit limit,
    Optional<Constraint> constraint,
    int count) {

  /**
   * The answers to be generated.
   *
   * @param param the field of the messages, for errors
   * @throws io.github.jmixtral.openai.api.ApiException if the model's chat format does not have
   *     such a conversation, or it is too long
   */
  public TextTask on(Host host, String param) {
    return TextTask.of(
        host,
        List.of(prompt(messages, tools, host)),
        param,
        count,
        config,
        limit,
        this::withExtras);
  }

  /**
   * A conversation as the model's chat format has it. Mistral's own has no place for a text beside
   * calls, which an answer may have and clients send back: the calls stay.
   */
  public static Prompt prompt(List<ChatMessage> messages, ToolOffer tools, Host host) {
    boolean holdsBoth = host.tokenizer().chatFormat() == ChatFormat.TEMPLATE;
    return Prompt.chat(
        holdsBoth ? messages : messages.stream().map(ChatTask::withoutTextBesideCalls).toList(),
        tools.tools());
  }

  private static ChatMessage withoutTextBesideCalls(ChatMessage message) {
    return message.toolCalls().isEmpty()
        ? message
        : ChatMessage.assistant().withToolCalls(message.toolCalls());
  }

  private GenerationRequest withExtras(GenerationRequest plain) {
    GenerationRequest request = tools.choice().map(plain::withToolChoice).orElse(plain);
    return constraint.map(request::withConstraint).orElse(request);
  }
}
