package io.github.jmixtral.config;

import java.util.Arrays;
import java.util.Objects;

/**
 * Adds to the logit of a sequence's last id wherever its other ids stand right before.
 *
 * @param bias positive to favour, negative to disfavour
 * @param ids the sequence, at least one id
 * @since 0.1.0
 */
public record SequenceBias(double bias, int... ids) {
  /**
   * Takes a copy of the ids.
   *
   * @throws IllegalArgumentException when there are none
   */
  public SequenceBias {
    ids = Objects.requireNonNull(ids, "ids").clone();
    if (ids.length == 0) {
      throw new IllegalArgumentException(
          "sequence bias: the sequence is empty; give at least one id");
    }
  }

  /** A copy of the sequence. */
  @Override
  public int[] ids() {
    return ids.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SequenceBias that
        && Double.compare(bias, that.bias) == 0
        && Arrays.equals(ids, that.ids);
  }

  @Override
  public int hashCode() {
    return 31 * Double.hashCode(bias) + Arrays.hashCode(ids);
  }

  @Override
  public String toString() {
    return "SequenceBias[bias=" + bias + ", ids=" + Arrays.toString(ids) + "]";
  }
}
