package io.github.jmixtral.config;

import io.github.jmixtral.error.UnsupportedCheckpointException;
import java.util.Locale;

/** What a classifier's scores mean: {@code problem_type} of {@code config.json}. */
public enum ProblemType {
  /** Exactly one label holds: the softmax of the scores gives the labels' probabilities. */
  SINGLE_LABEL_CLASSIFICATION,

  /** Each label holds or not: the sigmoid of its score gives its probability. */
  MULTI_LABEL_CLASSIFICATION,

  /** The scores are the values themselves. */
  REGRESSION;

  /**
   * What a configuration says; where it says nothing, as in the reference, one label is regression
   * and several exclude each other.
   *
   * @throws UnsupportedCheckpointException when it names a type that there is not
   */
  public static ProblemType of(MixtralConfig config) {
    if (config.problemType().isEmpty()) {
      return config.numLabels() == 1 ? REGRESSION : SINGLE_LABEL_CLASSIFICATION;
    }
    String name = config.problemType().get();
    for (ProblemType type : values()) {
      if (type.toString().equals(name)) {
        return type;
      }
    }
    throw new UnsupportedCheckpointException(
        MixtralConfig.FILE + ": problem_type",
        "single_label_classification, multi_label_classification or regression",
        name);
  }

  /** The name in {@code config.json}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
