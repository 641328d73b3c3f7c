package io.github.jmixtral;

import java.util.Comparator;
import java.util.List;

/**
 * What a classifier makes of one text.
 *
 * @param labels all labels, the most probable first; equal ones in the configuration's order
 */
public record Classification(List<Label> labels) {

  /**
   * A label and how much speaks for it.
   *
   * @param index its place in the model's scores
   * @param name its name in {@code id2label}
   * @param probability 0 to 1: the probabilities of labels that exclude each other sum up to 1,
   *     each of the others stands for itself. A regression's value as it is
   */
  public record Label(int index, String name, double probability) {}

  /** Sorts the labels. */
  public Classification {
    if (labels.isEmpty()) {
      throw new IllegalArgumentException("labels: expected at least one, found none");
    }
    labels =
        labels.stream()
            .sorted(
                Comparator.comparingDouble(Label::probability)
                    .reversed()
                    .thenComparingInt(Label::index))
            .toList();
  }

  /** The most probable label. */
  public Label best() {
    return labels.getFirst();
  }

  /** The labels that hold, where several may: those of at least this probability. */
  public List<Label> atLeast(double probability) {
    return labels.stream().filter(label -> label.probability() >= probability).toList();
  }
}
