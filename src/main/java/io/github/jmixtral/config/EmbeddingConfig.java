package io.github.jmixtral.config;

import java.util.Objects;

/**
 * How a text's hidden states become one vector. Immutable; a wither returns a changed copy: {@code
 * EmbeddingConfig.defaults().withPooling(Pooling.LAST_TOKEN)}.
 *
 * @since 0.1.0
 */
public final class EmbeddingConfig {
  private static final EmbeddingConfig DEFAULTS = new EmbeddingConfig(Pooling.MEAN, false);

  private final Pooling pooling;
  private final boolean normalized;

  /** Which of the final hidden states make the vector. */
  public enum Pooling {
    /** The mean over all ids, those of special tokens included. */
    MEAN,

    /** That of the last id, which has seen all others. */
    LAST_TOKEN
  }

  private EmbeddingConfig(Pooling pooling, boolean normalized) {
    this.pooling = Objects.requireNonNull(pooling, "pooling");
    this.normalized = normalized;
  }

  /** The mean, not normalised. */
  public static EmbeddingConfig defaults() {
    return DEFAULTS;
  }

  /** Sets which hidden states make the vector, {@link Pooling#MEAN} by default. */
  public EmbeddingConfig withPooling(Pooling pooling) {
    return new EmbeddingConfig(pooling, normalized);
  }

  /** {@return which hidden states make the vector} */
  public Pooling pooling() {
    return pooling;
  }

  /**
   * True to give the vector the length 1 (in the sense of L2), so that a product of two is their
   * cosine.
   */
  public EmbeddingConfig withNormalized(boolean normalized) {
    return new EmbeddingConfig(pooling, normalized);
  }

  /** {@return whether the vector gets the length 1} */
  public boolean normalized() {
    return normalized;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EmbeddingConfig that
        && pooling == that.pooling
        && normalized == that.normalized;
  }

  @Override
  public int hashCode() {
    return Objects.hash(pooling, normalized);
  }

  @Override
  public String toString() {
    return "EmbeddingConfig[pooling=" + pooling + ", normalized=" + normalized + "]";
  }
}
