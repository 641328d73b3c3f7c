package io.github.jmixtral.internal.jinja;

import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** An integer of any size; those that fit a long are kept in one. */
final class IntValue implements Value {
  static final IntValue ZERO = of(0);
  static final IntValue ONE = of(1);

  private final long small;

  /** Null if {@link #small} holds the value. */
  private final @Nullable BigInteger big;

  private IntValue(long small, @Nullable BigInteger big) {
    this.small = small;
    this.big = big;
  }

  static IntValue of(long value) {
    return new IntValue(value, null);
  }

  static IntValue of(BigInteger value) {
    return value.bitLength() < Long.SIZE
        ? new IntValue(value.longValue(), null)
        : new IntValue(0, value);
  }

  boolean isSmall() {
    return big == null;
  }

  long small() {
    return small;
  }

  BigInteger big() {
    return big == null ? BigInteger.valueOf(small) : big;
  }

  int signum() {
    return big == null ? Long.signum(small) : big.signum();
  }

  int bitLength() {
    return big == null ? Long.SIZE - Long.numberOfLeadingZeros(Math.abs(small)) : big.bitLength();
  }

  /** The value, or the nearest that fits a long. */
  long clamped() {
    if (big == null) {
      return small;
    }
    return big.signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
  }

  @Override
  public String typeName() {
    return "int";
  }
}
