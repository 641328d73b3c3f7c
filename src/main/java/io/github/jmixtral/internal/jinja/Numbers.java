package io.github.jmixtral.internal.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Python's arithmetic: integers of any size, floats, and booleans as 0 and 1. */
final class Numbers {
  /** What {@link #compare} gives if one side is NaN. */
  static final int UNORDERED = 2;

  private static final long EXACT_IN_DOUBLE = 1L << 53;

  /** Digits that keep a quotient's rounding right. */
  private static final MathContext QUOTIENT = new MathContext(60, RoundingMode.HALF_EVEN);

  private Numbers() {}

  static boolean isNumber(Value value) {
    return value instanceof IntValue || value instanceof BoolValue || value instanceof FloatValue;
  }

  /** The value of a number that is an integer or a boolean. */
  static IntValue whole(Value number) {
    return Objects.requireNonNull(integer(number), "integer");
  }

  /** The value of an integer or a boolean; null of anything else. */
  static @Nullable IntValue integer(Value value) {
    return switch (value) {
      case IntValue integer -> integer;
      case BoolValue bool -> bool == BoolValue.TRUE ? IntValue.ONE : IntValue.ZERO;
      default -> null;
    };
  }

  /**
   * An index, count or width.
   *
   * @throws JinjaException a {@code TypeError} if the value is no integer
   */
  static long index(Value value) {
    IntValue integer = integer(value);
    if (integer == null) {
      throw JinjaException.typeError(
          "'" + value.typeName() + "' object cannot be interpreted as an integer");
    }
    if (!integer.isSmall()) {
      throw overflow("Python int too large to convert to C ssize_t");
    }
    return integer.small();
  }

  static double toDouble(Value number) {
    if (number instanceof FloatValue exact) {
      return exact.value();
    }
    IntValue integer = whole(number);
    if (integer.isSmall()) {
      return integer.small();
    }
    double nearest = integer.big().doubleValue();
    if (Double.isInfinite(nearest)) {
      throw overflow("int too large to convert to float");
    }
    return nearest;
  }

  private static JinjaException overflow(String reason) {
    return JinjaException.of("OverflowError", reason);
  }

  private static JinjaException zeroDivision(String reason) {
    return JinjaException.of("ZeroDivisionError", reason);
  }

  /** Negative, 0, positive or {@link #UNORDERED}. */
  static int compare(Value left, Value right) {
    IntValue a = integer(left);
    IntValue b = integer(right);
    if (a != null && b != null) {
      return a.isSmall() && b.isSmall()
          ? Long.compare(a.small(), b.small())
          : a.big().compareTo(b.big());
    }
    if (a == null && b == null) {
      double x = ((FloatValue) left).value();
      double y = ((FloatValue) right).value();
      return x < y ? -1 : x > y ? 1 : x == y ? 0 : UNORDERED;
    }
    if (a == null) {
      int turned = compare(right, left);
      return turned == UNORDERED ? UNORDERED : -turned;
    }
    double y = ((FloatValue) right).value();
    if (Double.isNaN(y)) {
      return UNORDERED;
    }
    if (Double.isInfinite(y)) {
      return y > 0 ? -1 : 1;
    }
    return new BigDecimal(a.big()).compareTo(new BigDecimal(y));
  }

  static Value add(Value left, Value right, Work work) {
    IntValue a = integer(left);
    IntValue b = integer(right);
    if (a == null || b == null) {
      return new FloatValue(toDouble(left) + toDouble(right));
    }
    if (a.isSmall() && b.isSmall()) {
      long sum = a.small() + b.small();
      if (((a.small() ^ sum) & (b.small() ^ sum)) >= 0) {
        return IntValue.of(sum);
      }
    }
    work.bits(Math.max(a.bitLength(), b.bitLength()) + 1L);
    return IntValue.of(a.big().add(b.big()));
  }

  static Value subtract(Value left, Value right, Work work) {
    if (integer(left) == null || integer(right) == null) {
      return new FloatValue(toDouble(left) - toDouble(right));
    }
    return add(left, negate(right), work);
  }

