package io.github.jmixtral.internal.checkpoint;

/**
 * Weights where they lie, and what is to be said of how they are stored.
 *
 * @param weights the weights, in the reference's names and order
 * @param contents files, formats and sizes
 */
public record StoredWeights(MixtralWeights weights, CheckpointContents contents) {}
