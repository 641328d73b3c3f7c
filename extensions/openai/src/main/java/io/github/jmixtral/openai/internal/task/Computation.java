package io.github.jmixtral.openai.internal.task;

import io.github.jmixtral.generation.CancellationHandle;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/**
 * Work that computes on the thread that calls it. A virtual thread would keep its carrier from all
 * others for as long as that takes, so that one waits for a platform thread.
 */
public final class Computation {
  private Computation() {}

  /**
   * Does some work, which an interrupt cancels.
   *
   * @param cancellation interrupts it
   * @throws CancellationException if it was cancelled, or this thread was interrupted
   */
  public static <T> T run(CancellationHandle cancellation, Supplier<T> work) {
    FutureTask<T> task = new FutureTask<>(work::get);
    Thread caller = Thread.currentThread();
    Thread worker =
        caller.isVirtual()
            ? Thread.ofPlatform().daemon().name("jmixtral-request").unstarted(task)
            : caller;
    Runnable takeBack = cancellation.onCancel(worker::interrupt);
    try {
      if (worker == caller) {
        task.run();
      } else {
        worker.start();
      }
      return task.get();
    } catch (InterruptedException e) {
      worker.interrupt();
      caller.interrupt();
      throw new CancellationException("interrupted while waiting for an answer");
    } catch (ExecutionException e) {
      throw unchecked(Objects.requireNonNull(e.getCause(), "cause"));
    } finally {
      takeBack.run();
      requireRunning(cancellation, worker == caller);
    }
  }

  /**
   * Waits for work that is done elsewhere.
   *
   * @throws CancellationException if it was cancelled, or this thread was interrupted
   */
  static <T> T await(Future<T> work) {
    try {
      return work.get();
    } catch (InterruptedException e) {
      work.cancel(true);
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted while waiting for an answer");
    } catch (ExecutionException e) {
      throw unchecked(Objects.requireNonNull(e.getCause(), "cause"));
    }
  }

  private static RuntimeException unchecked(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    return (RuntimeException) failure;
  }

  private static void requireRunning(CancellationHandle cancellation, boolean interrupted) {
    if (cancellation.isCancelled()) {
      boolean _ = interrupted && Thread.interrupted(); // the interrupt was the handle's
      throw new CancellationException("the request was cancelled");
    }
  }
}
