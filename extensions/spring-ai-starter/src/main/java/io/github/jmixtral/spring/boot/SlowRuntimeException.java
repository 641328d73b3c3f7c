package io.github.jmixtral.spring.boot;

/** The application requires vector instructions, which this Java cannot compute with. */
final class SlowRuntimeException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  private final String remedy;

  SlowRuntimeException(SlowRuntime runtime) {
    super(runtime.cause());
    remedy = runtime.remedy();
  }

  String remedy() {
    return remedy;
  }
}
