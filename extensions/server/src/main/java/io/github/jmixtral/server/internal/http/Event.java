package io.github.jmixtral.server.internal.http;

/**
 * An event of a stream.
 *
 * @param name empty for an event without a name
 * @param data one line
 */
public record Event(String name, String data) {}
