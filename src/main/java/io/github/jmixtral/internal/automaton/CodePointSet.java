package io.github.jmixtral.internal.automaton;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A set of characters: Unicode code points without the surrogates, which no UTF-8 text holds.
 * Immutable; ranges are sorted, disjoint and not adjacent.
 */
public final class CodePointSet {
  public static final CodePointSet ALL = of(0, Character.MAX_CODE_POINT);

  private static final int BEFORE_SURROGATES = Character.MIN_SURROGATE - 1;
  private static final int AFTER_SURROGATES = Character.MAX_SURROGATE + 1;

  /** Characters from {@code first} to {@code last}, both included. */
  public record Range(int first, int last) {}

  private final List<Range> ranges;

  private CodePointSet(List<Range> ranges) {
    this.ranges = ranges;
  }

  /** The characters from {@code first} to {@code last}, both included; none if they cross. */
  public static CodePointSet of(int first, int last) {
    return normalised(List.of(new Range(first, last)));
  }

  /** The characters of some ranges, in any order. */
  public static CodePointSet ofRanges(List<Range> ranges) {
    return normalised(ranges);
  }

  /** The characters of a text. */
  public static CodePointSet ofAll(String characters) {
    return normalised(characters.codePoints().mapToObj(c -> new Range(c, c)).toList());
  }

  public List<Range> ranges() {
    return ranges;
  }

  public boolean isEmpty() {
    return ranges.isEmpty();
  }

  /** Whether each of its characters is one byte. */
  boolean isAscii() {
    return ranges.isEmpty() || ranges.getLast().last() < 128;
  }

  public boolean contains(int codePoint) {
    int low = 0;
    int high = ranges.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      Range range = ranges.get(middle);
      if (codePoint < range.first()) {
        high = middle - 1;
      } else if (codePoint > range.last()) {
        low = middle + 1;
      } else {
        return true;
      }
    }
    return false;
  }

  public CodePointSet union(CodePointSet other) {
    List<Range> both = new ArrayList<>(ranges);
    both.addAll(other.ranges);
    return normalised(both);
  }

  public CodePointSet complement() {
    List<Range> gaps = new ArrayList<>();
    int next = 0;
    for (Range range : ranges) {
      gaps.add(new Range(next, range.first() - 1));
      next = range.last() + 1;
    }
    gaps.add(new Range(next, Character.MAX_CODE_POINT));
    return normalised(gaps);
  }

  public CodePointSet intersection(CodePointSet other) {
    return complement().union(other.complement()).complement();
  }

  public CodePointSet minus(CodePointSet other) {
    return complement().union(other).complement();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CodePointSet that && ranges.equals(that.ranges);
  }

  @Override
  public int hashCode() {
    return ranges.hashCode();
  }

  @Override
  public String toString() {
    return ranges.toString();
  }

  private static CodePointSet normalised(List<Range> ranges) {
    Range[] sorted =
        ranges.stream()
            .flatMap(CodePointSet::withoutSurrogates)
            .filter(range -> range.first() <= range.last())
            .sorted(Comparator.comparingInt(Range::first))
            .toArray(Range[]::new);
    List<Range> merged = new ArrayList<>();
    for (Range range : Arrays.asList(sorted)) {
      Range last = merged.isEmpty() ? null : merged.getLast();
      if (last != null && range.first() <= last.last() + 1) {
        merged.removeLast();
        merged.add(new Range(last.first(), Math.max(last.last(), range.last())));
      } else {
        merged.add(range);
      }
    }
    return new CodePointSet(List.copyOf(merged));
  }

  private static Stream<Range> withoutSurrogates(Range range) {
    return Stream.of(
        new Range(range.first(), Math.min(range.last(), BEFORE_SURROGATES)),
        new Range(Math.max(range.first(), AFTER_SURROGATES), range.last()));
  }
}
