package io.github.jmixtral.spring.ai;

import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.ToolChoice;
import java.util.List;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.MessageType;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import reactor.core.publisher.Flux;

/**
 * Stands in for what a small model was not taught: a tool choice makes it call tools one by one,
 * and a constraint makes it answer when it has three results.
 */
final class ForcedChatModel implements ChatModel {
  private static final int CALLS = 3;

  private final JmixtralChatModel model;
  private final String answer;

  ForcedChatModel(JmixtralChatModel model, String answer) {
    this.model = model;
    this.answer = answer;
  }

  @Override
  public ChatOptions getOptions() {
    return model.getOptions();
  }

  @Override
  public ChatResponse call(Prompt prompt) {
    return model.call(forced(prompt));
  }

  @Override
  public Flux<ChatResponse> stream(Prompt prompt) {
    return model.stream(forced(prompt));
  }

  private Prompt forced(Prompt prompt) {
    JmixtralChatOptions.Builder options = ((JmixtralChatOptions) model.getOptions()).mutate();
    if (prompt.getOptions() instanceof JmixtralChatOptions own) {
      options = own.mutate();
    } else if (prompt.getOptions() != null) {
      options.combineWith(prompt.getOptions().mutate());
    }
    boolean isDone = results(prompt.getInstructions()) >= CALLS;
    options
        .toolChoice(isDone ? ToolChoice.none() : ToolChoice.required().withParallelCalls(false))
        .constraint(isDone ? Constraint.oneOf(answer) : null);
    return new Prompt(prompt.getInstructions(), options.build());
  }

  /** Results since the last question. */
  private static int results(List<Message> messages) {
    int results = 0;
    for (Message message : messages) {
      if (message.getMessageType() == MessageType.USER) {
        results = 0;
      } else if (message instanceof ToolResponseMessage responses) {
        results += responses.getResponses().size();
      }
    }
    return results;
  }
}
