package io.github.jmixtral.langchain4j;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.model.embedding.response.EmbeddingResponseMetadata;
import dev.langchain4j.model.output.TokenUsage;
import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.langchain4j.spi.JmixtralEmbeddingModelBuilderFactory;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A Mixtral of this process as an embedding model of LangChain4j. Its vectors have one number for
 * each of the model's hidden size. Thread-safe. It throws what {@link JmixtralChatModel} throws.
 *
 * @since 0.1.0
 */
public final class JmixtralEmbeddingModel implements EmbeddingModel, AutoCloseable {
  private final ModelHolder model;
  private final EmbeddingConfig config;
  private final List<EmbeddingModelListener> listeners;

  private JmixtralEmbeddingModel(Builder builder, ModelHolder model) {
    this.model = model;
    config = builder.embeddingConfig;
    listeners = builder.listeners;
  }

  /** A builder. */
  public static Builder builder() {
    return ModelBuilder.find(JmixtralEmbeddingModelBuilderFactory.class, Builder::new);
  }

  @Override
  public EmbeddingResponse doEmbed(EmbeddingRequest request) {
    return Failures.translated(
        () -> {
          List<Prompt> prompts =
              request.inputs().stream()
                  .map(input -> Prompt.text(input.text()).encode(model.mixtral()::tokenizer))
                  .map(Prompt::ids)
                  .toList();
          int length = 0;
          for (Prompt prompt : prompts) {
            length += prompt.encode(model.mixtral()::tokenizer).length;
          }
          return EmbeddingResponse.builder()
              .embeddings(
                  Stream.of(model.mixtral().embed(prompts, config)).map(Embedding::from).toList())
              .metadata(
                  EmbeddingResponseMetadata.builder()
                      .modelName(model.name())
                      .tokenUsage(new TokenUsage(length, 0))
                      .build())
              .build();
        });
  }

  /** The model's hidden size. */
  @Override
  public int dimension() {
    return model.mixtral().config().hiddenSize();
  }

  @Override
  public String modelName() {
    return model.name();
  }

  @Override
  public List<EmbeddingModelListener> listeners() {
    return listeners;
  }

  /** Closes the Mixtral, unless it is the caller's. */
  @Override
  public void close() {
    model.close();
  }

  @Override
  public String toString() {
    return "JmixtralEmbeddingModel[" + model.name() + "]";
  }

  /** Builds an embedding model. */
  public static final class Builder extends ModelBuilder<Builder> {
    private EmbeddingConfig embeddingConfig = EmbeddingConfig.defaults();
    private List<EmbeddingModelListener> listeners = List.of();

    /** A builder with nothing set. */
    public Builder() {}

    @Override
    Builder self() {
      return this;
    }

    /** How the hidden states of a text become one vector, and whether it has the length 1. */
    public Builder embeddingConfig(EmbeddingConfig embeddingConfig) {
      this.embeddingConfig = Objects.requireNonNull(embeddingConfig, "embeddingConfig");
      return this;
    }

    /** What hears of every request. */
    public Builder listeners(List<EmbeddingModelListener> listeners) {
      this.listeners = List.copyOf(listeners);
      return this;
    }

    /** The embedding model. */
    public JmixtralEmbeddingModel build() {
      return open(holder -> new JmixtralEmbeddingModel(this, holder));
    }
  }
}
