package io.github.jmixtral.openai.api;

import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.Generation;
import java.util.List;

/**
 * A request that was read and found valid, ready to be answered by its model. Immutable; it may be
 * answered several times, and by several threads.
 *
 * <p>Both ways of answering block the calling thread and throw
 *
 * <ul>
 *   <li>{@link ApiException} for what the model refuses, before the first event of a stream,
 *   <li>{@link java.util.concurrent.CancellationException} if the handle was used,
 *   <li>{@link IllegalStateException} if the model is closed.
 * </ul>
 *
 * @since 0.1.0
 */
public interface ApiRequest {
  /** Whether the client asks for a stream. */
  boolean isStreaming();

  /**
   * Answers at once.
   *
   * @param stamp of this answer
   * @param cancellation ends the work
   */
  ApiAnswer answer(Stamp stamp, CancellationHandle cancellation);

  /**
   * Answers event by event. The first event comes with the first token.
   *
   * @param stamp of this answer
   * @param sink takes the events, on this thread or on one that generates
   * @param cancellation ends the work
   * @return what was generated, with counts, times and reasons
   * @throws UnsupportedOperationException if the endpoint has no streams
   */
  List<Generation> stream(Stamp stamp, EventSink sink, CancellationHandle cancellation);

  /**
   * The last event of a stream that has begun and cannot go on.
   *
   * @param sent how many events the stream has sent
   */
  StreamEvent failure(ApiError error, int sent);
}
