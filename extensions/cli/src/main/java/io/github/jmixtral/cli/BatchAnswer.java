package io.github.jmixtral.cli;

import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The answer to a line.
 *
 * @param line in UTF-8, without its end
 * @param tokens of prompts and answers
 * @param isError whether it says why there is no answer
 */
record BatchAnswer(byte[] line, long tokens, boolean isError) {
  /** What depends on the requests that ran before. */
  private static final List<String> CACHED =
      List.of("prompt_tokens_details", "input_tokens_details");

  private static final int GOOD = 200;

  /** A line that is no request. */
  static BatchAnswer toBadLine(BatchLine line, String customId, String problem) {
    ObjectNode answer = begin(line, customId);
    answer.putNull("response");
    answer.putObject("error").put("code", "invalid_line").put("message", problem);
    return new BatchAnswer(bytes(answer), 0, true);
  }

  /** What a request was answered. */
  static BatchAnswer of(BatchLine line, String customId, ObjectNode body) {
    for (String details : CACHED) {
      if (body.path("usage").path(details) instanceof ObjectNode counts) {
        counts.put("cached_tokens", 0);
      }
    }
    return new BatchAnswer(
        bytes(withResponse(line, customId, GOOD, body)),
        body.path("usage").path("total_tokens").asLong(0),
        false);
  }

  /** A request that was refused. */
  static BatchAnswer refused(BatchLine line, String customId, int status, ObjectNode body) {
    return new BatchAnswer(bytes(withResponse(line, customId, status, body)), 0, true);
  }

  private static ObjectNode withResponse(
      BatchLine line, String customId, int status, ObjectNode body) {
    ObjectNode answer = begin(line, customId);
    answer
        .putObject("response")
        .put("status_code", status)
        .put("request_id", "req_" + line.token())
        .set("body", body);
    answer.putNull("error");
    return answer;
  }

  private static ObjectNode begin(BatchLine line, String customId) {
    return JsonLines.object().put("id", "batch_req_" + line.token()).put("custom_id", customId);
  }

  private static byte[] bytes(JsonNode answer) {
    return JsonLines.line(answer).getBytes(StandardCharsets.UTF_8);
  }
}
