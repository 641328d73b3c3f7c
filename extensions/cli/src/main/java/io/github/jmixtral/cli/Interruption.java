package io.github.jmixtral.cli;

import io.github.jmixtral.generation.CancellationHandle;
import java.lang.reflect.Proxy;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Ctrl-C. Work that should end in an orderly way runs inside {@link #endOrderly}: it is cancelled,
 * and the process waits a moment for it.
 */
final class Interruption {
  /** Longer than a token of a large model takes, shorter than a user's patience. */
  private static final int PATIENCE_SECONDS = 5;

  /** What shells expect of a process that Ctrl-C ended. */
  private static final int EXIT_CODE = 130;

  private final CancellationHandle cancellation = new CancellationHandle();
  private final ReentrantLock working = new ReentrantLock();

  /** Cancels the answer under way, or null. */
  private volatile CancellationHandle answer;

  /** Begins to react to interruptions. */
  void listen() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "jmixtral-interruption"));
  }

  /** Cancelled when the process is interrupted. */
  CancellationHandle cancellation() {
    return cancellation;
  }

  /**
   * Lets work go on unless it was interrupted; what is unfinished is deleted then.
   *
   * @throws CancellationException if it was
   */
  void requireNone() {
    if (cancellation.isCancelled()) {
      throw new CancellationException("interrupted");
    }
  }

  /** Does work that looks at {@link #cancellation} every now and then. */
  <T> T endOrderly(Supplier<T> work) {
    working.lock();
    try {
      return work.get();
    } finally {
      working.unlock();
    }
  }

  /**
   * Lets Ctrl-C end the answer under way, and the process only where there is none, or a second
   * time. Without a Java that tells of signals, Ctrl-C goes on ending the process.
   */
  void endAnswersFirst() {
    onSignal(
        "INT",
        () -> {
          if (!endAnswer()) {
            Runtime.getRuntime().exit(EXIT_CODE);
          }
        });
  }

  /**
   * Lets Ctrl-C and SIGTERM begin an end that takes a while, after which the process ends by
   * itself; a second signal ends the process at once. Without a Java that tells of signals, the end
   * is waited for, too, but the exit code is that of a signal.
   *
   * @param end may be called several times
   */
  void endInGoodOrder(Runnable end) {
    var ending = new AtomicBoolean();
    Runnable onSignal =
        () -> {
          if (ending.getAndSet(true)) {
            Runtime.getRuntime().halt(EXIT_CODE);
          }
          Thread.ofPlatform().name("jmixtral-end").start(end);
        };
    if (!onSignal("TERM", onSignal) || !onSignal("INT", onSignal)) {
      Runtime.getRuntime().addShutdownHook(new Thread(end, "jmixtral-end"));
    }
  }

  /** Does something when a signal comes, in place of what it usually does; false if it cannot. */
  private static boolean onSignal(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object ours =
          Proxy.newProxyInstance(
              handler.getClassLoader(),
              new Class<?>[] {handler},
              (_, _, _) -> {
                action.run();
                return null;
              });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), ours);
      return true;
    } catch (ReflectiveOperationException | IllegalArgumentException _) {
      return false; // the signal keeps its usual meaning
    }
  }

  /** Cancels the answer under way; false if there is none, or it was cancelled before. */
  boolean endAnswer() {
    CancellationHandle current = answer;
    if (current == null || current.isCancelled()) {
      return false;
    }
    current.cancel();
    return true;
  }

  /** Does what {@link #endAnswer} can cancel, as {@link #endOrderly}. */
  <T> T endOrderly(CancellationHandle handle, Supplier<T> work) {
    answer = handle;
    try {
      return endOrderly(work);
    } finally {
      answer = null;
    }
  }

  private void stop() {
    cancellation.cancel();
    try {
      // The lock is never given back: nothing new begins.
      working.tryLock(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
