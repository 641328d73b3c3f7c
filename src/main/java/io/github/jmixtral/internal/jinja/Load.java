package io.github.jmixtral.internal.jinja;

/** How a variable gets its value when its scope is entered. */
sealed interface Load {
  /** From what enters the scope, such as a loop. */
  record Parameter() implements Load {}

  /** From the context. */
  record Resolve(String name) implements Load {}

  /** From a variable of a scope around it. */
  record Alias(String variable) implements Load {}

  /** Not at all, until it is set. */
  record Missing() implements Load {}
}
