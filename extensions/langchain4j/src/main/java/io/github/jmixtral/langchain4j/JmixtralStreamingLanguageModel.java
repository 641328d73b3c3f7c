package io.github.jmixtral.langchain4j;

import dev.langchain4j.model.StreamingResponseHandler;
import dev.langchain4j.model.language.StreamingLanguageModel;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.langchain4j.spi.JmixtralStreamingLanguageModelBuilderFactory;

/**
 * A Mixtral of this process as a streaming language model of LangChain4j: it continues texts,
 * without a chat format. Thread-safe. A handler is called on a thread of the model, and the next
 * token is computed when it returns; what it throws ends the generation and goes to its {@code
 * onError}, as all other failures do.
 *
 * @since 0.1.0
 */
public final class JmixtralStreamingLanguageModel implements StreamingLanguageModel, AutoCloseable {
  private final ModelHolder model;
  private final Continuation continuation;

  private JmixtralStreamingLanguageModel(Builder builder, ModelHolder model) {
    this.model = model;
    continuation = new Continuation(model, builder.parameters.build());
  }

  /** A builder. */
  public static Builder builder() {
    return ModelBuilder.find(JmixtralStreamingLanguageModelBuilderFactory.class, Builder::new);
  }

  /** Hands over what follows a text, piece by piece. */
  @Override
  public void generate(String prompt, StreamingResponseHandler<String> handler) {
    Generating.streamed(
        () -> continuation.of(prompt).onToken(token -> send(token, handler)),
        (generation, failure) -> {
          if (generation == null) {
            handler.onError(failure);
          } else if (generation.finishReason() == FinishReason.CANCELLED) {
            handler.onError(Failures.cancelled());
          } else {
            handler.onComplete(Continuation.response(generation));
          }
        });
  }

  private static void send(GeneratedToken token, StreamingResponseHandler<String> handler) {
    if (!token.text().isEmpty()) {
      handler.onNext(token.text());
    }
  }

  /** Closes the Mixtral, unless it is the caller's. */
  @Override
  public void close() {
    model.close();
  }

  @Override
  public String toString() {
    return "JmixtralStreamingLanguageModel[" + model.name() + "]";
  }

  /** Builds a streaming language model. */
  public static final class Builder extends GenerationBuilder<Builder> {
    /** A builder with nothing set. */
    public Builder() {}

    @Override
    Builder self() {
      return this;
    }

    /** The language model. */
    public JmixtralStreamingLanguageModel build() {
      return open(holder -> new JmixtralStreamingLanguageModel(this, holder));
    }
  }
}
