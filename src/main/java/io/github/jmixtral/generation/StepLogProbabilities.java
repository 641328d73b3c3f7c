package io.github.jmixtral.generation;

import java.util.List;

/**
 * Log probabilities of one step.
 *
 * @param chosen the id that was chosen
 * @param top the likeliest ids, as many as were asked for, likeliest first
 */
public record StepLogProbabilities(TokenLogProbability chosen, List<TokenLogProbability> top) {}
