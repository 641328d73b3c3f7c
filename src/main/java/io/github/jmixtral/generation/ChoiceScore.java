package io.github.jmixtral.generation;

/**
 * How likely a model finds one of several continuations of a prompt.
 *
 * @param index its place among the choices that were given
 * @param text the choice; empty where the model has no tokenizer
 * @param score its ids and their log probabilities
 */
public record ChoiceScore(int index, String text, TextScore score) {}
