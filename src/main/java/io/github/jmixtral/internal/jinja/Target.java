package io.github.jmixtral.internal.jinja;

import java.util.List;

/** What values are assigned to. */
sealed interface Target {
  int line();

  /** {@code name}. */
  record Name(String name, int line) implements Target {}

  /** {@code namespace.attribute}. */
  record Attribute(String namespace, String attribute, int line) implements Target {}

  /** {@code a, b}. */
  record Several(List<Target> targets, int line) implements Target {}
}
