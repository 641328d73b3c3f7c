package io.github.jmixtral.internal.jinja;

/**
 * A function or a method bound to its value.
 *
 * @param name as Python names it
 * @param typeName {@code function}, {@code method} or {@code builtin_function_or_method}
 */
record Function(String name, String typeName, Body body) implements Value {
  /** What it does. */
  @FunctionalInterface
  interface Body {
    Value call(Rendering rendering, Arguments arguments);
  }

  static Function builtin(String name, Body body) {
    return new Function(name, "builtin_function_or_method", body);
  }
}
