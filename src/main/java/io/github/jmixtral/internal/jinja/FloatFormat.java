package io.github.jmixtral.internal.jinja;

import io.github.jmixtral.internal.format.PythonFloat;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Digits of floats for {@code %} and {@code format}, as C's printf rounds and lays them out. */
final class FloatFormat {
  /** No double has more digits behind the point; further ones are zeros. */
  private static final int MOST_DIGITS = 1100;

  private FloatFormat() {}

  /**
   * A float without its sign.
   *
   * @param type {@code e}, {@code f} or {@code g}, or a capital of these
   * @param alternate whether point and trailing zeros stay
   * @param pointZero whether {@code g} leaves at least one digit behind the point
   */
  static String digits(
      double value, char type, long precision, boolean alternate, boolean pointZero, Work work) {
    boolean capital = Character.isUpperCase(type);
    String digits;
    if (Double.isNaN(value)) {
      digits = "nan";
    } else if (Double.isInfinite(value)) {
      digits = "inf";
    } else {
      work.characters(precision + 400);
      BigDecimal exact = new BigDecimal(Math.abs(value));
      digits =
          switch (Character.toLowerCase(type)) {
            case 'f' -> fixed(exact, precision, alternate);
            case 'e' -> scientific(exact, precision, alternate);
            default -> general(exact, precision, alternate, pointZero);
          };
    }
    return capital ? digits.toUpperCase(java.util.Locale.ROOT) : digits;
  }

  private static String fixed(BigDecimal value, long precision, boolean alternate) {
    int scale = (int) Math.min(precision, MOST_DIGITS);
    String digits = value.setScale(scale, RoundingMode.HALF_EVEN).toPlainString();
    String zeros = "0".repeat((int) (precision - scale));
    return digits + zeros + (alternate && precision == 0 ? "." : "");
  }

  private static String scientific(BigDecimal value, long precision, boolean alternate) {
    int kept = (int) Math.min(precision, MOST_DIGITS);
    String zeros = "0".repeat((int) (precision - kept));
    String digits;
    int exponent;
    if (value.signum() == 0) {
      digits = "0".repeat(kept + 1);
      exponent = 0;
    } else {
      BigDecimal rounded = value.round(new MathContext(kept + 1, RoundingMode.HALF_EVEN));
      exponent = rounded.precision() - 1 - rounded.scale();
      String unscaled = rounded.unscaledValue().toString();
      digits =
          unscaled.length() > kept
              ? unscaled.substring(0, kept + 1)
              : unscaled + "0".repeat(kept + 1 - unscaled.length());
    }
    String point = precision > 0 || alternate ? "." : "";
    return digits.charAt(0)
        + point
        + digits.substring(1)
        + zeros
        + "e"
        + PythonFloat.exponent(exponent);
  }

  private static String general(
      BigDecimal value, long precision, boolean alternate, boolean pointZero) {
    long kept = Math.max(1, precision);
    int exponent = 0;
    if (value.signum() != 0) {
      BigDecimal rounded =
          value.round(new MathContext((int) Math.min(kept, MOST_DIGITS), RoundingMode.HALF_EVEN));
      exponent = rounded.precision() - 1 - rounded.scale();
    }
    boolean plain = exponent >= -4 && exponent < kept - (pointZero ? 1 : 0);
    String digits =
        plain
            ? fixed(value, kept - 1 - exponent, alternate)
            : scientific(value, kept - 1, alternate);
    if (!alternate) {
      int end = digits.indexOf('e');
      String mantissa = end < 0 ? digits : digits.substring(0, end);
      String rest = end < 0 ? "" : digits.substring(end);
      if (mantissa.contains(".")) {
        int last = mantissa.length();
        while (mantissa.charAt(last - 1) == '0') {
          last--;
        }
        mantissa = mantissa.substring(0, mantissa.charAt(last - 1) == '.' ? last - 1 : last);
      }
      digits = mantissa + rest;
    }
    return pointZero && !digits.contains(".") && !digits.contains("e") ? digits + ".0" : digits;
  }
}
