package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/** Python's {@code sorted}: stable, and asks for nothing but {@code <}. */
final class Sorting {
  private record Keyed<T>(T element, Value key) {}

  private Sorting() {}

  static <T> List<T> sorted(List<T> elements, Function<T, Value> key, boolean reverse, Work work) {
    List<Keyed<T>> keyed = new ArrayList<>(elements.size());
    for (T element : elements) {
      keyed.add(new Keyed<>(element, key.apply(element)));
    }
    // Equal elements keep their order in reverse, too.
    if (reverse) {
      Collections.reverse(keyed);
    }
    List<Keyed<T>> merged = mergeSorted(keyed, work);
    if (reverse) {
      Collections.reverse(merged);
    }
    List<T> sorted = new ArrayList<>(merged.size());
    merged.forEach(one -> sorted.add(one.element()));
    return sorted;
  }

  private static <T> List<Keyed<T>> mergeSorted(List<Keyed<T>> elements, Work work) {
    if (elements.size() < 2) {
      return new ArrayList<>(elements);
    }
    int middle = elements.size() / 2;
    List<Keyed<T>> left = mergeSorted(elements.subList(0, middle), work);
    List<Keyed<T>> right = mergeSorted(elements.subList(middle, elements.size()), work);
    List<Keyed<T>> merged = new ArrayList<>(elements.size());
    int i = 0;
    int j = 0;
    while (i < left.size() && j < right.size()) {
      boolean less =
          Comparison.ordered(Comparison.Order.LESS, right.get(j).key(), left.get(i).key(), work);
      merged.add(less ? right.get(j++) : left.get(i++));
    }
    merged.addAll(left.subList(i, left.size()));
    merged.addAll(right.subList(j, right.size()));
    return merged;
  }
}
