package io.github.jmixtral;

import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.GenerationListener;
import io.github.jmixtral.internal.decoding.GenerationThreads;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One subscriber's generation. It begins with the first request, and a token waits until there is
 * demand for it. All signals but {@code onSubscribe} come from the thread that generates, so that
 * they never overlap; that is why a wrong request is answered there, too. Numbers of rules are
 * those of the Reactive Streams specification 1.0.4.
 */
final class TokenSubscription implements Flow.Subscription, Runnable, GenerationListener {
  private static final Logger LOGGER = LoggerFactory.getLogger(TokenSubscription.class);

  private final GenerationRequest request;
  private final GenerationThreads threads;
  private final CancellationHandle cancellation = new CancellationHandle();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Null once the subscription is cancelled: nothing may hold the subscriber then (3.13). */
  private Flow.@Nullable Subscriber<? super GeneratedToken> subscriber;

  private long demand;
  private boolean subscribed;
  private boolean begun;
  private @Nullable IllegalArgumentException wrongRequest;

  TokenSubscription(
      Flow.Subscriber<? super GeneratedToken> subscriber,
      GenerationRequest request,
      GenerationThreads threads) {
    this.subscriber = subscriber;
    this.request = request;
    this.threads = threads;
  }

  /** Shows the subscriber its subscription. What it requests within counts once it returns. */
  void begin() {
    Objects.requireNonNull(subscriber).onSubscribe(this);
    lock.lock();
    try {
      subscribed = true;
    } finally {
      lock.unlock();
    }
    generateIfAsked();
  }

  /** Adds demand (3.8); a number that is not positive ends the subscription with an error (3.9). */
  @Override
  public void request(long count) {
    lock.lock();
    try {
      if (subscriber == null || wrongRequest != null) {
        return;
      }
      if (count < 1) {
        wrongRequest =
            new IllegalArgumentException(
                "request: the number of items must be positive (rule 3.9), but is " + count);
        cancellation.cancel();
      } else {
        // Long.MAX_VALUE means without bound (3.17).
        demand = demand + count < 0 ? Long.MAX_VALUE : demand + count;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    generateIfAsked();
  }

  @Override
  public void cancel() {
    lock.lock();
    try {
      subscriber = null;
      cancellation.cancel();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void generateIfAsked() {
    lock.lock();
    try {
      boolean asked = demand > 0 || wrongRequest != null;
      if (!asked || !subscribed || begun || subscriber == null) {
        return;
      }
      begun = true;
    } finally {
      lock.unlock();
    }
    try {
      threads.execute(
          this, Stream.concat(Stream.of(cancellation), request.cancellations().stream()).toList());
    } catch (IllegalStateException | RejectedExecutionException refusal) {
      end(refusal);
    }
  }

  @Override
  public void run() {
    Throwable failure = null;
    if (!cancellation.isCancelled()) {
      try {
        request.generateFor(this, cancellation, this::wake);
      } catch (Throwable thrown) {
        failure = thrown;
      }
    }
    end(failure);
  }

  private void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean isCancelled() {
    return cancellation.isCancelled() || request.isCancelled();
  }

  /** Waits for demand, then hands the token on; after a cancellation drops it. */
  @Override
  public void onToken(GeneratedToken token) {
    Flow.Subscriber<? super GeneratedToken> receiver;
    lock.lock();
    try {
      while (demand == 0 && !isCancelled()) {
        changed.await();
      }
      receiver = cancellation.isCancelled() || demand == 0 ? null : subscriber;
      if (receiver != null && demand != Long.MAX_VALUE) {
        demand--;
      }
    } catch (InterruptedException interrupt) {
      // The generation sees the flag and ends.
      Thread.currentThread().interrupt();
      return;
    } finally {
      lock.unlock();
    }
    if (receiver != null) {
      try {
        receiver.onNext(token);
      } catch (RuntimeException thrown) {
        refuse(thrown);
      }
    }
  }

  /** A subscriber must not throw (2.13): the subscription counts as cancelled then. */
  private void refuse(RuntimeException thrown) {
    LOGGER.error("A subscriber threw an exception, which cancels its subscription", thrown);
    cancel();
  }

  /** The last signal, unless the subscription was cancelled. */
  private void end(@Nullable Throwable failure) {
    Flow.Subscriber<? super GeneratedToken> receiver;
    Throwable signalled;
    lock.lock();
    try {
      receiver = subscriber;
      signalled = wrongRequest == null ? failure : wrongRequest;
      subscriber = null;
    } finally {
      lock.unlock();
    }
    if (receiver == null) {
      return;
    }
    try {
      if (signalled == null) {
        receiver.onComplete();
      } else {
        receiver.onError(signalled);
      }
    } catch (RuntimeException thrown) {
      LOGGER.error("A subscriber threw an exception at the end of its subscription", thrown);
    }
  }
}
