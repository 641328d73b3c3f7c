package io.github.jmixtral.config;

/**
 * How a text's hidden states become one vector. Immutable: {@code
 * EmbeddingConfig.defaults().withPooling(Pooling.LAST_TOKEN)}.
 *
 * @param pooling which states count
 * @param normalized whether the vector gets the length 1 (in the sense of L2), so that a product of
 *     two is their cosine
 */
public record EmbeddingConfig(Pooling pooling, boolean normalized) {

  /** Which of the final hidden states make the vector. */
  public enum Pooling {
    /** The mean over all ids, those of special tokens included. */
    MEAN,

    /** That of the last id, which has seen all others. */
    LAST_TOKEN
  }

  /** The mean, as it is. */
  public static EmbeddingConfig defaults() {
    return new EmbeddingConfig(Pooling.MEAN, false);
  }

  /** The same with another pooling. */
  public EmbeddingConfig withPooling(Pooling pooling) {
    return new EmbeddingConfig(pooling, normalized);
  }

  /** The same with vectors of length 1, or as they are. */
  public EmbeddingConfig withNormalized(boolean normalized) {
    return new EmbeddingConfig(pooling, normalized);
  }
}
