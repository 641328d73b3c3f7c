package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.Expression;
import java.util.Optional;

/**
 * How many characters or elements there may be.
 *
 * @param most or {@link Expression#UNBOUNDED}
 */
record SchemaCounts(int least, int most) {
  /** More are not counted: every count has its own states. */
  static final int MAX_COUNT = 1000;

  /** The counts that two keywords give; a maximum above {@link #MAX_COUNT} becomes that. */
  static SchemaCounts of(SchemaPart schema, String minimum, String maximum) {
    int least = schema.find(minimum).map(SchemaPart::count).orElse(0);
    if (least > MAX_COUNT) {
      throw schema.refuse(minimum + " of at most " + MAX_COUNT, "" + least);
    }
    Optional<Integer> most = schema.find(maximum).map(SchemaPart::count);
    if (most.isPresent() && most.get() < least) {
      throw schema.refuse(maximum + " of at least " + minimum + " " + least, "" + most.get());
    }
    return new SchemaCounts(
        least, most.map(value -> Math.min(MAX_COUNT, value)).orElse(Expression.UNBOUNDED));
  }
}
