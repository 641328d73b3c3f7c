package io.github.jmixtral.config;

/**
 * A pull towards the end that grows with the length of the text.
 *
 * @param start new tokens after which it sets in
 * @param factor its growth per token, above 1
 */
public record ExponentialDecay(int start, double factor) {}
