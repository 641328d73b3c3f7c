package io.github.jmixtral;

import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationHooks;
import io.github.jmixtral.generation.GenerationListener;
import io.github.jmixtral.internal.decoding.GenerationThreads;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.Function;

/**
 * A prompt with its settings, ready to be generated in whatever way the caller wants to follow it.
 * Nothing runs before one of the methods is called; each call is a generation of its own.
 *
 * <p>{@link #generate} computes on the calling thread and tells a listener. The others compute on
 * threads of the model's own, platform threads, so that any number of virtual threads may wait for
 * them. Whoever is slow to take tokens keeps a place among the requests that may run at once.
 */
public final class GenerationRequest {
  private final Function<GenerationHooks, Generation> generation;
  private final GenerationHooks hooks;
  private final GenerationThreads threads;

  /**
   * A request.
   *
   * @param generation what runs it on the calling thread
   * @param hooks what the caller plugged in
   * @param threads where streams and futures run
   */
  public GenerationRequest(
      Function<GenerationHooks, Generation> generation,
      GenerationHooks hooks,
      GenerationThreads threads) {
    this.generation = generation;
    this.hooks = hooks;
    this.threads = threads;
  }

  /** Generates on this thread; an interrupt cancels within one token. */
  public Generation generate() {
    return generation.apply(hooks);
  }

  /** The tokens one by one as they are asked for; see {@link TokenStream}. */
  public TokenStream stream() {
    return new TokenStream(this::run, threads);
  }

  /**
   * A publisher that generates anew for each subscriber, from its first request on, and waits where
   * there is no demand, at most one token ahead. Cancelling the subscription stops the generation
   * within one token. It keeps the rules of Reactive Streams; all signals but {@code onSubscribe}
   * come from a thread of the model.
   */
  public Flow.Publisher<GeneratedToken> publisher() {
    return subscriber ->
        new TokenSubscription(Objects.requireNonNull(subscriber, "subscriber"), this::run, threads)
            .begin();
  }

  /**
   * Generates on another thread. Cancelling the future, or completing it in any other way (a
   * timeout of {@link CompletableFuture#orTimeout}, say), stops the generation within one token;
   * stages that depend on it do not pass their cancellation on. A generation that was cancelled by
   * a {@link CancellationHandle} completes as usual, with {@link FinishReason#CANCELLED}.
   */
  public CompletableFuture<Generation> generateAsync() {
    var future = new CompletableFuture<Generation>();
    var cancellation = new CancellationHandle();
    future.whenComplete((done, failure) -> cancellation.cancel());
    threads.execute(
        () -> {
          if (future.isDone()) {
            return;
          }
          try {
            future.complete(generation.apply(hooks.andCancelledBy(cancellation)));
          } catch (Throwable failure) {
            future.completeExceptionally(failure);
          }
        });
    return future;
  }

  /** Generates for a listener beside the caller's own, until either's handle cancels. */
  private Generation run(GenerationListener listener, CancellationHandle cancellation) {
    GenerationHooks both = hooks.andCancelledBy(cancellation);
    GenerationListener told =
        hooks
            .listener()
            .<GenerationListener>map(
                first ->
                    (id, text) -> {
                      first.onToken(id, text);
                      listener.onToken(id, text);
                    })
            .orElse(listener);
    return generation.apply(both.withListener(told));
  }

  /** How streams and subscriptions have tokens made. */
  @FunctionalInterface
  interface Source {
    /** Generates on this thread. */
    Generation run(GenerationListener listener, CancellationHandle cancellation);
  }
}
