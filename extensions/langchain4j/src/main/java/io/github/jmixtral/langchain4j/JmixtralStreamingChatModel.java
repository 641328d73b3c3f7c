package io.github.jmixtral.langchain4j;

import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import io.github.jmixtral.langchain4j.spi.JmixtralStreamingChatModelBuilderFactory;
import java.util.List;
import java.util.Set;

/**
 * A Mixtral of this process as a streaming chat model of LangChain4j. Thread-safe; chats at the
 * same time share the model's passes.
 *
 * <pre>{@code
 * JmixtralStreamingChatModel model =
 *     JmixtralStreamingChatModel.builder().modelName("mistralai/Mixtral-8x7B-Instruct-v0.1").build();
 * model.chat("Why is the sky blue?", LambdaStreamingResponseHandler.onPartialResponse(System.out::print));
 * }</pre>
 *
 * <p>A handler is called on a thread of the model, one call after the other, and the next token is
 * computed when it returns. It receives each piece of the text and of the arguments of tools as it
 * is generated, and the whole calls at the end. Cancelling its {@link
 * dev.langchain4j.model.chat.response.StreamingHandle} ends the generation before the next token;
 * nothing is called after that. What a request has that Mixtral does not have, such as images,
 * throws an {@link dev.langchain4j.exception.UnsupportedFeatureException} at once; all other
 * failures go to the handler, as {@link JmixtralChatModel} throws them.
 *
 * @since 0.1.0
 */
public final class JmixtralStreamingChatModel implements StreamingChatModel, AutoCloseable {
  private final ModelHolder model;
  private final ChatRequests requests;

  private JmixtralStreamingChatModel(Builder builder, ModelHolder model) {
    this.model = model;
    requests = new ChatRequests(model, builder);
  }

  /** A builder. */
  public static Builder builder() {
    return ModelBuilder.find(JmixtralStreamingChatModelBuilderFactory.class, Builder::new);
  }

  @Override
  public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
    AnswerStream answer = new AnswerStream(handler, model.name());
    Generating.streamed(() -> answer.listeningTo(requests.of(request)), answer::end);
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
    return "JmixtralStreamingChatModel[" + model.name() + "]";
  }

  /** Builds a streaming chat model. */
  public static final class Builder extends ChatBuilder<Builder> {
    /** A builder with nothing set. */
    public Builder() {}

    @Override
    Builder self() {
      return this;
    }

    /** The chat model. */
    public JmixtralStreamingChatModel build() {
      return open(holder -> new JmixtralStreamingChatModel(this, holder));
    }
  }
}
