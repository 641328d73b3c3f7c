package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.CancellationHandle;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads on which a model's streams and futures are generated: platform threads, because
 * computing would keep the carrier of a virtual thread from all others for as long as a step takes.
 * As many as requests may run at once; further ones wait in the order they came. Idle threads end.
 */
public final class GenerationThreads implements AutoCloseable {
  private static final long IDLE_SECONDS = 1;

  private final ThreadPoolExecutor executor;

  private final CancellationHandle closing = new CancellationHandle();

  /**
   * Threads that begin with the first request.
   *
   * @param most how many requests may run at once
   */
  public GenerationThreads(int most) {
    executor =
        new ThreadPoolExecutor(
            most,
            most,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("jmixtral-generation-", 1).factory());
    executor.allowCoreThreadTimeOut(true);
  }

  /**
   * Runs a generation as soon as it is its turn.
   *
   * @throws IllegalStateException when the model is closed
   */
  public void execute(Runnable generation) {
    try {
      executor.execute(generation);
    } catch (RejectedExecutionException closed) {
      throw new IllegalStateException("the model is closed");
    }
  }

  /** Used when the threads are closed. */
  public CancellationHandle closing() {
    return closing;
  }

  /** Takes no further requests, and cancels those that run or wait. */
  @Override
  public void close() {
    executor.shutdown();
    closing.cancel();
  }
}
