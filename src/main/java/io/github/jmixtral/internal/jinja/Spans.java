package io.github.jmixtral.internal.jinja;

import java.util.Arrays;

/** Stretches of a text, in order and apart: {@code [from, to)} in UTF-16 units. Immutable. */
final class Spans {
  static final Spans NONE = new Spans(new int[0]);

  /** from, to, from, to, … */
  private final int[] bounds;

  private Spans(int[] bounds) {
    this.bounds = bounds;
  }

  static Spans whole(int length) {
    return length == 0 ? NONE : new Spans(new int[] {0, length});
  }

  boolean isEmpty() {
    return bounds.length == 0;
  }

  /** The stretches of the part {@code [from, to)}, counted from there. */
  Spans part(int from, int to) {
    if (isEmpty()) {
      return NONE;
    }
    Builder part = new Builder();
    for (int i = firstBehind(from); i < bounds.length && bounds[i] < to; i += 2) {
      part.add(Math.max(from, bounds[i]) - from, Math.min(to, bounds[i + 1]) - from);
    }
    return part.build();
  }

  /** The index in {@link #bounds} of the first stretch that ends behind a place. */
  private int firstBehind(int place) {
    int low = 0;
    int high = bounds.length / 2;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (bounds[2 * middle + 1] <= place) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return 2 * low;
  }

  boolean contains(int unit) {
    int i = firstBehind(unit);
    return i < bounds.length && bounds[i] <= unit;
  }

  int[] toArray() {
    return bounds.clone();
  }

  /** Puts stretches together, in order. */
  static final class Builder {
    private int[] bounds = new int[4];
    private int size;

    void add(int from, int to) {
      if (from == to) {
        return;
      }
      if (size > 0 && bounds[size - 1] == from) {
        bounds[size - 1] = to;
        return;
      }
      if (size == bounds.length) {
        bounds = Arrays.copyOf(bounds, 2 * size);
      }
      bounds[size++] = from;
      bounds[size++] = to;
    }

    void addAll(Spans spans, int shift) {
      for (int i = 0; i < spans.bounds.length; i += 2) {
        add(spans.bounds[i] + shift, spans.bounds[i + 1] + shift);
      }
    }

    Spans build() {
      return size == 0 ? NONE : new Spans(Arrays.copyOf(bounds, size));
    }
  }
}
