package io.github.jmixtral.generation;

/**
 * How likely the model held an id, before processors changed its logits.
 *
 * @param id of the token
 * @param logProbability natural logarithm of its probability, at most 0
 */
public record TokenLogProbability(int id, double logProbability) {}
