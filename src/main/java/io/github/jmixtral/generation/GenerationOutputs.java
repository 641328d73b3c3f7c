package io.github.jmixtral.generation;

import io.github.jmixtral.internal.decoding.StepRecord;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * What a generation kept beside its ids, one element for each new id; a list is empty unless its
 * setting asked for it. The arrays are the generation's own: leave them alone.
 *
 * @param sequenceScore in beam search, the sum of the ids' processed log probabilities divided by
 *     their number to the power of the length penalty; empty otherwise
 * @param scores {@code output_scores}: the processed logits [vocab] from which each id was chosen;
 *     in beam search processed log probabilities
 * @param logits {@code output_logits}: the model's own logits [vocab]
 * @param logProbabilities {@code top_logprobs}: log probabilities by the model's own logits
 * @param states {@code output_hidden_states}, {@code output_attentions} and {@code
 *     output_router_logits}
 */
public record GenerationOutputs(
    OptionalDouble sequenceScore,
    List<float[]> scores,
    List<float[]> logits,
    List<StepLogProbabilities> logProbabilities,
    List<StepStates> states) {
  /** Nothing kept. */
  public static final GenerationOutputs NONE =
      new GenerationOutputs(OptionalDouble.empty(), List.of(), List.of(), List.of(), List.of());

  /**
   * Lists what was recorded up to a step.
   *
   * @param last the newest step, or null when nothing was recorded
   */
  public static GenerationOutputs of(OptionalDouble sequenceScore, StepRecord last) {
    ArrayDeque<StepRecord> steps = new ArrayDeque<>();
    for (StepRecord step = last; step != null; step = step.before()) {
      steps.push(step);
    }
    return new GenerationOutputs(
        sequenceScore,
        list(steps, StepRecord::scores),
        list(steps, StepRecord::logits),
        list(steps, StepRecord::logProbabilities),
        list(steps, StepRecord::states));
  }

  private static <T> List<T> list(ArrayDeque<StepRecord> steps, Function<StepRecord, T> part) {
    return steps.stream().map(part).filter(Objects::nonNull).toList();
  }
}
