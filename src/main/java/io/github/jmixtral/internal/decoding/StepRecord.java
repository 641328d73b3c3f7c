package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.generation.StepStates;

/**
 * What was kept of one step, and the step before it: beams that share a past share its records.
 * Parts that were not asked for are null.
 */
public record StepRecord(
    StepRecord before,
    float[] scores,
    float[] logits,
    StepLogProbabilities logProbabilities,
    StepStates states) {}
