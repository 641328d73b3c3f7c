package io.github.jmixtral.internal.format;

import java.math.BigInteger;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * JSON as Python's module {@code json} reads and writes it. Values are {@code null}, {@link
 * Boolean}, {@link BigInteger}, {@link Double}, {@link String}, {@link List} and {@link Map} in the
 * order of the text.
 *
 * <p>It takes more than the standard: {@code NaN}, {@code Infinity} and {@code -Infinity}, of equal
 * keys the last value in the place of the first, halves of surrogate pairs as escapes.
 */
public final class PythonJson {
  /** Python gives up at about 1,000, where its stack ends. */
  private static final int MAX_DEPTH = 500;

  /** Python refuses longer integers, whose conversion takes quadratic time. */
  private static final int MAX_DIGITS = 4300;

  private final String text;
  private int position;
  private int depth;

  private PythonJson(String text) {
    this.text = text;
  }

  /**
   * The value of a JSON text ({@code json.loads}).
   *
   * @throws ParseException if the text is not JSON
   * @throws IllegalArgumentException if it is, and passes a limit: nested too deep, or an integer
   *     that is too long
   */
  public static @Nullable Object parse(String text) throws ParseException {
    PythonJson json = new PythonJson(text);
    @Nullable Object value = json.value();
    if (json.position < text.length()) {
      throw json.notJson("expected the end of the text");
    }
    return value;
  }

  /** A value with white space around it. */
  private @Nullable Object value() throws ParseException {
    skipSpace();
    @Nullable Object value =
        switch (peek()) {
          case '{' -> object();
          case '[' -> array();
          case '"' -> string();
          case 't' -> word("true", Boolean.TRUE);
          case 'f' -> word("false", Boolean.FALSE);
          case 'n' -> word("null", null);
          case 'N' -> word("NaN", Double.NaN);
          case 'I' -> word("Infinity", Double.POSITIVE_INFINITY);
          default -> number();
        };
    skipSpace();
    return value;
  }

  private Map<String, Object> object() throws ParseException {
    enter();
    Map<String, Object> members = new LinkedHashMap<>();
    skipSpace();
    if (!take('}')) {
      do {
        skipSpace();
        if (peek() != '"') {
          throw notJson("expected a key in double quotes");
        }
        String key = string();
        skipSpace();
        if (!take(':')) {
          throw notJson("expected ':'");
        }
        members.put(key, value());
      } while (take(','));
      if (!take('}')) {
        throw notJson("expected ',' or '}'");
      }
    }
    depth--;
    return members;
  }

  private List<Object> array() throws ParseException {
    enter();
    List<Object> elements = new ArrayList<>();
    skipSpace();
    if (!take(']')) {
      do {
        elements.add(value());
      } while (take(','));
      if (!take(']')) {
        throw notJson("expected ',' or ']'");
      }
    }
    depth--;
    return elements;
  }

  private void enter() {
    position++;
    if (++depth > MAX_DEPTH) {
      throw new IllegalArgumentException(
          "JSON may be nested " + MAX_DEPTH + " levels deep, and this is nested deeper");
    }
  }

  private String string() throws ParseException {
    StringBuilder string = new StringBuilder();
    position++;
    while (true) {
      int unit = peek();
      if (unit < 0) {
        throw notJson("expected the end of a text");
      }
      if (unit < ' ') {
        throw notJson("expected no control character in a text");
      }
      position++;
      if (unit == '"') {
        return string.toString();
      }
      string.append(unit == '\\' ? escaped() : (char) unit);
    }
  }

  private char escaped() throws ParseException {
    int unit = peek();
    position++;
    return switch (unit) {
      case '"', '\\', '/' -> (char) unit;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> hexadecimal();
      default -> {
        position--;
        throw notJson("expected an escape such as \\n");
      }
    };
  }

