package io.github.jmixtral.generation;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Cancels generations from any thread. A generation that was given the handle ends within one token
 * (a long prompt within one chunk, or within one layer where no other generation shares its pass)
 * and returns what it has, with {@link FinishReason#CANCELLED}. One handle may serve several
 * generations; once used it stays used. Thread-safe.
 *
 * @since 0.1.0
 */
public final class CancellationHandle {
  private final Object lock = new Object();

  /** What waits for the cancellation, each under a key of its own; guarded by the lock. */
  private final Map<Object, Runnable> actions = new LinkedHashMap<>();

  private volatile boolean cancelled;

  /** A handle that has not been used yet. */
  public CancellationHandle() {}

  /** Cancels; a second call changes nothing. */
  public void cancel() {
    List<Runnable> waiting;
    synchronized (lock) {
      cancelled = true;
      waiting = List.copyOf(actions.values());
      actions.clear();
    }
    waiting.forEach(Runnable::run);
  }

  /** Whether {@link #cancel()} was called. */
  public boolean isCancelled() {
    return cancelled;
  }

  /**
   * Runs an action when the handle is used, on the thread that uses it, or at once if it was used
   * already. The action should be short and must not throw.
   *
   * @return takes the action back if it has not run
   */
  public Runnable onCancel(Runnable action) {
    Objects.requireNonNull(action, "action");
    var key = new Object();
    synchronized (lock) {
      if (!cancelled) {
        actions.put(key, action);
        return () -> {
          synchronized (lock) {
            actions.remove(key);
          }
        };
      }
    }
    action.run();
    return () -> {};
  }
}
