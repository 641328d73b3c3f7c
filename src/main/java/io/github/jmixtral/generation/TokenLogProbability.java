package io.github.jmixtral.generation;

import java.util.Objects;

/**
 * How likely a model found a token, before processors changed its logits. Immutable.
 *
 * @since 0.1.0
 */
public final class TokenLogProbability {
  private final int id;
  private final double logProbability;

  /** A log probability. The library makes these; the constructor serves tests and adapters. */
  public TokenLogProbability(int id, double logProbability) {
    this.id = id;
    this.logProbability = logProbability;
  }

  /** The id of the token. */
  public int id() {
    return id;
  }

  /** The natural logarithm of its probability after the ids before it, at most 0. */
  public double logProbability() {
    return logProbability;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TokenLogProbability that
        && id == that.id
        && Double.compare(logProbability, that.logProbability) == 0;
  }

  @Override
  public int hashCode() {
    return Objects.hash(id, logProbability);
  }

  @Override
  public String toString() {
    return "TokenLogProbability[id=" + id + ", logProbability=" + logProbability + "]";
  }
}
