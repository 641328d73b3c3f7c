package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.EventSink;
import io.github.jmixtral.openai.api.StreamEvent;
import tools.jackson.databind.node.ObjectNode;

/**
 * Where the chunks of a streamed completion go: events without a name.
 *
 * @param includesUsage whether the last chunk is that of the usage
 */
record ChunkSink(EventSink sink, boolean includesUsage) {
  /** Sends a chunk; those before that of the usage have a null for it. */
  void send(ObjectNode chunk) {
    if (includesUsage) {
      chunk.putNull("usage");
    }
    sink.send(event(chunk));
  }

  /** Ends the stream, with the chunk of the usage where that is asked for. */
  void end(ObjectNode usage) {
    if (includesUsage) {
      sink.send(event(usage));
    }
    sink.send(new StreamEvent("", "[DONE]"));
  }

  /** What ends a stream that fails. */
  static StreamEvent failure(ApiError error) {
    return event(error.toJson());
  }

  private static StreamEvent event(ObjectNode chunk) {
    return new StreamEvent("", chunk.toString());
  }
}
