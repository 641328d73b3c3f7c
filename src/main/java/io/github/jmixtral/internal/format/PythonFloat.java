package io.github.jmixtral.internal.format;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Floats as Python prints them. */
public final class PythonFloat {
  /** Python writes an exponent for numbers below this power of ten … */
  private static final int LEAST_PLAIN_EXPONENT = -4;

  /** … and from this one on. */
  private static final int FIRST_SCIENTIFIC_EXPONENT = 16;

  private PythonFloat() {}

  /**
   * The fewest digits that give the same number ({@code repr}): {@code 1.0}, {@code 1e-05}, {@code
   * -0.0}, {@code nan}, {@code inf}.
   */
  public static String repr(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return Double.toString(value);
    }
    BigDecimal shortest = shortest(Math.abs(value));
    String digits = shortest.unscaledValue().toString();
    int exponent = digits.length() - 1 - shortest.scale();
    String sign = value < 0 ? "-" : "";
    if (exponent < LEAST_PLAIN_EXPONENT || exponent >= FIRST_SCIENTIFIC_EXPONENT) {
      String fraction = digits.length() == 1 ? "" : "." + digits.substring(1);
      return sign + digits.charAt(0) + fraction + "e" + exponent(exponent);
    }
    String plain = shortest.toPlainString();
    return sign + (plain.contains(".") ? plain : plain + ".0");
  }

  /** An exponent with its sign and at least two digits: {@code +22}, {@code -05}. */
  public static String exponent(int exponent) {
    String digits = Integer.toString(Math.abs(exponent));
    return (exponent < 0 ? "-" : "+") + (digits.length() == 1 ? "0" + digits : digits);
  }

  /** The fewest digits that give the number back; Java prints two where one is enough. */
  private static BigDecimal shortest(double value) {
    BigDecimal printed = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    if (printed.precision() != 2) {
      return printed;
    }
    BigDecimal down = printed.round(new MathContext(1, RoundingMode.DOWN)).stripTrailingZeros();
    BigDecimal up = printed.round(new MathContext(1, RoundingMode.UP)).stripTrailingZeros();
    boolean isDown = down.doubleValue() == value;
    if (isDown && up.doubleValue() == value) {
      BigDecimal exact = new BigDecimal(value);
      return exact.subtract(down).compareTo(up.subtract(exact)) <= 0 ? down : up;
    }
    return isDown ? down : up.doubleValue() == value ? up : printed;
  }
}
