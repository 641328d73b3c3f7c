package io.github.jmixtral.openai;

import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.api.ServedModel;
import io.github.jmixtral.openai.internal.endpoint.ChatRequest;
import io.github.jmixtral.openai.internal.endpoint.ClassifyRequest;
import io.github.jmixtral.openai.internal.endpoint.CompletionRequest;
import io.github.jmixtral.openai.internal.endpoint.EmbeddingRequest;
import io.github.jmixtral.openai.internal.endpoint.ModelList;
import io.github.jmixtral.openai.internal.endpoint.ResponseRequest;
import io.github.jmixtral.openai.internal.endpoint.ScoreRequest;
import io.github.jmixtral.openai.internal.endpoint.TokenizeRequest;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Json;
import io.github.jmixtral.openai.internal.task.Host;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The OpenAI API for one model: JSON in, JSON out.
 *
 * <pre>{@code
 * OpenAiApi api = new OpenAiApi(ServedModel.of("mixtral", model));
 * ApiRequest request = api.read(Endpoint.CHAT_COMPLETIONS, body);
 * CancellationHandle cancellation = new CancellationHandle();
 * if (request.isStreaming()) {
 *   request.stream(Stamp.now(), event -> write(event.data()), cancellation);
 * } else {
 *   write(request.answer(Stamp.now(), cancellation).body());
 * }
 * }</pre>
 *
 * <p>Requests are checked strictly: a field of the wrong kind, out of range, or asking for what
 * cannot be done is refused by name; a field that is not known is ignored. Immutable and
 * thread-safe.
 *
 * @since 0.1.0
 */
public final class OpenAiApi {
  private final Host host;

  /** The API for a model, which stays the caller's to close. */
  public OpenAiApi(ServedModel model) {
    host = new Host(model);
  }

  /**
   * Reads a request.
   *
   * @param body JSON in UTF-8
   * @throws ApiException if it is not valid, with what to answer
   */
  public ApiRequest read(Endpoint endpoint, byte[] body) {
    return read(endpoint, Json.read(body));
  }

  /**
   * Reads a request.
   *
   * @throws ApiException if it is not valid, with what to answer
   */
  public ApiRequest read(Endpoint endpoint, JsonNode body) {
    Fields fields = Fields.of(body);
    return switch (endpoint) {
      case CHAT_COMPLETIONS -> ChatRequest.read(fields, host);
      case COMPLETIONS -> CompletionRequest.read(fields, host);
      case RESPONSES -> ResponseRequest.read(fields, host);
      case EMBEDDINGS -> EmbeddingRequest.read(fields, host);
      case SCORE -> ScoreRequest.read(fields, host);
      case CLASSIFY -> ClassifyRequest.read(fields, host);
      case TOKENIZE -> TokenizeRequest.read(fields, host);
      case DETOKENIZE -> TokenizeRequest.readIds(fields, host);
    };
  }

  /** The answer to {@code GET /v1/models}. */
  public ObjectNode models() {
    return ModelList.all(host);
  }

  /**
   * The answer to {@code GET /v1/models/{id}}.
   *
   * @throws ApiException with status 404 if the model is not served
   */
  public ObjectNode model(String id) {
    host.requireNamed(id);
    return ModelList.one(host);
  }
}
