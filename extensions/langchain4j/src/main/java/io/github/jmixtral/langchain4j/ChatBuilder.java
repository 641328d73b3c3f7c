package io.github.jmixtral.langchain4j;

import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the builders of both chat models have in common, beside how they generate.
 *
 * @param <B> the builder
 * @since 0.1.0
 */
public abstract sealed class ChatBuilder<B extends ChatBuilder<B>> extends GenerationBuilder<B>
    permits JmixtralChatModel.Builder, JmixtralStreamingChatModel.Builder {
  @Nullable ChatRequestParameters defaultRequestParameters;
  List<ChatModelListener> listeners = List.of();

  ChatBuilder() {}

  /** What hears of every chat. */
  public B listeners(List<ChatModelListener> listeners) {
    this.listeners = List.copyOf(listeners);
    return self();
  }

  /** Parameters of requests that do not have them; single ones of this builder prevail. */
  public B defaultRequestParameters(ChatRequestParameters parameters) {
    this.defaultRequestParameters = Objects.requireNonNull(parameters, "parameters");
    return self();
  }
}
