package io.github.jmixtral.generation;

import java.util.List;

/**
 * Cancels running generations from any thread. A generation that was given the handle ends within
 * one token (within one chunk of a long prompt) and returns what it has, with {@link
 * FinishReason#CANCELLED}. One handle may serve several generations; once used it stays used.
 */
public final class CancellationHandle {
  private final List<CancellationHandle> others;
  private volatile boolean cancelled;

  /** A handle that has not been used yet. */
  public CancellationHandle() {
    others = List.of();
  }

  /** A handle that counts as used as soon as one of the others is. */
  CancellationHandle(CancellationHandle first, CancellationHandle second) {
    others = List.of(first, second);
  }

  /** Cancels; a second call changes nothing. */
  public void cancel() {
    cancelled = true;
  }

  /** Whether {@link #cancel()} was called. */
  public boolean isCancelled() {
    if (cancelled) {
      return true;
    }
    for (CancellationHandle other : others) {
      if (other.isCancelled()) {
        return true;
      }
    }
    return false;
  }
}
