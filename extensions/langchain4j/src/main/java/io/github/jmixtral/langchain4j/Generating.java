package io.github.jmixtral.langchain4j;

import dev.langchain4j.exception.UnsupportedFeatureException;
import io.github.jmixtral.GenerationRequest;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Runs requests on the threads of their model. */
final class Generating {
  private Generating() {}

  /**
   * Waits for the text, so that a virtual thread can.
   *
   * @throws CancellationException if this thread is interrupted, whose flag stays set, or the model
   *     is closed meanwhile
   */
  static Generation whole(Supplier<GenerationRequest> request) {
    CompletableFuture<Generation> future = Failures.translated(() -> request.get().generateAsync());
    try {
      Generation generation = future.get();
      if (generation.finishReason() == FinishReason.CANCELLED) {
        throw Failures.cancelled();
      }
      return generation;
    } catch (InterruptedException _) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      throw new CancellationException("the thread that waited for the answer was interrupted");
    } catch (ExecutionException failure) {
      throw Failures.thrown(failure);
    }
  }

  /**
   * Generates, and hands the end to a receiver: the text or what went wrong. It is called on the
   * thread of the model that its tokens came from, or on one of its own where there was none to
   * come from, and never on the caller's.
   *
   * @throws UnsupportedFeatureException if the request asks for something that the model does not
   *     have
   */
  static void streamed(
      Supplier<GenerationRequest> request,
      BiConsumer<@Nullable Generation, @Nullable Throwable> receiver) {
    Thread caller = Thread.currentThread();
    CompletableFuture<Generation> future;
    try {
      future = request.get().generateAsync();
    } catch (UnsupportedFeatureException unsupported) {
      throw unsupported;
    } catch (RuntimeException failure) {
      future = CompletableFuture.failedFuture(failure);
    }
    future.whenComplete(
        (generation, failure) -> {
          Throwable translated = failure == null ? null : Failures.of(failure);
          if (Thread.currentThread() == caller) {
            Thread.startVirtualThread(() -> receiver.accept(generation, translated));
          } else {
            receiver.accept(generation, translated);
          }
        });
  }
}
