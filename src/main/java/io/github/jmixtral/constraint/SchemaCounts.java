package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.Expression;

/**
 * How many characters or elements there may be.
 *
 * @param most or {@link Expression#UNBOUNDED}
 */
record SchemaCounts(int least, int most) {}
