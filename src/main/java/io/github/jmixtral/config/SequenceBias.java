package io.github.jmixtral.config;

import java.util.List;

/**
 * Adds to the logit of a sequence's last id wherever its other ids stand right before.
 *
 * @param ids the sequence, at least one id
 * @param bias positive to favour, negative to disfavour
 */
public record SequenceBias(List<Integer> ids, double bias) {
  /** Takes a copy of the list. */
  public SequenceBias {
    ids = List.copyOf(ids);
    if (ids.isEmpty()) {
      throw new IllegalArgumentException("sequence bias: expected at least one id, found none");
    }
  }
}
