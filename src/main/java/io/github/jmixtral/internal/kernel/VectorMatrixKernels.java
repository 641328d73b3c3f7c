package io.github.jmixtral.internal.kernel;

import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.S2I;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_S2I;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link MatrixKernels} on vectors. The loops with many sums are generated: {@link
 * VectorFloatLoops}.
 */
final class VectorMatrixKernels implements MatrixKernels {

  private static final VectorSpecies<Float> FLOATS = VectorWidth.FLOATS;
  private static final VectorSpecies<Integer> INTS = VectorWidth.INTS;
  private static final VectorSpecies<Short> HALVES = VectorWidth.HALVES;
  private static final int LANES = FLOATS.length();

  /** Every bit of a half-precision float but its sign. */
  static final int HALF_MAGNITUDE = 0x7fff;

  /** By how many bits a float's mantissa is longer than a half's. */
  private static final int HALF_SHIFT = 13;

  /** One in a float's exponent. */
  static final int ONE_EXPONENT = 1 << 23;

  /** A half's exponent bias is 15, a float's 127. */
  static final int HALF_EXPONENTS_APART = (127 - 15) * ONE_EXPONENT;

  /** The smallest half that is not subnormal, as a float. */
  static final float SMALLEST_NORMAL = 0x1p-14f;

  static final int SMALLEST_NORMAL_BITS = HALF_EXPONENTS_APART + ONE_EXPONENT;

  /** Infinity of a half, rebiased as a finite number would be: from here on infinities and NaNs. */
  private static final int HALF_SPECIAL = (0x7c00 << HALF_SHIFT) + HALF_EXPONENTS_APART;

  private static final int FLOAT_EXPONENT = 0x7f800000;
  static final int FLOAT_SIGN = 0x80000000;

  /** Moves the upper half of 16, 8, 4 and 2 lanes onto the lower one: the tree of a reduction. */
  private static final VectorShuffle<Float> FOLD_16 = fold(8);

  private static final VectorShuffle<Float> FOLD_8 = fold(4);
  private static final VectorShuffle<Float> FOLD_4 = fold(2);
  private static final VectorShuffle<Float> FOLD_2 = fold(1);

  private static VectorShuffle<Float> fold(int distance) {
    return VectorShuffle.fromOp(FLOATS, lane -> (lane + distance) % LANES);
  }

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public void sumRows(
      FloatFormat format,
      MemorySegment weights,
      int cols,
      int row,
      int count,
      float[] x,
      int xOffset,
      float[] sums) {
    assert count >= 1 && count <= ROWS && Borders.holds(sums.length, 0, count * lanes());
    assert Borders.holds(
        weights, (long) row * cols * format.byteSize(), (long) count * cols * format.byteSize());
    assert Borders.holds(x.length, xOffset, cols);
    switch (format) {
      case F32 -> VectorFloatLoops.sumRowsF32(weights, cols, row, count, x, xOffset, sums);
      case BF16 -> VectorFloatLoops.sumRowsBf16(weights, cols, row, count, x, xOffset, sums);
      case F16 -> {
        for (int r = 0; r < count; r++) {
          sumRowF16(weights, cols, row + r, x, xOffset, sums, r * LANES);
        }
      }
    }
  }

  // One row at a time: widening takes eleven operations, which hide the multiply-add's latency.
  private static void sumRowF16(
      MemorySegment weights,
      int cols,
      int row,
      float[] x,
      int xOffset,
      float[] sums,
      int sumsOffset) {
    long start = (long) row * cols * Short.BYTES;
    FloatVector sum = FloatVector.zero(FLOATS);
    int whole = FLOATS.loopBound(cols);
    for (int c = 0; c < whole; c += LANES) {
      sum =
          widenF16(weights, start + (long) c * Short.BYTES)
              .fma(FloatVector.fromArray(FLOATS, x, xOffset + c), sum);
    }
    sum.intoArray(sums, sumsOffset);
  }

