package io.github.jmixtral.langchain4j;

import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.RateLimitException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/** Failures of the library as exceptions of LangChain4j, where it has one for them. */
final class Failures {
  private Failures() {}

  /** What a failure is to LangChain4j: its own exception, or the failure itself. */
  static Throwable of(Throwable failure) {
    return switch (failure) {
      case ExecutionException outer when outer.getCause() != null -> of(outer.getCause());
      case CompletionException outer when outer.getCause() != null -> of(outer.getCause());
      case IllegalArgumentException refusal ->
          new InvalidRequestException(refusal.getMessage(), refusal);
      case RejectedExecutionException full -> new RateLimitException(full.getMessage(), full);
      default -> failure;
    };
  }

  /** What a failure is to LangChain4j, to be thrown. */
  static RuntimeException thrown(Throwable failure) {
    return switch (of(failure)) {
      case RuntimeException refusal -> refusal;
      case Error error -> throw error;
      case Throwable checked -> new IllegalStateException(checked);
    };
  }

  /** Computes, and translates what it throws. */
  static <T> T translated(Supplier<T> computation) {
    try {
      return computation.get();
    } catch (RuntimeException failure) {
      throw thrown(failure);
    }
  }

  /** A generation that something other than its caller ended. */
  static CancellationException cancelled() {
    return new CancellationException("the generation was cancelled");
  }
}
