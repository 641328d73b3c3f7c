package io.github.jmixtral.internal.jinja;

import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** Numbers as Python writes them, and texts as it reads them. */
final class NumberText {
  private static final int MOST_DIGITS = 4300;

  /** Bits that no number of {@link #MOST_DIGITS} digits has. */
  private static final int TOO_MANY_BITS = 14_290;

  private NumberText() {}

  static String of(IntValue value) {
    if (value.isSmall()) {
      return Long.toString(value.small());
    }
    String digits = value.bitLength() > TOO_MANY_BITS ? null : value.big().toString();
    if (digits == null || digits.length() - (value.signum() < 0 ? 1 : 0) > MOST_DIGITS) {
      throw tooManyDigits();
    }
    return digits;
  }

  private static JinjaException tooManyDigits() {
    return JinjaException.valueError(
        "Exceeds the limit (" + MOST_DIGITS + " digits) for integer string conversion");
  }

  /**
   * {@code int(text, base)}; null if the text is no integer.
   *
   * @param base 0, or from 2 to 36
   */
  static @Nullable IntValue parseInt(String text, int base) {
    String digits = Characters.withAsciiDigits(Characters.strip(text));
    boolean negative = digits.startsWith("-");
    if (negative || digits.startsWith("+")) {
      digits = digits.substring(1);
    }
    int radix = base;
    boolean prefixed = false;
    if (digits.length() > 1 && digits.charAt(0) == '0') {
      int named =
          switch (digits.charAt(1)) {
            case 'x', 'X' -> 16;
            case 'o', 'O' -> 8;
            case 'b', 'B' -> 2;
            default -> 0;
          };
      if (named != 0 && (base == 0 || base == named)) {
        radix = named;
        digits = digits.substring(2);
        prefixed = true;
      }
    }
    if (radix == 0) {
      radix = 10;
    }
    if (prefixed && digits.startsWith("_")) {
      digits = digits.substring(1);
    }
    if (digits.isEmpty()
        || digits.startsWith("_")
        || digits.endsWith("_")
        || digits.contains("__")) {
      return null;
    }
    digits = digits.replace("_", "");
    for (int i = 0; i < digits.length(); i++) {
      if (digits.charAt(i) > 127 || Character.digit(digits.charAt(i), radix) < 0) {
        return null;
      }
    }
    if (base == 0 && !prefixed && digits.charAt(0) == '0' && !digits.matches("0+")) {
      return null;
    }
    if (digits.length() > MOST_DIGITS && Integer.bitCount(radix) != 1) {
      throw tooManyDigits();
    }
    if (digits.length() > 10 * MOST_DIGITS) {
      throw JinjaException.tooMuch("the template reads an integer of too many digits");
    }
    BigInteger value = new BigInteger(digits, radix);
    return IntValue.of(negative ? value.negate() : value);
  }

  /** {@code float(text)}; null if the text is no number. */
  static @Nullable Double parseFloat(String text) {
    String number = Characters.withAsciiDigits(Characters.strip(text));
    if (!isFloat(number)) {
      String name = number.toLowerCase(java.util.Locale.ROOT);
      boolean negative = name.startsWith("-");
      if (negative || name.startsWith("+")) {
        name = name.substring(1);
      }
      return switch (name) {
        case "inf", "infinity" -> negative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        case "nan" -> Double.NaN;
        default -> null;
      };
    }
    return Double.parseDouble(number.replace("_", ""));
  }

  /** Digits, underscores between digits, one point, one exponent. */
  private static boolean isFloat(String text) {
    int at = text.startsWith("+") || text.startsWith("-") ? 1 : 0;
    int whole = digits(text, at);
    int end = whole;
    boolean any = whole > at;
    if (end < text.length() && text.charAt(end) == '.') {
      int fraction = digits(text, end + 1);
      any |= fraction > end + 1;
      end = fraction;
    }
    if (!any) {
      return false;
    }
    if (end < text.length() && (text.charAt(end) == 'e' || text.charAt(end) == 'E')) {
      int from = end + 1;
      if (from < text.length() && (text.charAt(from) == '+' || text.charAt(from) == '-')) {
        from++;
      }
      int exponent = digits(text, from);
      if (exponent == from) {
        return false;
      }
      end = exponent;
    }
    return end == text.length();
  }

  /** Where digits end that begin at a place; underscores count between two digits. */
  private static int digits(String text, int from) {
    int end = from;
    while (end < text.length()) {
      char unit = text.charAt(end);
      boolean between =
          unit == '_'
              && end > from
              && text.charAt(end - 1) != '_'
              && end + 1 < text.length()
              && Characters.isAsciiDigit(text.charAt(end + 1));
      if (!Characters.isAsciiDigit(unit) && !between) {
        break;
      }
      end++;
    }
    return end;
  }
}
