package io.github.jmixtral.internal.jinja;

/**
 * Where code is compiled: a scope of a function.
 *
 * @param topLevel whether what is set here is seen by blocks
 * @param soft whether it stands in a condition, where unknown filters fail only when they are
 *     reached
 * @param inLoop whether {@code break} and {@code continue} have a loop
 */
record Frame(
    Symbols symbols, FunctionScope function, boolean topLevel, boolean soft, boolean inLoop) {

  /** A scope within this one. */
  Frame inner() {
    return new Frame(symbols.inner(), function, false, false, inLoop);
  }

  /** A scope of a function within this one's. */
  Frame innerFunction() {
    return new Frame(symbols.inner(), function.inner(), false, false, false);
  }

  Frame asSoft() {
    return new Frame(symbols, function, topLevel, true, inLoop);
  }

  Frame asLoop() {
    return new Frame(symbols, function, topLevel, soft, true);
  }

  /** The variable of a name. */
  FunctionScope.Place place(String name, int line) {
    String variable = symbols.find(name);
    if (variable == null) {
      throw JinjaException.whileCompiling(
          "AssertionError",
          "Tried to resolve a name to a reference that was unknown to the frame ("
              + Printing.quoted(name)
              + ")",
          line);
    }
    return function.find(variable);
  }
}