  /**
   * Half precision to single. A subnormal half's exponent means one more than it holds, and there
   * is no leading 1. No operand is subnormal as a float: some processors take a hundred times as
   * long for those.
   */
  private static FloatVector widenF16(MemorySegment weights, long at) {
    IntVector half =
        (IntVector)
            ShortVector.fromMemorySegment(HALVES, weights, at, LittleEndian.ORDER)
                .convertShape(S2I, INTS, 0);
    IntVector bits = half.and(HALF_MAGNITUDE).lanewise(LSHL, HALF_SHIFT).add(HALF_EXPONENTS_APART);
    VectorMask<Integer> subnormal = bits.compare(LT, SMALLEST_NORMAL_BITS);
    IntVector finite =
        bits.add(ONE_EXPONENT, subnormal)
            .reinterpretAsFloats()
            .sub(SMALLEST_NORMAL, subnormal.cast(FLOATS))
            .reinterpretAsInts();
    VectorMask<Integer> special = bits.compare(GE, HALF_SPECIAL);
    return finite
        .lanewise(OR, FLOAT_EXPONENT, special)
        .or(half.and(FLOAT_SIGN))
        .reinterpretAsFloats();
  }

  @Override
  public void unpack(
      FloatFormat format,
      MemorySegment weights,
      long first,
      float[] panel,
      int panelOffset,
      int count) {
    assert Borders.holds(weights, first * format.byteSize(), (long) count * format.byteSize());
    assert Borders.holds(panel.length, panelOffset, count);
    int whole = FLOATS.loopBound(count);
    switch (format) {
      case F32 ->
          MemorySegment.copy(
              weights, LittleEndian.FLOAT, first * Float.BYTES, panel, panelOffset, count);
      case F16 -> unpackF16(weights, first * Short.BYTES, panel, panelOffset, whole);
      case BF16 -> unpackBf16(weights, first * Short.BYTES, panel, panelOffset, whole);
    }
    for (int i = whole; i < count; i++) {
      panel[panelOffset + i] = format.get(weights, first + i);
    }
  }

  private static void unpackF16(
      MemorySegment weights, long start, float[] panel, int panelOffset, int count) {
    for (int i = 0; i < count; i += LANES) {
      widenF16(weights, start + (long) i * Short.BYTES).intoArray(panel, panelOffset + i);
    }
  }

  private static void unpackBf16(
      MemorySegment weights, long start, float[] panel, int panelOffset, int count) {
    for (int i = 0; i < count; i += LANES) {
      long at = start + (long) i * Short.BYTES;
      ((IntVector)
              ShortVector.fromMemorySegment(HALVES, weights, at, LittleEndian.ORDER)
                  .convertShape(ZERO_EXTEND_S2I, INTS, 0))
          .lanewise(LSHL, Short.SIZE)
          .reinterpretAsFloats()
          .intoArray(panel, panelOffset + i);
    }
  }

  @Override
  public void multiplyTile(
      float[] panel,
      int panelOffset,
      int panelStride,
      int cols,
      float[] x,
      int[] xOffsets,
      float[] sums,
      int sumsOffset) {
    assert cols % lanes() == 0 && Borders.holds(sums.length, sumsOffset, TILE * TILE * lanes());
    VectorFloatLoops.multiplyTile(
        panel, panelOffset, panelStride, cols, x, xOffsets, sums, sumsOffset);
  }

  @Override
  public void reduce(float[] sums, int sumsOffset, int count, float[] totals, int totalsOffset) {
    for (int i = 0; i < count; i++) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, sumsOffset + i * LANES);
      if (LANES >= 16) {
        sum = sum.add(sum.rearrange(FOLD_16));
      }
      if (LANES >= 8) {
        sum = sum.add(sum.rearrange(FOLD_8));
      }
      if (LANES >= 4) {
        sum = sum.add(sum.rearrange(FOLD_4));
      }
      sum = sum.add(sum.rearrange(FOLD_2));
      totals[totalsOffset + i] = sum.lane(0);
    }
  }
}
