package io.github.jmixtral.server.internal.http;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request that is not answered as it wishes: a status and what the error's body says. The type is
 * one of OpenAI's words, such as {@code invalid_request_error}.
 */
public final class HttpFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;
  private final String type;
  private final @Nullable String parameter;
  private final @Nullable String code;
  private final transient Map<String, String> headers = new LinkedHashMap<>();

  /**
   * An answer in place of the one that was wished for; one with status 503 asks to come again in a
   * second.
   *
   * @param parameter the field of the request that is wrong, or null
   * @param code a word for programs, or null
   */
  public HttpFailure(
      int status, String type, String message, @Nullable String parameter, @Nullable String code) {
    super(message);
    this.status = status;
    this.type = type;
    this.parameter = parameter;
    this.code = code;
    if (status == 503) {
      headers.put("Retry-After", "1");
    }
  }

  private HttpFailure(int status, String type, String message) {
    this(status, type, message, null, null);
  }

  static HttpFailure badRequest(String message) {
    return new HttpFailure(400, "invalid_request_error", message);
  }

  static HttpFailure wrongKey(String message) {
    return new HttpFailure(401, "authentication_error", message, null, "invalid_api_key")
        .withHeader("WWW-Authenticate", "Bearer");
  }

  static HttpFailure forbidden(String message) {
    return new HttpFailure(403, "permission_error", message);
  }

  static HttpFailure unknownPath(String path) {
    return new HttpFailure(404, "not_found_error", "there is nothing at " + path);
  }

  static HttpFailure wrongMethod(String method, String allowed) {
    return new HttpFailure(
            405, "invalid_request_error", method + " is not allowed here, only " + allowed)
        .withHeader("Allow", allowed);
  }

  static HttpFailure slowBody() {
    return new HttpFailure(408, "invalid_request_error", "the body of the request came too slowly");
  }

  static HttpFailure tooLarge(long limit) {
    return new HttpFailure(
        413,
        "invalid_request_error",
        "the body of the request is larger than the limit of %d bytes".formatted(limit));
  }

  static HttpFailure encoded(String encoding) {
    return new HttpFailure(
        415,
        "invalid_request_error",
        "the body's Content-Encoding is %s; send it as it is".formatted(encoding));
  }

  /** Too much to do: come again. */
  public static HttpFailure busy(String message) {
    return new HttpFailure(503, "unavailable_error", message);
  }

  static HttpFailure stopping() {
    return new HttpFailure(503, "unavailable_error", "the server is stopping");
  }

  /** A defect of ours; the log says more. */
  static HttpFailure internal() {
    return new HttpFailure(500, "server_error", "the server failed; its log says why");
  }

  /** A failure that Jetty found, by its status. */
  static HttpFailure ofStatus(int status, String reason) {
    String type =
        switch (status) {
          case 404 -> "not_found_error";
          case 503 -> "unavailable_error";
          default -> status < 500 ? "invalid_request_error" : "server_error";
        };
    return new HttpFailure(status, type, reason);
  }

  private HttpFailure withHeader(String name, String value) {
    headers.put(name, value);
    return this;
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }

  /** One of OpenAI's words for kinds of errors. */
  public String type() {
    return type;
  }

  /** The field of the request that is wrong, or null. */
  public @Nullable String parameter() {
    return parameter;
  }

  /** A word for programs, or null. */
  public @Nullable String code() {
    return code;
  }

  /** The message, which is never null. */
  public String text() {
    return String.valueOf(getMessage());
  }

  Map<String, String> headers() {
    return headers;
  }
}
