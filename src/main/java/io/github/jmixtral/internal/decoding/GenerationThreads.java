package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.CancellationHandle;
import java.util.ArrayList;
import java.util.List;
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
   * Runs a generation as soon as it is its turn, or when it is cancelled while it waits: then it
   * leaves the queue and has nothing to do but to end.
   *
   * @param handles all that cancel the generation
   * @throws IllegalStateException when the model is closed
   * @throws RejectedExecutionException when too many wait already
   */
  public void execute(Runnable generation, List<CancellationHandle> handles) {
    boolean isBusy = executor.getActiveCount() >= executor.getMaximumPoolSize();
    if (isBusy && executor.getQueue().size() + admission.waiting() >= mostWaiting) {
      throw Admission.tooManyWait(mostWaiting);
    }
    var waiting = new WaitingGeneration(generation);
    try {
      executor.execute(waiting);
    } catch (RejectedExecutionException closed) {
      throw new IllegalStateException("the model is closed");
    }
    waiting.watch(handles);
  }

  /** A generation until it begins. */
  private final class WaitingGeneration implements Runnable {
    private final Runnable generation;

    /** Take back what waits for the handles; guarded by this. */
    private final List<Runnable> watches = new ArrayList<>();

    private boolean begun;

    WaitingGeneration(Runnable generation) {
      this.generation = generation;
    }

    synchronized void watch(List<CancellationHandle> handles) {
      for (CancellationHandle handle : handles) {
        if (!begun) {
          watches.add(handle.onCancel(this::leave));
        }
      }
    }

    private void leave() {
      if (executor.remove(this)) {
        Thread.ofVirtual().name("jmixtral-cancelled").start(this);
      }
    }

    @Override
    public void run() {
      synchronized (this) {
        begun = true;
        watches.forEach(Runnable::run);
        watches.clear();
      }
      generation.run();
    }
  }

  /** How many generations wait for a thread. */
  public int waiting() {
    return executor.getQueue().size();
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