  static Value multiply(Value left, Value right, Work work) {
    IntValue a = integer(left);
    IntValue b = integer(right);
    if (a == null || b == null) {
      return new FloatValue(toDouble(left) * toDouble(right));
    }
    if (a.isSmall() && b.isSmall() && Math.multiplyHigh(a.small(), b.small()) == 0) {
      long product = a.small() * b.small();
      if (product >= 0) {
        return IntValue.of(product);
      }
    }
    work.bits((long) a.bitLength() + b.bitLength());
    return IntValue.of(a.big().multiply(b.big()));
  }

  static Value divide(Value left, Value right) {
    IntValue a = integer(left);
    IntValue b = integer(right);
    if (a == null || b == null) {
      double divisor = toDouble(right);
      if (divisor == 0) {
        throw zeroDivision("float division by zero");
      }
      return new FloatValue(toDouble(left) / divisor);
    }
    if (b.signum() == 0) {
      throw zeroDivision("division by zero");
    }
    if (isExactInDouble(a) && isExactInDouble(b)) {
      return new FloatValue((double) a.small() / b.small());
    }
    double quotient =
        new BigDecimal(a.big()).divide(new BigDecimal(b.big()), QUOTIENT).doubleValue();
    if (Double.isInfinite(quotient)) {
      throw overflow("integer division result too large for a float");
    }
    return new FloatValue(quotient);
  }

  private static boolean isExactInDouble(IntValue value) {
    return value.isSmall() && Math.abs(value.small()) <= EXACT_IN_DOUBLE;
  }

  static Value floorDivide(Value left, Value right, Work work) {
    IntValue a = integer(left);
    IntValue b = integer(right);
    if (a == null || b == null) {
      return new FloatValue(floatFloor(toDouble(left), toDouble(right)));
    }
    if (b.signum() == 0) {
      throw zeroDivision("integer division or modulo by zero");
    }
    if (a.isSmall() && b.isSmall() && b.small() != -1) {
      return IntValue.of(Math.floorDiv(a.small(), b.small()));
    }
    work.bits(a.bitLength());
    BigInteger[] parts = a.big().divideAndRemainder(b.big());
    boolean down = parts[1].signum() != 0 && parts[1].signum() != b.signum();
    return IntValue.of(down ? parts[0].subtract(BigInteger.ONE) : parts[0]);
  }

  static Value modulo(Value left, Value right, Work work) {
    IntValue a = integer(left);
    IntValue b = integer(right);
    if (a == null || b == null) {
      return new FloatValue(floatModulo(toDouble(left), toDouble(right)));
    }
    if (b.signum() == 0) {
      throw zeroDivision("integer modulo by zero");
    }
    if (a.isSmall() && b.isSmall()) {
      return IntValue.of(Math.floorMod(a.small(), b.small()));
    }
    work.bits(a.bitLength());
    BigInteger rest = a.big().remainder(b.big());
    boolean down = rest.signum() != 0 && rest.signum() != b.signum();
    return IntValue.of(down ? rest.add(b.big()) : rest);
  }

  /** The remainder with the divisor's sign, as CPython's {@code float_rem}. */
  private static double floatModulo(double x, double y) {
    if (y == 0) {
      throw zeroDivision("float modulo");
    }
    double rest = x % y;
    if (rest != 0) {
      return (y < 0) != (rest < 0) ? rest + y : rest;
    }
    return Math.copySign(0.0, y);
  }

  /** As CPython's {@code float_floor_div}, which goes by the remainder. */
  private static double floatFloor(double x, double y) {
    if (y == 0) {
      throw zeroDivision("float floor division by zero");
    }
    double rest = x % y;
    double quotient = (x - rest) / y;
    if (rest != 0 && (y < 0) != (rest < 0)) {
      quotient -= 1;
    }
    if (quotient == 0) {
      return Math.copySign(0.0, x / y);
    }
    double floor = Math.floor(quotient);
    return quotient - floor > 0.5 ? floor + 1 : floor;
  }

