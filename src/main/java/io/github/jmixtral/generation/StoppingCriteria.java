package io.github.jmixtral.generation;

/**
 * Decides after each new token whether the generation ends there.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface StoppingCriteria {
  /**
   * Asked once after each new token; the token stays part of the result. Beam search asks for the
   * texts of its beams in turn.
   *
   * @param sequence the prompt and what was generated so far, the newest id last
   * @return true to end the generation
   */
  boolean shouldStop(TokenSequence sequence);
}
