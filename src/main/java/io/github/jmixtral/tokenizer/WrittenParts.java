package io.github.jmixtral.tokenizer;

import java.util.Arrays;

/**
 * The parts of a rendered chat template that people wrote; no special token is searched for in
 * them.
 *
 * @param bounds from, to, from, to, … in UTF-16 units, in order and apart
 */
record WrittenParts(int[] bounds) {
  static final WrittenParts NONE = new WrittenParts(new int[0]);

  boolean isEmpty() {
    return bounds.length == 0;
  }

  /** How many bounds stand at or before a place: an odd number inside of what people wrote. */
  private int before(int place) {
    int index = Arrays.binarySearch(bounds, place);
    return index < 0 ? -index - 1 : index + 1;
  }

  boolean contains(int place) {
    return before(place) % 2 == 1;
  }

  /** The next place from which on the other's words stand, or the end of all texts. */
  int next(int place) {
    int before = before(place);
    return before < bounds.length ? bounds[before] : Integer.MAX_VALUE;
  }

  /** The parts within {@code [from, to)}, counted from there. */
  WrittenParts within(int from, int to) {
    int first = before(from) / 2 * 2;
    int last = first;
    while (last < bounds.length && bounds[last] < to) {
      last += 2;
    }
    int[] part = Arrays.copyOfRange(bounds, first, last);
    for (int i = 0; i < part.length; i++) {
      part[i] = Math.clamp(part[i], from, to) - from;
    }
    return part.length == 0 ? NONE : new WrittenParts(part);
  }
}
