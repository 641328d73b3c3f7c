package io.github.jmixtral.openai.internal.json;

import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ApiException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** Makes the errors for requests that are not valid. A message begins with the field's place. */
public final class Refusal {
  private static final int LONGEST_EXCERPT = 60;

  private Refusal() {}

  /** A value that cannot be meant. */
  public static ApiException value(String place, String rule) {
    return of(place, rule, "invalid_value");
  }

  /** A value of the wrong kind. */
  static ApiException type(String place, String expected, JsonNode found) {
    return of(place, "must be " + expected + ", but is " + excerpt(found), "invalid_type");
  }

  /** A value out of range. */
  static ApiException range(String place, String expected, JsonNode found) {
    return value(place, "must be " + expected + ", but is " + excerpt(found));
  }

  /** A field that must be there. */
  static ApiException missing(String place) {
    return of(place, "is missing, and must be given", "missing_required_parameter");
  }

  /** A field that this server knows, and cannot do what it asks for. */
  public static ApiException unsupported(String place, String reason) {
    return of(place, reason, "unsupported_parameter");
  }

  private static ApiException of(String place, String rule, String code) {
    return new ApiException(ApiError.invalid(place + " " + rule + ".", place, code));
  }

  /** A text as messages quote it: in one line, not too long. */
  public static String excerpt(String text) {
    return excerpt(JsonNodeFactory.instance.stringNode(text));
  }

  /** A value as messages quote it: in one line, not too long. */
  public static String excerpt(JsonNode value) {
    String text = value.toString();
    return text.codePointCount(0, text.length()) <= LONGEST_EXCERPT
        ? text
        : text.substring(0, text.offsetByCodePoints(0, LONGEST_EXCERPT)) + "…";
  }
}
