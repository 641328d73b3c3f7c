package io.github.jmixtral;

import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.internal.decoding.GenerationThreads;
import io.github.jmixtral.internal.network.Unreachable;
import java.lang.ref.Cleaner;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The tokens of one generation, as they are asked for.
 *
 * <pre>{@code
 * try (TokenStream tokens = model.request(Prompt.text("Once upon a time")).stream()) {
 *   while (tokens.hasNext()) {
 *     System.out.print(tokens.next().text());
 *   }
 * }
 * }</pre>
 *
 * <p>The generation begins with the first question and runs on a thread of the model, at most two
 * tokens ahead of the reader. Closing the stream stops it within one token; so does the garbage
 * collector when a stream is forgotten, in its own time. An interrupt of the reading thread cancels
 * the generation: the stream ends, and the interrupt flag stays set.
 *
 * <p>Belongs to one reading thread at a time, a virtual one if you like; any thread may close it.
 *
 * @since 0.1.0
 */
public final class TokenStream implements Iterator<GeneratedToken>, AutoCloseable {
  private final TokenHandover handover;
  private final GenerationThreads threads;
  private final Cleaner.Cleanable cleanable;
  private Optional<GeneratedToken> next = Optional.empty();
  private boolean begun;
  private volatile boolean closed;

  TokenStream(GenerationRequest request, GenerationThreads threads) {
    this.threads = threads;
    handover = new TokenHandover(request);
    cleanable = Unreachable.register(this, handover::cancel);
  }

  /**
   * Waits for the next token.
   *
   * @return whether there is one; false at the end, and after {@link #close}
   * @throws IllegalArgumentException when the settings don't fit the prompt or the model
   * @throws IllegalStateException when the model is closed
   */
  @Override
  public boolean hasNext() {
    if (next.isEmpty() && !closed) {
      begin();
      next = handover.take();
    }
    return next.isPresent() && !closed;
  }

  @Override
  public GeneratedToken next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the generation is over");
    }
    GeneratedToken token = next.orElseThrow();
    next = Optional.empty();
    return token;
  }

  /** The tokens as a stream, sequential and ordered. Closing it closes this. */
  public Stream<GeneratedToken> asStream() {
    Spliterator<GeneratedToken> tokens =
        Spliterators.spliteratorUnknownSize(this, Spliterator.ORDERED | Spliterator.NONNULL);
    return StreamSupport.stream(tokens, false).onClose(this::close);
  }

  /**
   * What the generation gave as a whole. Passes over the tokens that were not read yet and waits
   * for the end.
   *
   * @throws CancellationException when the stream was closed before its generation began
   */
  public Generation generation() {
    while (hasNext()) {
      next();
    }
    if (!begun) {
      throw new CancellationException("the stream was closed before it began");
    }
    return handover.result();
  }

  /**
   * Ends the generation and waits until it is over, which takes one token's time at most (one
   * chunk's, of a long prompt). Does nothing at the end, or when called again.
   */
  @Override
  public void close() {
    closed = true;
    cleanable.clean();
    handover.awaitEnd();
  }

  private void begin() {
    if (!begun) {
      threads.execute(handover, handover.cancellations());
      begun = true;
    }
  }
}
