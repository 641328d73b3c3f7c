package io.github.jmixtral.generation;

/**
 * How likely a model finds one id of a text.
 *
 * @param id the id
 * @param piece how the vocabulary writes it, {@code ▁the} say; empty where the model has no
 *     tokenizer or the tokenizer no such id
 * @param logProbability natural logarithm of its probability after all ids before it
 */
public record TokenScore(int id, String piece, double logProbability) {}
