package io.github.jmixtral.internal.jinja;

import java.util.OptionalLong;

/** What Python's {@code bool} says of values. */
final class Truth {
  private Truth() {}

  static boolean of(Value value) {
    return switch (value) {
      case NoneValue _, Undefined _ -> false;
      case BoolValue bool -> bool == BoolValue.TRUE;
      case IntValue integer -> integer.signum() != 0;
      case FloatValue number -> number.value() != 0;
      default -> {
        OptionalLong length = Sequences.length(value);
        yield length.isEmpty() || length.getAsLong() != 0;
      }
    };
  }
}
