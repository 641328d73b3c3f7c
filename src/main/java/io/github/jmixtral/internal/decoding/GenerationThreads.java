package io.github.jmixtral.internal.decoding;

import java.lang.ref.Cleaner;
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
  private final Cleaner cleaner = Cleaner.create();

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

  /** Finds out that a stream was forgotten. */
  public Cleaner cleaner() {
    return cleaner;
  }

  /** Takes no further requests; those that wait run, and fail if the model is closed meanwhile. */
  @Override
  public void close() {
    executor.shutdown();
  }
}
