package io.github.jmixtral.internal.jinja;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** MarkupSafe's {@code escape}, and the way back. */
final class Html {
  /** Further names would need HTML's table of two thousand; they are refused. */
  private static final Map<String, String> ENTITIES =
      Map.ofEntries(
          Map.entry("amp", "&"),
          Map.entry("lt", "<"),
          Map.entry("gt", ">"),
          Map.entry("quot", "\""),
          Map.entry("apos", "'"),
          Map.entry("nbsp", "\u00a0"),
          Map.entry("copy", "©"),
          Map.entry("reg", "®"),
          Map.entry("hellip", "…"),
          Map.entry("mdash", "—"),
          Map.entry("ndash", "–"),
          Map.entry("laquo", "«"),
          Map.entry("raquo", "»"));

  private Html() {}

  /** Markup: as it is if it is markup already, else with its special characters escaped. */
  static Text escape(Value value, Work work) {
    if (value instanceof Text text && text.isMarkup()) {
      return text;
    }
    Text plain = Printing.str(value, work);
    TextBuilder escaped = new TextBuilder(work);
    int done = 0;
    for (int i = 0; i < plain.units(); i++) {
      String entity =
          switch (plain.string().charAt(i)) {
            case '&' -> "&amp;";
            case '<' -> "&lt;";
            case '>' -> "&gt;";
            case '\'' -> "&#39;";
            case '"' -> "&#34;";
            default -> null;
          };
      if (entity != null) {
        escaped.add(plain, done, i);
        work.step();
        escaped.add(entity, plain, i);
        done = i + 1;
      }
    }
    escaped.add(plain, done, plain.units());
    return escaped.build().asMarkup();
  }

  /** The text without tags and comments, entities as characters, white space as single spaces. */
  static Text stripTags(Text text, Work work) {
    String stripped = without(without(text.string(), "<!--", "-->", work), "<", ">", work);
    StringBuilder words = new StringBuilder();
    for (Text word : StringSearch.splitWords(Text.of(stripped), -1)) {
      words.append(words.isEmpty() ? "" : " ").append(word.string());
    }
    work.characters(words.length());
    return Text.from(unescape(words.toString()), text);
  }

  /** Without every stretch from an opening to the next closing mark, those that so arise too. */
  private static String without(String text, String open, String close, Work work) {
    StringBuilder rest = new StringBuilder(text);
    int start = rest.indexOf(open);
    while (start >= 0) {
      int end = rest.indexOf(close, start);
      if (end < 0) {
        break;
      }
      work.characters(rest.length());
      rest.delete(start, end + close.length());
      start = rest.indexOf(open);
    }
    return rest.toString();
  }

  /** HTML's entities as characters. */
  static String unescape(String text) {
    StringBuilder out = new StringBuilder(text.length());
    int i = 0;
    while (i < text.length()) {
      char unit = text.charAt(i);
      if (unit != '&') {
        out.append(unit);
        i++;
        continue;
      }
      int end = i + 1;
      boolean number = end < text.length() && text.charAt(end) == '#';
      if (number) {
        end++;
      }
      int from = end;
      while (end < text.length() && isAsciiAlphanumeric(text.charAt(end))) {
        end++;
      }
      String name = text.substring(from, end);
      boolean closed = end < text.length() && text.charAt(end) == ';';
      String character = number ? character(name) : ENTITIES.get(name);
      if (character == null && !number && !name.isEmpty()) {
        throw JinjaException.notSupported("the entity &" + name + (closed ? ";" : ""));
      }
      if (character == null) {
        out.append(unit);
        i++;
      } else {
        out.append(character);
        i = closed ? end + 1 : end;
      }
    }
    return out.toString();
  }

  private static boolean isAsciiAlphanumeric(char unit) {
    return unit < 128 && Character.isLetterOrDigit(unit);
  }

  /** The character of a numeric entity's digits; null if it has none. */
  private static @Nullable String character(String digits) {
    boolean hexadecimal = digits.startsWith("x") || digits.startsWith("X");
    IntValue code =
        NumberText.parseInt(hexadecimal ? digits.substring(1) : digits, hexadecimal ? 16 : 10);
    if (code == null) {
      if (!digits.isEmpty()
          && (hexadecimal ? digits.length() > 1 : Characters.isAsciiDigit(digits.charAt(0)))) {
        throw JinjaException.notSupported("the entity &#" + digits);
      }
      return null;
    }
    long value = code.clamped();
    if (value > Character.MAX_CODE_POINT || value >= 0xD800 && value < 0xE000 || value == 0) {
      return "\uFFFD";
    }
    boolean control =
        value < 0x20 && value != '\t' && value != '\n' && value != '\f' && value != '\r';
    if (control || value >= 0x7F && value < 0xA0 || (value & 0xFFFE) == 0xFFFE || value == '\r') {
      throw JinjaException.notSupported("the entity &#" + digits);
    }
    return Character.toString((int) value);
  }
}
