package io.github.jmixtral.server.internal.http;

import java.nio.charset.StandardCharsets;

/** How the events of a stream are written. */
public enum EventFormat {
  /** Server-sent events. */
  SSE("text/event-stream", ": ping\n\n") {
    @Override
    String text(Event event) {
      String name = event.name().isEmpty() ? "" : "event: " + event.name() + "\n";
      return name + "data: " + event.data() + "\n\n";
    }
  },

  /** A JSON value in each line. */
  NDJSON("application/x-ndjson", "") {
    @Override
    String text(Event event) {
      return event.data() + "\n";
    }
  };

  private final String contentType;
  private final String ping;

  EventFormat(String contentType, String ping) {
    this.contentType = contentType;
    this.ping = ping;
  }

  String contentType() {
    return contentType;
  }

  /** What may be written between two events and means nothing; empty if there is no such thing. */
  byte[] ping() {
    return ping.getBytes(StandardCharsets.UTF_8);
  }

  /** What is written for an event. */
  abstract String text(Event event);
}
