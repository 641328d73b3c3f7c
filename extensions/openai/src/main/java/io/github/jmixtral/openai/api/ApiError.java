package io.github.jmixtral.openai.api;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Why a request was not answered, as the OpenAI API says it.
 *
 * @param status the HTTP status, 400 … 599
 * @param message what is wrong and what to do, in plain English
 * @param type the class of the error, such as {@code invalid_request_error}
 * @param param the field that is at fault, such as {@code messages[0].role}, or null
 * @param code what programs may go by, such as {@code context_length_exceeded}, or null
 * @since 0.1.0
 */
@SuppressWarnings("exports") // applications need not have the annotation of the null
public record ApiError(
    int status, String message, String type, @Nullable String param, @Nullable String code) {
  private static final String INVALID_REQUEST = "invalid_request_error";

  /** Checks that nothing that must be there is missing. */
  public ApiError {
    Objects.requireNonNull(message, "message");
    Objects.requireNonNull(type, "type");
  }

  /** A request that cannot be answered as it is: status 400. */
  @SuppressWarnings("exports")
  public static ApiError invalid(String message, @Nullable String param, @Nullable String code) {
    return new ApiError(400, message, INVALID_REQUEST, param, code);
  }

  /** A model or address that does not exist: status 404. */
  @SuppressWarnings("exports")
  public static ApiError notFound(String message, @Nullable String param, @Nullable String code) {
    return new ApiError(404, message, INVALID_REQUEST, param, code);
  }

  /** A request that this server cannot take now: status 503. */
  public static ApiError unavailable(String message) {
    return new ApiError(503, message, "unavailable_error", null, null);
  }

  /** A fault of the server: status 500. */
  public static ApiError internal(String message) {
    return new ApiError(500, message, "server_error", null, null);
  }

  /** The error object: {@code {"error": {"message": …, "type": …, "param": …, "code": …}}}. */
  public ObjectNode toJson() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.putObject("error")
        .put("message", message)
        .put("type", type)
        .put("param", param)
        .put("code", code);
    return root;
  }
}
