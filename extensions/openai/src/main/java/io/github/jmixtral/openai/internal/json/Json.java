package io.github.jmixtral.openai.internal.json;

import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ApiException;
import java.util.Locale;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The bytes of a request's body as JSON. */
public final class Json {
  /** Schemas nest; what is deeper than this was not written by people. */
  private static final int MAX_DEPTH = 200;

  private static final int LONGEST_MESSAGE = 200;
  private static final Pattern SETTING =
      Pattern.compile(", from `[^`]*`|: enable `[^`]*` to allow");

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Json() {}

  /**
   * Reads a body.
   *
   * @throws ApiException if it is no JSON
   */
  public static JsonNode read(byte[] body) {
    try {
      JsonNode root = MAPPER.readTree(body);
      if (!root.isMissingNode()) {
        return root;
      }
    } catch (JacksonException fault) {
      throw new ApiException(
          ApiError.invalid("The body is no JSON: " + firstLine(fault) + ".", null, null), fault);
    }
    throw new ApiException(
        ApiError.invalid("The body is empty, but must be a JSON object.", null, null));
  }

  /**
   * The first line of the parser's message, without what would disturb a terminal, and without the
   * names of its own settings.
   */
  private static String firstLine(JacksonException fault) {
    String line = fault.getOriginalMessage().lines().findFirst().orElse("it cannot be read");
    String plain = SETTING.matcher(line.replaceAll("\\p{Cntrl}", "?")).replaceAll("");
    String excerpt = plain.substring(0, Math.min(plain.length(), LONGEST_MESSAGE));
    return excerpt.substring(0, 1).toLowerCase(Locale.ROOT) + excerpt.substring(1);
  }

  /**
   * A text of JSON that stands within a request.
   *
   * @param place of the text, for an error
   */
  static JsonNode readWithin(String text, String place) {
    try {
      return MAPPER.readTree(text);
    } catch (JacksonException fault) {
      throw Refusal.value(place, "must be JSON, and is none");
    }
  }

  /** A new object. */
  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
