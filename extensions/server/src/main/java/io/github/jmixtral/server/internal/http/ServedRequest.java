package io.github.jmixtral.server.internal.http;

import java.time.Duration;

/**
 * What is known of a request when it has ended.
 *
 * @param client the client's address
 * @param method as the client wrote it
 * @param target path and query, as the client wrote them
 * @param route the path of the route that answered, {@code unknown} if there is none
 * @param status of the answer; 499 if the client went away
 * @param bytes of the answer's body
 * @param time from the request's headers to its end
 */
public record ServedRequest(
    String client,
    String method,
    String target,
    String route,
    int status,
    long bytes,
    Duration time) {}
