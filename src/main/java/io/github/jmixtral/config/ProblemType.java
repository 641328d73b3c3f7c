package io.github.jmixtral.config;

import java.util.Locale;

/**
 * What a classifier's scores mean: {@code problem_type} of {@code config.json}.
 *
 * @since 0.1.0
 */
public enum ProblemType {
  /** Exactly one label holds: the softmax of the scores gives the labels' probabilities. */
  SINGLE_LABEL_CLASSIFICATION,

  /** Each label holds or not: the sigmoid of its score gives its probability. */
  MULTI_LABEL_CLASSIFICATION,

  /** The scores are the values themselves. */
  REGRESSION;

  /** The name in {@code config.json}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
