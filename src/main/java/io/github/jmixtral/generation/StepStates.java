package io.github.jmixtral.generation;

import java.util.List;

/**
 * What the model showed of its inside in one step of a generation. The first step computed the
 * prompt, each later one the id chosen before it. Lists are empty unless they were asked for.
 *
 * @param hiddenStates the embedding, each layer's output but the last's, and the final state after
 *     the last norm: layers + 1 times [ids of the step, hidden]
 * @param attentions by layer: probabilities [heads, ids of the step, ids so far]
 * @param routerLogits by layer: [ids of the step, experts]
 */
public record StepStates(
    List<float[][]> hiddenStates, List<float[][][]> attentions, List<float[][]> routerLogits) {}
