package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.GenerationOutputs;
import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.generation.StepStates;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * What was kept of one step, and the step before it: beams that share a past share its records.
 * Parts that were not asked for are null.
 */
public record StepRecord(
    StepRecord before,
    float[] scores,
    float[] logits,
    StepLogProbabilities logProbabilities,
    StepStates states) {

  /**
   * Everything that was recorded up to a step.
   *
   * @param last the newest step, or null when nothing was recorded
   */
  static GenerationOutputs outputs(OptionalDouble sequenceScore, StepRecord last) {
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