  static Value power(Value left, Value right, Work work) {
    IntValue base = integer(left);
    IntValue exponent = integer(right);
    if (base != null && exponent != null && exponent.signum() >= 0) {
      return integerPower(base, exponent, work);
    }
    return new FloatValue(floatPower(toDouble(left), toDouble(right)));
  }

  private static Value integerPower(IntValue base, IntValue exponent, Work work) {
    if (base.isSmall() && Math.abs(base.small()) <= 1) {
      boolean odd = exponent.big().testBit(0);
      return exponent.signum() == 0 || base.small() == -1 && !odd ? IntValue.ONE : base;
    }
    if (!exponent.isSmall() || exponent.small() > Integer.MAX_VALUE) {
      work.bits(Long.MAX_VALUE);
    }
    work.bits(base.bitLength() * exponent.small());
    return IntValue.of(base.big().pow((int) exponent.small()));
  }

  private static double floatPower(double x, double y) {
    if (x == 0 && y < 0) {
      throw zeroDivision("0.0 cannot be raised to a negative power");
    }
    if (x == 1 || y == 0 || x == -1 && Double.isInfinite(y)) {
      return 1;
    }
    if (x < 0 && !Double.isInfinite(x) && !Double.isInfinite(y) && y != Math.rint(y)) {
      throw JinjaException.notSupported("a complex number");
    }
    double power = Math.pow(x, y);
    if (Double.isInfinite(power) && !Double.isInfinite(x) && !Double.isInfinite(y)) {
      throw overflow("(34, 'Numerical result out of range')");
    }
    return power;
  }

  static Value negate(Value value) {
    if (value instanceof FloatValue number) {
      return new FloatValue(-number.value());
    }
    IntValue integer = whole(value);
    return integer.isSmall() && integer.small() != Long.MIN_VALUE
        ? IntValue.of(-integer.small())
        : IntValue.of(integer.big().negate());
  }

  static Value absolute(Value value) {
    if (value instanceof FloatValue number) {
      return new FloatValue(Math.abs(number.value()));
    }
    IntValue integer = whole(value);
    return integer.signum() < 0 ? negate(integer) : integer;
  }

  /**
   * The integer towards zero.
   *
   * @throws JinjaException {@code OverflowError} or {@code ValueError} if there is none
   */
  static IntValue truncate(double value) {
    if (Double.isNaN(value)) {
      throw JinjaException.valueError("cannot convert float NaN to integer");
    }
    if (Double.isInfinite(value)) {
      throw overflow("cannot convert float infinity to integer");
    }
    return Math.abs(value) < EXACT_IN_DOUBLE
        ? IntValue.of((long) value)
        : IntValue.of(new BigDecimal(value).toBigInteger());
  }

  /** Python's {@code round(value, digits)}: to even. */
  static Value round(Value value, long digits) {
    if (value instanceof FloatValue number) {
      double exact = number.value();
      if (Double.isNaN(exact) || Double.isInfinite(exact) || digits > 323) {
        return number;
      }
      if (digits < -308) {
        return new FloatValue(Math.copySign(0.0, exact));
      }
      double rounded =
          new BigDecimal(exact).setScale((int) digits, RoundingMode.HALF_EVEN).doubleValue();
      if (Double.isInfinite(rounded)) {
        throw overflow("rounded value too large to represent");
      }
      return new FloatValue(Math.copySign(rounded, exact));
    }
    IntValue integer = whole(value);
    if (digits >= 0) {
      return integer;
    }
    if (digits < -integer.bitLength()) {
      return IntValue.ZERO;
    }
    return IntValue.of(
        new BigDecimal(integer.big())
            .setScale((int) digits, RoundingMode.HALF_EVEN)
            .toBigInteger());
  }

  /** Python's {@code round(value)}: an integer. */
  static Value round(Value value) {
    return value instanceof FloatValue number ? truncate(Math.rint(number.value())) : whole(value);
  }
}
