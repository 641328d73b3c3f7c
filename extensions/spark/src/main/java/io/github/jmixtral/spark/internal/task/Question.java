package io.github.jmixtral.spark.internal.task;

import io.github.jmixtral.generation.Prompt;

/**
 * What a row asks.
 *
 * @param identity by which the row draws its random numbers
 */
public record Question(Prompt prompt, String identity) {}
