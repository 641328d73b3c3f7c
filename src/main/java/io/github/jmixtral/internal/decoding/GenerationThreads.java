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
  private final Admission admission;
  private final int mostWaiting;

  private final CancellationHandle closing = new CancellationHandle();

  /**
   * Threads that begin with the first request.
   *
   * @param most how many requests may run at once
   * @param mostWaiting how many more may wait, those that wait for admission included
   */
  public GenerationThreads(int most, int mostWaiting, Admission admission) {
    this.mostWaiting = mostWaiting;
    this.admission = admission;
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
   * @throws RejectedExecutionException when too many wait already
   */
  public void execute(Runnable generation) {
    boolean isBusy = executor.getActiveCount() >= executor.getMaximumPoolSize();
    if (isBusy && executor.getQueue().size() + admission.waiting() >= mostWaiting) {
      throw Admission.tooManyWait(mostWaiting);
    }
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
