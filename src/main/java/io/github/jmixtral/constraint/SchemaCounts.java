package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.Expression;
import java.util.Optional;

/**
 * How many characters or elements there may be.
 *
 * @param most or {@link Expression#UNBOUNDED}
 */
record SchemaCounts(int least, int most) {
  /** The counts that two keywords give. */
  static SchemaCounts of(SchemaPart schema, String minimum, String maximum) {
    int least = schema.find(minimum).map(SchemaPart::count).orElse(0);
    Optional<Integer> most = schema.find(maximum).map(SchemaPart::count);
    if (most.isPresent() && most.get() < least) {
      throw schema.refuse(maximum + " of at least " + minimum + " " + least, "" + most.get());
    }
    return new SchemaCounts(least, most.orElse(Expression.UNBOUNDED));
  }
}
