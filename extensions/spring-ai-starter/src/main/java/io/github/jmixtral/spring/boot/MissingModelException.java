package io.github.jmixtral.spring.boot;

/** The application's configuration names no model. */
final class MissingModelException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  MissingModelException() {
    super("The property spring.ai.jmixtral.model is not set, so that there is no model to load.");
  }
}
