package io.github.jmixtral.openai.ollama;

import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.api.ServedModel;
import io.github.jmixtral.openai.api.StreamEvent;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Json;
import io.github.jmixtral.openai.internal.task.Host;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Ollama's API for one model: JSON in, JSON out. The data of a streamed event is one line of its
 * answer. Requests are checked as {@link io.github.jmixtral.openai.OpenAiApi} checks them.
 * Immutable and thread-safe.
 *
 * @since 0.1.0
 */
public final class OllamaApi {
  private final Host host;
  private final ModelSheet sheet;

  /** The API for a model, which stays the caller's to close. */
  public OllamaApi(ServedModel model) {
    host = new Host(model);
    sheet = new ModelSheet(host);
  }

  /**
   * Reads a request.
   *
   * @param body JSON in UTF-8
   * @throws ApiException if it is not valid; {@link #errorBody} has its form
   */
  public ApiRequest read(OllamaEndpoint endpoint, byte[] body) {
    return read(endpoint, Json.read(body));
  }

  /**
   * Reads a request.
   *
   * @throws ApiException if it is not valid; {@link #errorBody} has its form
   */
  public ApiRequest read(OllamaEndpoint endpoint, JsonNode body) {
    Fields fields = Fields.of(body);
    ModelName.require(fields, host);
    return switch (endpoint) {
      case CHAT -> ChatReader.read(fields, host);
      case GENERATE -> GenerateReader.read(fields, host);
      case EMBED -> EmbedReader.read(fields, host);
      case SHOW -> new UnstreamedRequest(stamp -> sheet.show());
    };
  }

  /** The answer to {@code GET /api/tags}. */
  public ObjectNode tags() {
    return sheet.tags();
  }

  /** The answer to {@code GET /api/ps}. */
  public ObjectNode running() {
    return sheet.running();
  }

  /** The answer to {@code GET /api/version}. */
  public ObjectNode version() {
    String version = OllamaApi.class.getPackage().getImplementationVersion();
    return Json.object().put("version", Objects.requireNonNullElse(version, "0.0.0"));
  }

  /** An error as this API has it: {@code {"error": "…"}}. */
  public static ObjectNode errorBody(ApiError error) {
    return Json.object().put("error", error.message());
  }

  /** The last line of a stream that fails. */
  static StreamEvent failure(ApiError error) {
    return new StreamEvent("", errorBody(error).toString());
  }
}
