package io.github.jmixtral.generation;

import java.util.List;
import java.util.OptionalDouble;

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
}
