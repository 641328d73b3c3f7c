package io.github.jmixtral;

import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * The labels of one text. Immutable.
 *
 * @since 0.1.0
 */
public final class Classification {
  private final List<Label> labels;

  /**
   * A classification.
   *
   * @param labels in any order
   * @throws IllegalArgumentException if there is none
   */
  Classification(List<Label> labels) {
    if (labels.isEmpty()) {
      throw new IllegalArgumentException("labels is empty, but a text has at least one label");
    }
    this.labels =
        labels.stream()
            .sorted(
                Comparator.comparingDouble(Label::probability)
                    .reversed()
                    .thenComparingInt(Label::index))
            .toList();
  }

  /** All labels, the most probable first; equal ones in the order of the configuration. */
  public List<Label> labels() {
    return labels;
  }

  /** The most probable label. */
  public Label best() {
    return labels.getFirst();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Classification that && labels.equals(that.labels);
  }

  @Override
  public int hashCode() {
    return labels.hashCode();
  }

  @Override
  public String toString() {
    return "Classification" + labels;
  }

  /**
   * A label and its probability. Immutable.
   *
   * @since 0.1.0
   */
  public static final class Label {
    private final int index;
    private final String name;
    private final double probability;

    Label(int index, String name, double probability) {
      this.index = index;
      this.name = Objects.requireNonNull(name, "name");
      this.probability = probability;
    }

    /** Its place in the scores of the model. */
    public int index() {
      return index;
    }

    /** Its name in {@code id2label}. */
    public String name() {
      return name;
    }

    /**
     * From 0 to 1. The probabilities of labels that exclude each other sum up to 1, those of labels
     * that may hold together do not. A regression's value is given as it is.
     */
    public double probability() {
      return probability;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Label that
          && index == that.index
          && name.equals(that.name)
          && Double.compare(probability, that.probability) == 0;
    }

    @Override
    public int hashCode() {
      return Objects.hash(index, name, probability);
    }

    @Override
    public String toString() {
      return name + "=" + probability;
    }
  }
}
