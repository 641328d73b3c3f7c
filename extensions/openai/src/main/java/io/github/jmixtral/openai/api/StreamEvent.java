package io.github.jmixtral.openai.api;

import java.util.Objects;

/**
 * One event of a streamed answer, without framing.
 *
 * @param name the event's name as server-sent events carry it, or {@code ""} for none
 * @param data JSON in one line, or {@code [DONE]} at the end of a stream that has it
 * @since 0.1.0
 */
public record StreamEvent(String name, String data) {
  /** Checks that both are there. */
  public StreamEvent {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(data, "data");
  }
}
