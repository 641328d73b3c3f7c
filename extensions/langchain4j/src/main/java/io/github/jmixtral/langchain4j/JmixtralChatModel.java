package io.github.jmixtral.langchain4j;

import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import io.github.jmixtral.langchain4j.spi.JmixtralChatModelBuilderFactory;
import java.util.List;
import java.util.Set;

/**
 * A Mixtral of this process as a chat model of LangChain4j. Thread-safe; threads that chat at the
 * same time share the model's passes.
 *
 * <pre>{@code
 * try (JmixtralChatModel model =
 *     JmixtralChatModel.builder().modelName("mistralai/Mixtral-8x7B-Instruct-v0.1").build()) {
 *   System.out.println(model.chat("Why is the sky blue?"));
 * }
 * }</pre>
 *
 * <p>The model computes on threads of its own: any number of virtual threads may wait for answers.
 * Interrupting a thread that waits ends the generation within one token, with a {@link
 * java.util.concurrent.CancellationException}. JSON response formats and arguments of tools fit
 * their schemas, as nothing else can be generated. What a request has that is not valid throws an
 * {@link dev.langchain4j.exception.InvalidRequestException}, what Mixtral does not have, such as
 * images, an {@link dev.langchain4j.exception.UnsupportedFeatureException}, and a model with too
 * many waiting requests a {@link dev.langchain4j.exception.RateLimitException}.
 *
 * @since 0.1.0
 */
public final class JmixtralChatModel implements ChatModel, AutoCloseable {
  private final ModelHolder model;
  private final ChatRequests requests;

  private JmixtralChatModel(Builder builder, ModelHolder model) {
    this.model = model;
    requests = new ChatRequests(model, builder);
  }

  /** A builder. */
  public static Builder builder() {
    return ModelBuilder.find(JmixtralChatModelBuilderFactory.class, Builder::new);
  }

  @Override
  public ChatResponse doChat(ChatRequest request) {
    return Answers.response(Generating.whole(() -> requests.of(request)), model.name());
  }

  @Override
  public ChatRequestParameters defaultRequestParameters() {
    return requests.defaults();
  }

  @Override
  public List<ChatModelListener> listeners() {
    return requests.listeners();
  }

  /** JSON schemas, which answers fit. */
  @Override
  public Set<Capability> supportedCapabilities() {
    return Set.of(Capability.RESPONSE_FORMAT_JSON_SCHEMA);
  }

  /** Closes the Mixtral, unless it is the caller's. */
  @Override
  public void close() {
    model.close();
  }

  @Override
  public String toString() {
    return "JmixtralChatModel[" + model.name() + "]";
  }

  /** Builds a chat model. */
  public static final class Builder extends ChatBuilder<Builder> {
    /** A builder with nothing set. */
    public Builder() {}

    @Override
    Builder self() {
      return this;
    }

    /** The chat model. */
    public JmixtralChatModel build() {
      return open(holder -> new JmixtralChatModel(this, holder));
    }
  }
}
