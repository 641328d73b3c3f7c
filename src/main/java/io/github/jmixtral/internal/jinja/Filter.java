package io.github.jmixtral.internal.jinja;

import java.util.Map;

/**
 * A filter.
 *
 * @param contextual whether Jinja2 hands it the context, and so never computes it beforehand
 */
record Filter(boolean contextual, Body body) {
  /** What it does with a value and the arguments in brackets. */
  @FunctionalInterface
  interface Body {
    Value apply(Value value, Arguments arguments, Rendering rendering);
  }

  /** What it does with the value and arguments of its signature, null where none was given. */
  @FunctionalInterface
  interface Bound {
    Value apply(Value[] arguments, Rendering rendering);
  }

  Value apply(Value value, Arguments arguments, Rendering rendering) {
    rendering.work().step();
    return body.apply(value, arguments, rendering);
  }

  static void add(Map<String, Filter> filters, String name, String signature, Bound bound) {
    Signature parsed = Signature.of(signature);
    filters.put(
        name,
        new Filter(
            false,
            (value, arguments, rendering) ->
                bound.apply(parsed.bind(arguments.behind(value)), rendering)));
  }
}
