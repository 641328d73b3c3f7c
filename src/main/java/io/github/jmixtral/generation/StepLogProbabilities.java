package io.github.jmixtral.generation;

import java.util.List;
import java.util.Objects;

/**
 * Log probabilities of one step. Immutable.
 *
 * @since 0.1.0
 */
public final class StepLogProbabilities {
  private final TokenLogProbability chosen;
  private final List<TokenLogProbability> top;

  /** Log probabilities. The library makes these; the constructor serves tests and adapters. */
  public StepLogProbabilities(TokenLogProbability chosen, List<TokenLogProbability> top) {
    Objects.requireNonNull(top, "top");
    this.chosen = Objects.requireNonNull(chosen, "chosen");
    this.top = List.copyOf(top);
  }

  /** The id that was chosen. */
  public TokenLogProbability chosen() {
    return chosen;
  }

  /** The likeliest ids, as many as {@code top_logprobs} asks for, likeliest first. */
  public List<TokenLogProbability> top() {
    return top;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StepLogProbabilities that
        && chosen.equals(that.chosen)
        && top.equals(that.top);
  }

  @Override
  public int hashCode() {
    return Objects.hash(chosen, top);
  }

  @Override
  public String toString() {
    return "StepLogProbabilities[chosen=" + chosen + ", top=" + top + "]";
  }
}
