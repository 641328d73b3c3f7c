package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.openai.api.ApiAnswer;
import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.api.EventSink;
import io.github.jmixtral.openai.api.Stamp;
import io.github.jmixtral.openai.api.StreamEvent;
import io.github.jmixtral.openai.internal.task.Computation;
import io.github.jmixtral.openai.internal.task.LibraryRefusal;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request of an endpoint that generates no text.
 *
 * @param work makes the answer
 */
public record PlainRequest(Function<Stamp, ObjectNode> work) implements ApiRequest {
  @Override
  public boolean isStreaming() {
    return false;
  }

  @Override
  public ApiAnswer answer(Stamp stamp, CancellationHandle cancellation) {
    try {
      return new ApiAnswer(Computation.run(cancellation, () -> work.apply(stamp)), List.of());
    } catch (IllegalArgumentException refusal) {
      throw LibraryRefusal.of(refusal, null);
    } catch (RejectedExecutionException refusal) {
      throw LibraryRefusal.tooBusy(refusal);
    }
  }

  @Override
  public List<Generation> stream(Stamp stamp, EventSink sink, CancellationHandle cancellation) {
    throw new UnsupportedOperationException("this endpoint has no streams");
  }

  @Override
  public StreamEvent failure(ApiError error, int sent) {
    return ChunkSink.failure(error);
  }
}
