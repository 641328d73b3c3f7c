package io.github.jmixtral.server.internal.http;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The requests that are being answered, and the end of all. */
final class RunningRequests {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition none = lock.newCondition();

  // Guarded by the lock.
  private final Set<Exchange> exchanges = new HashSet<>();
  private boolean stopping;

  /**
   * Lets a request begin.
   *
   * @throws HttpFailure with status 503 if the server stops
   */
  void begin(Exchange exchange) {
    lock.lock();
    try {
      if (stopping) {
        throw HttpFailure.stopping();
      }
      exchanges.add(exchange);
    } finally {
      lock.unlock();
    }
  }

  void end(Exchange exchange) {
    lock.lock();
    try {
      if (exchanges.remove(exchange) && exchanges.isEmpty()) {
        none.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** From now on no request begins. */
  void stop() {
    lock.lock();
    try {
      stopping = true;
    } finally {
      lock.unlock();
    }
  }

  boolean isStopping() {
    lock.lock();
    try {
      return stopping;
    } finally {
      lock.unlock();
    }
  }

  /** Asks all requests to end. */
  void endAll() {
    List<Exchange> running;
    lock.lock();
    try {
      running = List.copyOf(exchanges);
    } finally {
      lock.unlock();
    }
    running.forEach(Exchange::serverStops);
  }

  /** Waits until there is none, at most for a time; true if there is none. */
  boolean awaitNone(Duration patience) throws InterruptedException {
    long left = patience.toNanos();
    lock.lock();
    try {
      while (!exchanges.isEmpty()) {
        if (left <= 0) {
          return false;
        }
        left = none.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  int count() {
    lock.lock();
    try {
      return exchanges.size();
    } finally {
      lock.unlock();
    }
  }
}
