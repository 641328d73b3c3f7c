package io.github.jmixtral.internal.jinja;

/** A compiled statement. Immutable. */
@FunctionalInterface
interface Execution {
  /** What is to be done next. */
  enum Flow {
    ON,
    BREAK,
    CONTINUE
  }

  Flow run(Activation activation, TextBuilder out);
}
