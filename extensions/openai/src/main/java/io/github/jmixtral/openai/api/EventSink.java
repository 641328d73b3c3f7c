package io.github.jmixtral.openai.api;

/**
 * Where a streamed answer goes.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface EventSink {
  /**
   * Takes the next event. Calls come one after the other. An exception ends the generation, and
   * {@link ApiRequest#stream} throws it.
   */
  void send(StreamEvent event);
}