  private char hexadecimal() throws ParseException {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      int digit = peek() < 0x80 ? Character.digit(peek(), 16) : -1;
      if (digit < 0) {
        throw notJson("expected four hexadecimal digits");
      }
      value = value << 4 | digit;
      position++;
    }
    return (char) value;
  }

  private @Nullable Object word(String word, @Nullable Object value) throws ParseException {
    if (!text.startsWith(word, position)) {
      throw notJson("expected a value");
    }
    position += word.length();
    return value;
  }

  private Object number() throws ParseException {
    int start = position;
    take('-');
    if (peek() == 'I') {
      word("Infinity", Double.NEGATIVE_INFINITY);
      return Double.NEGATIVE_INFINITY;
    }
    if (!take('0') && !digits()) {
      position = start;
      throw notJson("expected a value");
    }
    int end = position;
    if (take('.') && !digits()) {
      position = end; // what follows is no part of the number
    }
    int point = position;
    if (take('e') || take('E')) {
      if (!take('+')) {
        take('-');
      }
      if (!digits()) {
        position = point;
      }
    }
    if (position > end) {
      return Double.valueOf(text.substring(start, position));
    }
    if (end - start > MAX_DIGITS + (text.charAt(start) == '-' ? 1 : 0)) {
      throw new IllegalArgumentException(
          "an integer may have " + MAX_DIGITS + " digits, and this one has more");
    }
    return new BigInteger(text.substring(start, position));
  }

  /** Takes digits; false if there is none. */
  private boolean digits() {
    int start = position;
    while (peek() >= '0' && peek() <= '9') {
      position++;
    }
    return position > start;
  }

  private void skipSpace() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') {
      position++;
    }
  }

  /** The next unit, or −1 at the end. */
  private int peek() {
    return position < text.length() ? text.charAt(position) : -1;
  }

  private boolean take(char unit) {
    boolean there = peek() == unit;
    if (there) {
      position++;
    }
    return there;
  }

  private ParseException notJson(String expected) {
    String found =
        position < text.length()
            ? Excerpt.quote(Character.toString(text.codePointAt(position)))
            : "the end";
    return new ParseException(
        "at character " + (position + 1) + ": " + expected + ", found " + found, position);
  }

  /**
   * A value as JSON ({@code json.dumps} with {@code ensure_ascii=False}): {@code {"a": [1, 2.0]}},
   * on one line, with a space behind colons and commas.
   */
  public static String write(@Nullable Object value) {
    StringBuilder json = new StringBuilder();
    write(value, json);
    return json.toString();
  }

  private static void write(@Nullable Object value, StringBuilder json) {
    switch (value) {
      case null -> json.append("null");
      case Boolean bool -> json.append(bool);
      case BigInteger integer -> json.append(integer);
      case Double number -> json.append(number(number));
      case String string -> writeString(string, json);
      case List<?> list -> {
        json.append('[');
        String separator = "";
        for (Object element : list) {
          json.append(separator);
          write(element, json);
          separator = ", ";
        }
        json.append(']');
      }
      case Map<?, ?> map -> {
        json.append('{');
        String separator = "";
        for (Map.Entry<?, ?> member : map.entrySet()) {
          json.append(separator);
          writeString((String) member.getKey(), json);
          json.append(": ");
          write(member.getValue(), json);
          separator = ", ";
        }
        json.append('}');
      }
      default ->
          throw new IllegalArgumentException("no value of JSON: " + value.getClass().getName());
    }
  }

  /** A number as Python writes it: {@code 1.0}, {@code 1e-05}, {@code NaN}. */
  public static String number(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "Infinity" : "-Infinity";
    }
    return PythonFloat.repr(value);
  }

  private static void writeString(String text, StringBuilder json) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      String escape = escape(text.charAt(i), false);
      if (escape == null) {
        json.append(text.charAt(i));
      } else {
        json.append(escape);
      }
    }
    json.append('"');
  }

  /**
   * How a UTF-16 unit stands in a text; null if as it is.
   *
   * @param ascii whether all but ASCII is escaped ({@code ensure_ascii})
   */
  public static @Nullable String escape(char unit, boolean ascii) {
    return switch (unit) {
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      case '\b' -> "\\b";
      case '\f' -> "\\f";
      default ->
          unit < ' ' || ascii && unit > '~' ? "\\u" + HexFormat.of().toHexDigits(unit) : null;
    };
  }
}
