package io.github.jmixtral.generation;

import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What a generation kept beside its ids. Each list has an element for each new id, or none if its
 * setting does not ask for it.
 *
 * @since 0.1.0
 */
public final class GenerationOutputs {
  private final @Nullable Double sequenceScore;
  private final List<float[]> scores;
  private final List<float[]> logits;
  private final List<StepLogProbabilities> logProbabilities;
  private final List<StepStates> states;

  /**
   * Outputs. The library makes these; the constructor serves tests and adapters. If a component is
   * added, another constructor will be.
   *
   * @param sequenceScore null except for beam search
   */
  @SuppressWarnings("exports") // applications need not have the annotation of the null
  public GenerationOutputs(
      @Nullable Double sequenceScore,
      List<float[]> scores,
      List<float[]> logits,
      List<StepLogProbabilities> logProbabilities,
      List<StepStates> states) {
    Objects.requireNonNull(scores, "scores");
    Objects.requireNonNull(logits, "logits");
    Objects.requireNonNull(logProbabilities, "logProbabilities");
    Objects.requireNonNull(states, "states");
    this.sequenceScore = sequenceScore;
    this.scores = List.copyOf(scores);
    this.logits = List.copyOf(logits);
    this.logProbabilities = List.copyOf(logProbabilities);
    this.states = List.copyOf(states);
  }

  /**
   * In beam search, the sum of the processed log probabilities of the ids, divided by their number
   * to the power of the length penalty.
   */
  public OptionalDouble sequenceScore() {
    return sequenceScore == null ? OptionalDouble.empty() : OptionalDouble.of(sequenceScore);
  }

  /**
   * {@code output_scores}: the processed logits [vocab] from which each id was chosen; in beam
   * search, processed log probabilities.
   */
  public List<float[]> scores() {
    return scores;
  }

  /** {@code output_logits}: the logits [vocab] as the model gave them. */
  public List<float[]> logits() {
    return logits;
  }

  /** {@code top_logprobs}: log probabilities from the logits as the model gave them. */
  public List<StepLogProbabilities> logProbabilities() {
    return logProbabilities;
  }

  /**
   * {@code output_hidden_states}, {@code output_attentions} and {@code output_router_logits}: one
   * element if any of them is set.
   */
  public List<StepStates> states() {
    return states;
  }

  @Override
  public String toString() {
    return "GenerationOutputs[sequenceScore=%s, scores=%d, logits=%d, logProbabilities=%d, states=%d]"
        .formatted(
            sequenceScore, scores.size(), logits.size(), logProbabilities.size(), states.size());
  }
}
