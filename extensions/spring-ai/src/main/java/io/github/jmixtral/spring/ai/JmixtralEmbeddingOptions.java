package io.github.jmixtral.spring.ai;

import io.github.jmixtral.config.EmbeddingConfig;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.embedding.EmbeddingOptions;

/**
 * Options of embeddings: those of Spring AI, and how the states of a text become one vector.
 * Immutable.
 *
 * @since 0.1.0
 */
public final class JmixtralEmbeddingOptions implements EmbeddingOptions {
  private final @Nullable String model;
  private final @Nullable Integer dimensions;
  private final EmbeddingConfig embeddingConfig;

  private JmixtralEmbeddingOptions(Builder builder) {
    model = builder.model;
    dimensions = builder.dimensions;
    embeddingConfig = builder.embeddingConfig;
  }

  /** A builder of options for vectors of length 1, which vector stores compare. */
  public static Builder builder() {
    return new Builder();
  }

  /** The model's name, or null. */
  @Override
  public @Nullable String getModel() {
    return model;
  }

  /** The length of vectors, which is the model's hidden size, or null. */
  @Override
  public @Nullable Integer getDimensions() {
    return dimensions;
  }

  /** How the states of a text become one vector. */
  public EmbeddingConfig getEmbeddingConfig() {
    return embeddingConfig;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof JmixtralEmbeddingOptions that
        && Objects.equals(model, that.model)
        && Objects.equals(dimensions, that.dimensions)
        && embeddingConfig.equals(that.embeddingConfig);
  }

  @Override
  public int hashCode() {
    return Objects.hash(model, dimensions, embeddingConfig);
  }

  @Override
  public String toString() {
    return "JmixtralEmbeddingOptions[model=%s, dimensions=%s, embeddingConfig=%s]"
        .formatted(model, dimensions, embeddingConfig);
  }

  /** Builds options. */
  public static final class Builder implements EmbeddingOptions.Builder {
    private @Nullable String model;
    private @Nullable Integer dimensions;
    private EmbeddingConfig embeddingConfig = EmbeddingConfig.defaults().withNormalized(true);

    private Builder() {}

    @Override
    public Builder model(@Nullable String model) {
      this.model = model;
      return this;
    }

    @Override
    public Builder dimensions(@Nullable Integer dimensions) {
      this.dimensions = dimensions;
      return this;
    }

    /** With this way from states to vectors. */
    public Builder embeddingConfig(EmbeddingConfig embeddingConfig) {
      this.embeddingConfig = Objects.requireNonNull(embeddingConfig, "embeddingConfig");
      return this;
    }

    @Override
    public JmixtralEmbeddingOptions build() {
      return new JmixtralEmbeddingOptions(this);
    }
  }
}
