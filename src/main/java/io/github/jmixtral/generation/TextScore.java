package io.github.jmixtral.generation;

import java.util.List;
import java.util.Objects;

/**
 * How likely a model finds a text. Immutable.
 *
 * @since 0.1.0
 */
public final class TextScore {
  private final List<TokenLogProbability> tokens;

  /**
   * A score. The library makes these; the constructor serves tests and adapters.
   *
   * @throws IllegalArgumentException if there is no token
   */
  public TextScore(List<TokenLogProbability> tokens) {
    Objects.requireNonNull(tokens, "tokens");
    this.tokens = List.copyOf(tokens);
    if (tokens.isEmpty()) {
      throw new IllegalArgumentException("tokens is empty, but a score needs at least one token");
    }
  }

  /**
   * The scored ids in order: of a whole text all but the first, which nothing predicts; of a
   * continuation all.
   */
  public List<TokenLogProbability> tokens() {
    return tokens;
  }

  /** The log probability of the whole: the sum over its ids. It favours short texts. */
  public double sum() {
    return tokens.stream().mapToDouble(TokenLogProbability::logProbability).sum();
  }

  /** The mean log probability of an id, by which texts of different lengths compare. */
  public double mean() {
    return sum() / tokens.size();
  }

  /** The perplexity {@code exp(−mean)}: 1 for a text that was certain. */
  public double perplexity() {
    return Math.exp(-mean());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TextScore that && tokens.equals(that.tokens);
  }

  @Override
  public int hashCode() {
    return tokens.hashCode();
  }

  @Override
  public String toString() {
    return "TextScore[sum=" + sum() + ", tokens=" + tokens + "]";
  }
}
