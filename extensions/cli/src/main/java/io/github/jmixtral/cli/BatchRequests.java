package io.github.jmixtral.cli;

import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.openai.Endpoint;
import io.github.jmixtral.openai.OpenAiApi;
import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.api.Stamp;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Answers the lines of a batch. The answer to a line depends on nothing but the line, the model and
 * the options, so that a run that was interrupted ends as one that was not. Thread-safe.
 */
final class BatchRequests {
  /** As deep as a server reads bodies, in a line. */
  private static final int MAX_DEPTH = 201;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final OpenAiApi api;
  private final CancellationHandle cancellation;

  /** A line that is no request; the message says why. */
  private static final class BadLineException extends Exception {
    private static final long serialVersionUID = 1L;

    BadLineException(String problem) {
      super(problem);
    }
  }

  /**
   * Answers by an API.
   *
   * @param cancellation ends all answers
   */
  BatchRequests(OpenAiApi api, CancellationHandle cancellation) {
    this.api = api;
    this.cancellation = cancellation;
  }

  /**
   * Answers a line, whatever it holds.
   *
   * @throws CancellationException if the work was cancelled
   */
  BatchAnswer answer(BatchLine line) {
    String customId = null;
    try {
      JsonNode request = parse(line);
      customId = text(request, "custom_id");
      return answer(line, customId, endpoint(request), request.path("body"));
    } catch (BadLineException bad) {
      return BatchAnswer.toBadLine(line, customId, bad.getMessage());
    }
  }

  private BatchAnswer answer(BatchLine line, String customId, Endpoint endpoint, JsonNode body) {
    try {
      if (body instanceof ObjectNode fields && !isGiven(fields, "seed", "random_seed")) {
        fields.put("seed", line.seed());
      }
      ApiRequest request = api.read(endpoint, body);
      if (request.isStreaming()) {
        throw new ApiException(
            ApiError.invalid("stream must be false in a batch.", "stream", "invalid_value"));
      }
      Stamp stamp = new Stamp(line.token(), Instant.EPOCH);
      return BatchAnswer.of(line, customId, request.answer(stamp, cancellation).body());
    } catch (ApiException refusal) {
      return BatchAnswer.refused(
          line, customId, refusal.error().status(), refusal.error().toJson());
    } catch (CancellationException | UncheckedIOException failure) {
      throw failure; // it is not the line's
    } catch (RuntimeException defect) {
      ApiError error =
          ApiError.internal("Unexpected failure, probably a bug of jmixtral: " + defect);
      return BatchAnswer.refused(line, customId, error.status(), error.toJson());
    }
  }

  private static boolean isGiven(ObjectNode fields, String... names) {
    return Stream.of(names).anyMatch(fields::hasNonNull);
  }

  private static JsonNode parse(BatchLine line) throws BadLineException {
    if (line.isTooLong()) {
      throw new BadLineException(
          "The line has %d bytes, but may have %d at most; cut its request into several."
              .formatted(line.length(), BatchLine.MOST_BYTES));
    }
    try {
      String text =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line.bytes())).toString();
      JsonNode request = MAPPER.readTree(text);
      if (!request.isObject()) {
        throw new BadLineException("The line must be a JSON object.");
      }
      return request;
    } catch (CharacterCodingException _) {
      throw new BadLineException("The line is not UTF-8.");
    } catch (JacksonException failure) {
      throw new BadLineException("The line is no JSON: " + JsonFile.problem(failure) + ".");
    }
  }

  private static String text(JsonNode request, String name) throws BadLineException {
    JsonNode value = request.path(name);
    if (!value.isString()) {
      throw new BadLineException(name + " is missing, or no text.");
    }
    return value.stringValue();
  }

  private static Endpoint endpoint(JsonNode request) throws BadLineException {
    if (request.hasNonNull("method") && !text(request, "method").equals("POST")) {
      throw new BadLineException("method must be \"POST\".");
    }
    String url = text(request, "url");
    Optional<Endpoint> endpoint = Endpoint.ofPath(url);
    if (endpoint.isEmpty()) {
      throw new BadLineException(
          "url must be one of %s."
              .formatted(
                  Stream.of(Endpoint.values())
                      .map(known -> known.paths().getFirst())
                      .collect(Collectors.joining(", "))));
    }
    if (!request.hasNonNull("body")) {
      throw new BadLineException("body is missing.");
    }
    return endpoint.get();
  }
}
