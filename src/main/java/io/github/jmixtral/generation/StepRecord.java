package io.github.jmixtral.generation;

/**
 * What was kept of one step, and the step before it: beams that share a past share its records.
 * Parts that were not asked for are null.
 */
record StepRecord(
    StepRecord before,
    float[] scores,
    float[] logits,
    StepLogProbabilities logProbabilities,
    StepStates states) {}
