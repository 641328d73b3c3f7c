package io.github.jmixtral.internal.jinja;

/** Python's escapes in the strings of a template. */
final class StringLiteral {
  private StringLiteral() {}

  /**
   * @param content what stands between the quotes
   * @throws JinjaException if an escape is broken
   */
  static String unescape(String content, int line) {
    if (content.indexOf('\\') < 0) {
      return content;
    }
    StringBuilder out = new StringBuilder(content.length());
    int at = 0;
    while (at < content.length()) {
      char unit = content.charAt(at++);
      if (unit != '\\') {
        out.append(unit);
        continue;
      }
      int escaped = content.codePointAt(at);
      at += Character.charCount(escaped);
      switch (escaped) {
        case '\n' -> {}
        case '\\', '\'', '"' -> out.append((char) escaped);
        case 'a' -> out.append('\u0007');
        case 'b' -> out.append('\b');
        case 'f' -> out.append('\f');
        case 'n' -> out.append('\n');
        case 'r' -> out.append('\r');
        case 't' -> out.append('\t');
        case 'v' -> out.append('\u000B');
        case '0', '1', '2', '3', '4', '5', '6', '7' -> {
          int end = at;
          while (end < content.length() && end < at + 2 && isOctal(content.charAt(end))) {
            end++;
          }
          out.appendCodePoint(Integer.parseInt(content.substring(at - 1, end), 8));
          at = end;
        }
        case 'x' -> at = hexadecimal(content, at, 2, "\\xXX", out, line);
        case 'u' -> at = hexadecimal(content, at, 4, "\\uXXXX", out, line);
        case 'U' -> at = hexadecimal(content, at, 8, "\\UXXXXXXXX", out, line);
        case 'N' -> at = named(content, at, out, line);
        default -> {
          out.append('\\');
          // Python writes what is not ASCII as an escape first, whose backslash is taken here.
          if (escaped < 0x80) {
            out.append((char) escaped);
          } else {
            out.append(Printing.escape(escaped), 1, Printing.escape(escaped).length());
          }
        }
      }
    }
    return out.toString();
  }

  private static boolean isOctal(char unit) {
    return unit >= '0' && unit <= '7';
  }

  private static int hexadecimal(
      String content, int from, int digits, String form, StringBuilder out, int line) {
    int code = 0;
    for (int i = from; i < from + digits; i++) {
      int digit =
          i < content.length() && content.charAt(i) < 0x80
              ? Character.digit(content.charAt(i), 16)
              : -1;
      if (digit < 0) {
        throw JinjaException.syntax("truncated " + form + " escape", line);
      }
      code = code << 4 | digit;
    }
    if (!Character.isValidCodePoint(code)) {
      throw JinjaException.syntax("illegal Unicode character", line);
    }
    out.appendCodePoint(code);
    return from + digits;
  }

  private static int named(String content, int from, StringBuilder out, int line) {
    int end = content.startsWith("{", from) ? content.indexOf('}', from) : -1;
    if (end < from + 2) {
      throw JinjaException.syntax("malformed \\N character escape", line);
    }
    try {
      out.appendCodePoint(Character.codePointOf(content.substring(from + 1, end)));
    } catch (IllegalArgumentException e) {
      throw JinjaException.syntax("unknown Unicode character name", line);
    }
    return end + 1;
  }
}
