package io.github.jmixtral.openai.ollama;

import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.openai.api.ApiAnswer;
import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.api.EventSink;
import io.github.jmixtral.openai.api.Stamp;
import io.github.jmixtral.openai.api.StreamEvent;
import io.github.jmixtral.openai.internal.json.Json;
import io.github.jmixtral.openai.internal.task.Host;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request without a prompt, by which clients see to it that a model is loaded. It is.
 *
 * @param form where the line has its text
 * @param isStreaming whether it is answered line by line
 */
record LoadRequest(Host host, TextForm form, boolean isStreaming) implements ApiRequest {
  @Override
  public ApiAnswer answer(Stamp stamp, CancellationHandle cancellation) {
    ObjectNode line = Json.object();
    line.put("model", host.model().name());
    line.put("created_at", stamp.created().toString());
    form.put(line, "", List.of());
    line.put("done", true);
    line.put("done_reason", "load");
    return new ApiAnswer(line, List.of());
  }

  @Override
  public List<Generation> stream(Stamp stamp, EventSink sink, CancellationHandle cancellation) {
    sink.send(new StreamEvent("", answer(stamp, cancellation).body().toString()));
    return List.of();
  }

  @Override
  public StreamEvent failure(ApiError error, int sent) {
    return OllamaApi.failure(error);
  }
}
