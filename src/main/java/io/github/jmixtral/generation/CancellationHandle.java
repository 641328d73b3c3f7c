package io.github.jmixtral.generation;

/**
 * Cancels running generations from any thread. A generation that was given the handle ends within
 * one token (within one chunk of a long prompt) and returns what it has, with {@link
 * FinishReason#CANCELLED}. One handle may serve several generations; once used it stays used.
 */
public final class CancellationHandle {
  private volatile boolean cancelled;

  /** A handle that has not been used yet. */
  public CancellationHandle() {}

  /** Cancels; a second call changes nothing. */
  public void cancel() {
    cancelled = true;
  }

  /** Whether {@link #cancel()} was called. */
  public boolean isCancelled() {
    return cancelled;
  }
}
