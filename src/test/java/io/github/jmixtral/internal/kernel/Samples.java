package io.github.jmixtral.internal.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/**
 * Seeded test data, signed and with mean zero so that wrong signs and lost terms show, and the
 * bound within which sums in single precision must lie.
 */
public final class Samples {

  /** Half a unit in the last place of 1: what one rounding is off by at most, relatively. */
  public static final double ROUNDING = 0x1p-24;

  private static final ValueLayout.OfFloat FLOAT = LittleEndian.FLOAT;
  private static final ValueLayout.OfShort SHORT = LittleEndian.SHORT;

  private Samples() {}

  /** Normally distributed floats. */
  public static float[] floats(long seed, int count) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** The floats, little-endian, at an odd address: a file promises no alignment. */
  public static MemorySegment f32(float[] values) {
    MemorySegment segment = unaligned(4L * values.length);
    for (int i = 0; i < values.length; i++) {
      segment.set(FLOAT, 4L * i, values[i]);
    }
    return segment;
  }

  /** The floats rounded to half precision, little-endian, at an odd address. */
  public static MemorySegment f16(float[] values) {
    short[] halves = new short[values.length];
    for (int i = 0; i < values.length; i++) {
      halves[i] = Float.floatToFloat16(values[i]);
    }
    return shorts(halves);
  }

  /** The floats cut to bfloat16, little-endian, at an odd address. */
  public static MemorySegment bf16(float[] values) {
    short[] halves = new short[values.length];
    for (int i = 0; i < values.length; i++) {
      halves[i] = (short) (Float.floatToRawIntBits(values[i]) >>> 16);
    }
    return shorts(halves);
  }

  /** 16-bit patterns, little-endian, at an odd address. */
  public static MemorySegment shorts(short[] patterns) {
    MemorySegment segment = unaligned(2L * patterns.length);
    for (int i = 0; i < patterns.length; i++) {
      segment.set(SHORT, 2L * i, patterns[i]);
    }
    return segment;
  }

  private static MemorySegment unaligned(long bytes) {
    return Arena.ofAuto().allocate(bytes + 1, 64).asSlice(1, bytes);
  }

  /** A matrix's elements as floats: {@code i} counts row by row. */
  public static float element(NumberFormat format, MemorySegment weights, long i) {
    return switch (format) {
      case F32 -> weights.get(FLOAT, 4 * i);
      case F16 -> Float.float16ToFloat(weights.get(SHORT, 2 * i));
      case BF16 -> Float.intBitsToFloat(weights.get(SHORT, 2 * i) << 16);
    };
  }

  /** How the weights of a sample matrix are stored. */
  public enum NumberFormat {
    F32,
    F16,
    BF16;

    /** The kernels' name for it. */
    public FloatFormat kernels() {
      return FloatFormat.valueOf(name());
    }

    /** A matrix of normally distributed weights. */
    public MemorySegment weights(long seed, int rows, int cols) {
      float[] values = floats(seed, rows * cols);
      return switch (this) {
        case F32 -> f32(values);
        case F16 -> f16(values);
        case BF16 -> bf16(values);
      };
    }
  }

  /** A dot product in double precision, with the bound on what single precision may make of it. */
  public record Dot(double value, double magnitude, int terms) {

    /**
     * Row {@code row} of the weights times {@code x}, {@code cols} floats from {@code offset} on.
     */
    public static Dot of(
        NumberFormat format, MemorySegment weights, int cols, int row, float[] x, int offset) {
      double value = 0;
      double magnitude = 0;
      for (int c = 0; c < cols; c++) {
        double product = (double) element(format, weights, (long) row * cols + c) * x[offset + c];
        value += product;
        magnitude += Math.abs(product);
      }
      return new Dot(value, magnitude, cols);
    }

    /**
     * By how much a float sum of the products, in any order, may miss the value: each of the n
     * fused multiply-adds or additions that a product goes through rounds once.
     */
    public double bound() {
      return terms * ROUNDING * magnitude + Float.MIN_VALUE;
    }
  }
}
