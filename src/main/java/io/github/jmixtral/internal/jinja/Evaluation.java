package io.github.jmixtral.internal.jinja;

/** A compiled expression. Immutable. */
@FunctionalInterface
interface Evaluation {
  Value value(Activation activation);
}
