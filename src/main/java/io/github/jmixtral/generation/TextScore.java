package io.github.jmixtral.generation;

import java.util.List;

/**
 * How likely a model finds a text, id by id.
 *
 * @param tokens the scored ids in order, at least one; of a whole text all but the first, which
 *     nothing foretells
 */
public record TextScore(List<TokenScore> tokens) {

  /** Takes a copy of the list. */
  public TextScore {
    tokens = List.copyOf(tokens);
    if (tokens.isEmpty()) {
      throw new IllegalArgumentException("tokens: expected at least one, found none");
    }
  }

  /** The scored ids. */
  public int[] ids() {
    return tokens.stream().mapToInt(TokenScore::id).toArray();
  }

  /** The log probability of the whole: the sum over its ids. */
  public double sum() {
    return tokens.stream().mapToDouble(TokenScore::logProbability).sum();
  }

  /** The mean log probability of an id: texts of different lengths compare better by it. */
  public double mean() {
    return sum() / tokens.size();
  }

  /** The perplexity {@code exp(−mean)}: 1 for a text that was certain. */
  public double perplexity() {
    return Math.exp(-mean());
  }
}
