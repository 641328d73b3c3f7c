package io.github.jmixtral.openai.ollama;

import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.openai.api.ApiAnswer;
import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.api.EventSink;
import io.github.jmixtral.openai.api.Stamp;
import io.github.jmixtral.openai.api.StreamEvent;
import io.github.jmixtral.openai.internal.endpoint.PlainRequest;
import java.util.List;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request that generates no text.
 *
 * @param work makes the answer
 */
record UnstreamedRequest(Function<Stamp, ObjectNode> work) implements ApiRequest {
  @Override
  public boolean isStreaming() {
    return false;
  }

  @Override
  public ApiAnswer answer(Stamp stamp, CancellationHandle cancellation) {
    return new PlainRequest(work).answer(stamp, cancellation);
  }

  @Override
  public List<Generation> stream(Stamp stamp, EventSink sink, CancellationHandle cancellation) {
    return new PlainRequest(work).stream(stamp, sink, cancellation);
  }

  @Override
  public StreamEvent failure(ApiError error, int sent) {
    return OllamaApi.failure(error);
  }
}
