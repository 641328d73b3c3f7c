package io.github.jmixtral.internal.kernel;

/**
 * The exponential function in single precision, from operations that IEEE 754 rounds exactly, so
 * that the scalar and the SIMD form, interpreter and compiler give the same bits.
 *
 * <p>With {@code n = round(x / ln 2)} and {@code r = x − n · ln 2} (ln 2 in two parts, after Cody
 * and Waite, 1980), {@code exp(x) = 2ⁿ · exp(r)}; exp(r) for {@code |r| ≤ ln 2 / 2} is its Taylor
 * polynomial of degree 7, whose truncation error there, 1e-8, lies below half a unit in the last
 * place.
 */
final class Exponential {

  /** Adding and subtracting 1.5 · 2²³ rounds to an integer, and leaves it in the low bits. */
  static final float ROUND = 0x1.8p23f;

  static final float INVERSE_LN2 = 1.4426950408889634f;

  /** ln 2 in 9 bits, so that n · LN2_HIGH is exact. */
  static final float LN2_HIGH = 0.693359375f;

  /** ln 2 − LN2_HIGH. */
  static final float LN2_LOW = -2.12194440e-4f;

  static final float C2 = 1f / 2;
  static final float C3 = 1f / 6;
  static final float C4 = 1f / 24;
  static final float C5 = 1f / 120;
  static final float C6 = 1f / 720;
  static final float C7 = 1f / 5040;

  /** Below this, 2ⁿ would leave the normal floats; the result is taken as 0. */
  static final float LOWEST = -87.33654f;

  /** Above this, 2ⁿ would leave the floats; arguments are clamped here. */
  static final float HIGHEST = 88.0f;

  private Exponential() {}

  /**
   * exp(x), off by less than one unit in the last place; 0 below {@link #LOWEST}, exp({@link
   * #HIGHEST}) above it; NaN stays NaN.
   */
  static float of(float x) {
    float clamped = Math.max(LOWEST, Math.min(HIGHEST, x));
    float shifted = Math.fma(clamped, INVERSE_LN2, ROUND);
    float n = shifted - ROUND;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, clamped));
    float p = Math.fma(C7, r, C6);
    p = Math.fma(p, r, C5);
    p = Math.fma(p, r, C4);
    p = Math.fma(p, r, C3);
    p = Math.fma(p, r, C2);
    p = Math.fma(p, r, 1f);
    p = Math.fma(p, r, 1f);
    float result =
        Float.intBitsToFloat(Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(shifted) << 23));
    if (Float.isNaN(x)) {
      // What a NaN carries in its low bits would have been taken for an exponent.
      return Float.NaN;
    }
    return x < LOWEST ? 0f : result;
  }
}
