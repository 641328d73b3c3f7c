package io.github.jmixtral.internal.jinja;

import java.util.function.IntPredicate;

/** What Python says of code points. */
final class Characters {
  /** Digits that are not decimal, such as superscripts: from, to, from, to, … */
  private static final int[] OTHER_DIGITS = {
    0xB2, 0xB3, 0xB9, 0xB9, 0x1369, 0x1371, 0x19DA, 0x19DA, 0x2070, 0x2070, 0x2074, 0x2079, 0x2080,
    0x2089, 0x2460, 0x2468, 0x2474, 0x247C, 0x2488, 0x2490, 0x24EA, 0x24EA, 0x24F5, 0x24FD, 0x24FF,
    0x24FF, 0x2776, 0x277E, 0x2780, 0x2788, 0x278A, 0x2792, 0x10A40, 0x10A43, 0x10E60, 0x10E68,
    0x11052, 0x1105A, 0x1F100, 0x1F10A
  };

  /** Ideographs with a numeric value. */
  private static final String NUMERALS =
      "㐅㒃㠪㭍一七万三九二五亖亿什仟仨伍佰億兆\uF978八六十千卄卅卌叁参參叄四壱壹幺廾廿弌弍弎弐拾捌柒漆玖百肆萬貮貳贰阡"
          + "陆陌陸零\uF96B\uF973\uF9B2\uF9D1\uF9D3\uF9FD兩"
          + "𠀁𠁤𠃢𠄡𠤪𠦃𠦌𠦜𠫪𠫽𠬙𢎐𢦘𣬛𦉭\uD87E\uDC90";

  private Characters() {}

  /** {@code str.isspace}, and what {@code \s}, {@code strip} and {@code split} take. */
  static boolean isSpace(int codePoint) {
    return switch (codePoint) {
      case ' ', 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000 -> true;
      default ->
          codePoint >= 0x09 && codePoint <= 0x0D
              || codePoint >= 0x1C && codePoint <= 0x1F
              || codePoint >= 0x2000 && codePoint <= 0x200A;
    };
  }

  /** What ends a line in {@code splitlines}. */
  static boolean isLineEnd(int unit) {
    return switch (unit) {
      case '\n', '\r', 0x0B, 0x0C, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029 -> true;
      default -> false;
    };
  }

  static boolean isAsciiDigit(int unit) {
    return unit >= '0' && unit <= '9';
  }

  static boolean isDecimal(int codePoint) {
    return Character.getType(codePoint) == Character.DECIMAL_DIGIT_NUMBER;
  }

  static boolean isDigit(int codePoint) {
    if (isDecimal(codePoint)) {
      return true;
    }
    for (int i = 0; i < OTHER_DIGITS.length; i += 2) {
      if (codePoint >= OTHER_DIGITS[i] && codePoint <= OTHER_DIGITS[i + 1]) {
        return true;
      }
    }
    return false;
  }

  static boolean isNumeric(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
      default -> NUMERALS.indexOf(codePoint) >= 0;
    };
  }

  static boolean isAlpha(int codePoint) {
    return Character.isLetter(codePoint);
  }

  static boolean isAlphanumeric(int codePoint) {
    return isAlpha(codePoint) || isNumeric(codePoint);
  }

  /** {@code \w}. */
  static boolean isWord(int codePoint) {
    return codePoint == '_' || isAlphanumeric(codePoint);
  }

  static boolean isPrintable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> codePoint == ' ';
      default -> true;
    };
  }

  static boolean isIdentifierStart(int codePoint) {
    return codePoint == '_' || Character.isUnicodeIdentifierStart(codePoint);
  }

  static boolean isIdentifierPart(int codePoint) {
    return codePoint == '_'
        || Character.isUnicodeIdentifierPart(codePoint)
            && !Character.isIdentifierIgnorable(codePoint);
  }

  static boolean isIdentifier(String text) {
    return !text.isEmpty()
        && isIdentifierStart(text.codePointAt(0))
        && text.codePoints().allMatch(Characters::isIdentifierPart);
  }

  /** Whether there is a code point and every one is such. */
  static boolean all(String text, IntPredicate such) {
    return !text.isEmpty() && text.codePoints().allMatch(such);
  }

  /** Without the white space around it. */
  static String strip(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && isSpace(text.charAt(from))) {
      from++;
    }
    while (to > from && isSpace(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(from, to);
  }

  /** Decimal digits of all scripts as those of ASCII. */
  static String withAsciiDigits(String text) {
    if (text.chars().allMatch(unit -> unit < 128)) {
      return text;
    }
    StringBuilder ascii = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            codePoint ->
                ascii.appendCodePoint(
                    isDecimal(codePoint) ? '0' + Character.digit(codePoint, 10) : codePoint));
    return ascii.toString();
  }

  /** The order of two texts by code points. */
  static int compare(String left, String right) {
    int shared = Math.min(left.length(), right.length());
    for (int i = 0; i < shared; i++) {
      char a = left.charAt(i);
      char b = right.charAt(i);
      if (a != b) {
        boolean sameKind = Character.isSurrogate(a) == Character.isSurrogate(b);
        return sameKind ? Character.compare(a, b) : Character.isSurrogate(a) ? 1 : -1;
      }
    }
    return Integer.compare(left.length(), right.length());
  }
}
