package io.github.jmixtral.spring.boot;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Shows how to start Java where the application requires vector instructions. */
final class SlowRuntimeFailureAnalyzer extends AbstractFailureAnalyzer<SlowRuntimeException> {
  SlowRuntimeFailureAnalyzer() {}

  @Override
  protected FailureAnalysis analyze(Throwable root, SlowRuntimeException cause) {
    return new FailureAnalysis(
        cause.getMessage() + " The property spring.ai.jmixtral.require-vectors forbids that.",
        cause.remedy(),
        cause);
  }
}
