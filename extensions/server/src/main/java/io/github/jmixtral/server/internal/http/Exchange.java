package io.github.jmixtral.server.internal.http;

import io.github.jmixtral.generation.CancellationHandle;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/**
 * A request and its answer, as an {@link Responder} sees them. It is used by the request's own
 * virtual thread, which may wait.
 */
public final class Exchange {
  /** The content type of JSON. */
  public static final String JSON = "application/json";

  private static final byte[] NOTHING = {};

  /** Why the work for a request is no longer wanted. */
  private enum End {
    CLIENT_GONE,
    STOPPING
  }

  private final String path;
  private final String rest;
  private final Answer answer;
  private final Duration pingInterval;
  private final CancellationHandle cancellation = new CancellationHandle();
  private byte[] body = NOTHING;
  private volatile @Nullable End end;
  private volatile @Nullable EventStream events;

  Exchange(String path, String rest, Answer answer, Duration pingInterval) {
    this.path = path;
    this.rest = rest;
    this.answer = answer;
    this.pingInterval = pingInterval;
  }

  /** The path, decoded. */
  public String path() {
    return path;
  }

  /** What comes after the route's own part of the path, decoded; empty if that is all. */
  public String rest() {
    return rest;
  }

  /** The body, as it came; not a copy. */
  public byte[] body() {
    return body;
  }

  void setBody(byte[] body) {
    this.body = body;
  }

  Answer answer() {
    return answer;
  }

  /** Used when the client has gone or the server stops. */
  public CancellationHandle cancellation() {
    return cancellation;
  }

  /**
   * Answers with status 200.
   *
   * @throws ClientGoneException if the client has gone
   */
  public void answer(String contentType, byte[] content) throws ClientGoneException {
    answer(200, contentType, content);
  }

  /** Answers with status 200 and JSON. */
  public void answerJson(String json) throws ClientGoneException {
    answer(JSON, json.getBytes(StandardCharsets.UTF_8));
  }

  /** Sets a header of the answer. */
  public void setHeader(String name, String value) {
    answer.headers().put(name, value);
  }

  /**
   * The answer as events, written one by one; nothing is sent before the first. What keeps the
   * connection alive is sent by itself.
   *
   * @param failures makes the last event of an answer that has begun and fails
   */
  public EventStream events(EventFormat format, EventStream.LastEvent failures) {
    var stream = new EventStream(answer, format, failures, pingInterval, this::clientHasGone);
    events = stream;
    return stream;
  }

  /** What a request was asked to end for; throws nothing if it goes on. */
  public void throwIfEnded() throws ClientGoneException {
    End reason = end;
    if (reason == End.STOPPING) {
      throw HttpFailure.stopping();
    }
    if (reason == End.CLIENT_GONE) {
      throw new ClientGoneException("the client has gone", null);
    }
  }

  void answer(int status, String contentType, byte[] content) throws ClientGoneException {
    answer.setStatus(status);
    answer.headers().put(HttpHeader.CONTENT_TYPE, contentType);
    answer.headers().put(HttpHeader.CONTENT_LENGTH, content.length);
    answer.write(true, content);
  }

  boolean isClientThere() {
    EventStream stream = events;
    return answer.isClientThere(stream == null ? NOTHING : stream.format().ping());
  }

  void clientHasGone() {
    end(End.CLIENT_GONE);
  }

  void serverStops() {
    end(End.STOPPING);
  }

  private void end(End reason) {
    if (end == null) {
      end = reason;
      cancellation.cancel();
    }
  }

  boolean hasClientGone() {
    return end == End.CLIENT_GONE;
  }

  /** Answers with an error; as the last event where events have begun. */
  void fail(HttpFailure failure, ErrorShape errors) throws ClientGoneException {
    EventStream stream = events;
    if (stream != null) {
      stream.close();
    }
    if (!answer.isCommitted()) {
      failure.headers().forEach(this::setHeader);
      answer(failure.status(), JSON, errors.json(failure).getBytes(StandardCharsets.UTF_8));
    } else if (stream != null) {
      stream.fail(failure);
    } else {
      throw new ClientGoneException("an answer that has begun failed", failure);
    }
  }
}
