package io.github.jmixtral.internal.format;

/** bfloat16: sign, exponent and the upper seven mantissa bits of a single-precision float. */
public final class Bfloat16 {
  private Bfloat16() {}

  /** The nearest bfloat16, ties to even; NaN stays NaN. */
  public static short ofFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      // Keeps a mantissa bit set, which truncation could lose.
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }

  /** The same number as a float, exactly. */
  public static float toFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }
}
