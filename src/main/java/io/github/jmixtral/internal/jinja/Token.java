package io.github.jmixtral.internal.jinja;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A token.
 *
 * @param text what stands there, in strings without quotes and escapes
 * @param value of a number; null of everything else
 */
record Token(TokenKind kind, String text, @Nullable Value value, int line) {
  /** The value of a number. */
  Value number() {
    return Objects.requireNonNull(value, "value");
  }

  boolean is(TokenKind other) {
    return kind == other;
  }

  boolean isName(String name) {
    return kind == TokenKind.NAME && text.equals(name);
  }

  /** For messages. */
  String description() {
    return kind == TokenKind.NAME ? text : kind.description();
  }
}
