package io.github.jmixtral.internal.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link MatrixKernels} on the machine's widest vectors.
 *
 * <p>The arithmetic stands inline in every loop, three times over for the three number formats: a
 * helper method that takes or returns vectors can miss the compiler's inlining budget, and then its
 * vectors are boxed and the loop runs an order of magnitude slower. Partial sums therefore leave
 * the hot loops through arrays, too.
 */
final class VectorMatrixKernels implements MatrixKernels {

  private static final VectorSpecies<Float> FLOATS = VectorWidth.FLOATS;
  private static final VectorSpecies<Integer> INTS = VectorWidth.INTS;
  private static final VectorSpecies<Short> SHORTS = VectorWidth.HALVES;
  private static final int LANES = FLOATS.length();
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);

  /** Every bit of a half-precision float but its sign. */
  private static final int HALF_MAGNITUDE = 0x7fff;

  /** A half's exponent bias is 15, a float's 127: exact, subnormal numbers included. */
  private static final float HALF_REBIAS = 0x1p112f;

  /** Infinity of a half, moved to a float's place: from here on infinities and NaNs. */
  private static final int HALF_SPECIAL = 0x7c00 << 13;

  private static final int FLOAT_EXPONENT = 0x7f800000;
  private static final int FLOAT_SIGN = 0x80000000;

  /** Rows in flight for one token: enough to hide the latency of a fused multiply-add. */
  private static final int ROWS = 8;

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
  public void multiplyF32(
      MemorySegment weights,
      int cols,
      int rowStart,
      int rowEnd,
      float[] x,
      int xOffset,
      float[] out,
      int outOffset,
      float[] sums) {
    int row = rowStart;
    for (; row + ROWS <= rowEnd; row += ROWS) {
      sumRowsF32(weights, cols, row, x, xOffset, sums);
      reduce(sums, 0, ROWS, out, outOffset + row);
    }
    if (row < rowEnd && rowEnd - rowStart >= ROWS) {
      // The last rows once more, with some of those before: the same bits, in compiled code.
      sumRowsF32(weights, cols, rowEnd - ROWS, x, xOffset, sums);
      reduce(sums, 0, ROWS, out, outOffset + rowEnd - ROWS);
      row = rowEnd;
    }
    for (; row < rowEnd; row++) {
      sumRowF32(weights, cols, row, x, xOffset, sums);
      reduce(sums, 0, 1, out, outOffset + row);
    }
    int whole = FLOATS.loopBound(cols);
    for (int r = rowStart; whole < cols && r < rowEnd; r++) {
      float sum = out[outOffset + r];
      for (int c = whole; c < cols; c++) {
        long at = ((long) r * cols + c) * Float.BYTES;
        sum = Math.fma(weights.get(FLOAT, at), x[xOffset + c], sum);
      }
      out[outOffset + r] = sum;
    }
  }

  private static void sumRowsF32(
      MemorySegment weights, int cols, int row, float[] x, int xOffset, float[] sums) {
    long rowBytes = (long) cols * Float.BYTES;
    long row0 = row * rowBytes;
    long row1 = row0 + rowBytes;
    long row2 = row1 + rowBytes;
    long row3 = row2 + rowBytes;
    long row4 = row3 + rowBytes;
    long row5 = row4 + rowBytes;
    long row6 = row5 + rowBytes;
    long row7 = row6 + rowBytes;
    FloatVector sum0 = FloatVector.zero(FLOATS);
    FloatVector sum1 = FloatVector.zero(FLOATS);
    FloatVector sum2 = FloatVector.zero(FLOATS);
    FloatVector sum3 = FloatVector.zero(FLOATS);
    FloatVector sum4 = FloatVector.zero(FLOATS);
    FloatVector sum5 = FloatVector.zero(FLOATS);
    FloatVector sum6 = FloatVector.zero(FLOATS);
    FloatVector sum7 = FloatVector.zero(FLOATS);
    int whole = FLOATS.loopBound(cols);
    for (int c = 0; c < whole; c += LANES) {
      long at = (long) c * Float.BYTES;
      FloatVector xs = FloatVector.fromArray(FLOATS, x, xOffset + c);
      sum0 = FloatVector.fromMemorySegment(FLOATS, weights, row0 + at, ORDER).fma(xs, sum0);
      sum1 = FloatVector.fromMemorySegment(FLOATS, weights, row1 + at, ORDER).fma(xs, sum1);
      sum2 = FloatVector.fromMemorySegment(FLOATS, weights, row2 + at, ORDER).fma(xs, sum2);
      sum3 = FloatVector.fromMemorySegment(FLOATS, weights, row3 + at, ORDER).fma(xs, sum3);
      sum4 = FloatVector.fromMemorySegment(FLOATS, weights, row4 + at, ORDER).fma(xs, sum4);
      sum5 = FloatVector.fromMemorySegment(FLOATS, weights, row5 + at, ORDER).fma(xs, sum5);
      sum6 = FloatVector.fromMemorySegment(FLOATS, weights, row6 + at, ORDER).fma(xs, sum6);
      sum7 = FloatVector.fromMemorySegment(FLOATS, weights, row7 + at, ORDER).fma(xs, sum7);
    }
    sum0.intoArray(sums, 0);
    sum1.intoArray(sums, LANES);
    sum2.intoArray(sums, 2 * LANES);
    sum3.intoArray(sums, 3 * LANES);
    sum4.intoArray(sums, 4 * LANES);
    sum5.intoArray(sums, 5 * LANES);
    sum6.intoArray(sums, 6 * LANES);
    sum7.intoArray(sums, 7 * LANES);
  }

  private static void sumRowF32(
      MemorySegment weights, int cols, int row, float[] x, int xOffset, float[] sums) {
    long rowBytes = (long) cols * Float.BYTES;
    long row0 = row * rowBytes;
    FloatVector sum0 = FloatVector.zero(FLOATS);
    int whole = FLOATS.loopBound(cols);
    for (int c = 0; c < whole; c += LANES) {
      long at = (long) c * Float.BYTES;
      FloatVector xs = FloatVector.fromArray(FLOATS, x, xOffset + c);
      sum0 = FloatVector.fromMemorySegment(FLOATS, weights, row0 + at, ORDER).fma(xs, sum0);
    }
    sum0.intoArray(sums, 0);
  }

  @Override
  public void multiplyBf16(
      MemorySegment weights,
      int cols,
      int rowStart,
      int rowEnd,
      float[] x,
      int xOffset,
      float[] out,
      int outOffset,
      float[] sums) {
    int row = rowStart;
    for (; row + ROWS <= rowEnd; row += ROWS) {
      sumRowsBf16(weights, cols, row, x, xOffset, sums);
      reduce(sums, 0, ROWS, out, outOffset + row);
    }
    if (row < rowEnd && rowEnd - rowStart >= ROWS) {
      // The last rows once more, with some of those before: the same bits, in compiled code.
      sumRowsBf16(weights, cols, rowEnd - ROWS, x, xOffset, sums);
      reduce(sums, 0, ROWS, out, outOffset + rowEnd - ROWS);
      row = rowEnd;
    }
    for (; row < rowEnd; row++) {
      sumRowBf16(weights, cols, row, x, xOffset, sums);
      reduce(sums, 0, 1, out, outOffset + row);
    }
    int whole = FLOATS.loopBound(cols);
    for (int r = rowStart; whole < cols && r < rowEnd; r++) {
      float sum = out[outOffset + r];
      for (int c = whole; c < cols; c++) {
        long at = ((long) r * cols + c) * Short.BYTES;
        sum = Math.fma(Float.intBitsToFloat(weights.get(SHORT, at) << 16), x[xOffset + c], sum);
      }
      out[outOffset + r] = sum;
    }
  }

  private static void sumRowsBf16(
      MemorySegment weights, int cols, int row, float[] x, int xOffset, float[] sums) {
    long rowBytes = (long) cols * Short.BYTES;
    long row0 = row * rowBytes;
    long row1 = row0 + rowBytes;
    long row2 = row1 + rowBytes;
    long row3 = row2 + rowBytes;
    long row4 = row3 + rowBytes;
    long row5 = row4 + rowBytes;
    long row6 = row5 + rowBytes;
    long row7 = row6 + rowBytes;
    FloatVector sum0 = FloatVector.zero(FLOATS);
    FloatVector sum1 = FloatVector.zero(FLOATS);
    FloatVector sum2 = FloatVector.zero(FLOATS);
    FloatVector sum3 = FloatVector.zero(FLOATS);
    FloatVector sum4 = FloatVector.zero(FLOATS);
    FloatVector sum5 = FloatVector.zero(FLOATS);
    FloatVector sum6 = FloatVector.zero(FLOATS);
    FloatVector sum7 = FloatVector.zero(FLOATS);
    int whole = FLOATS.loopBound(cols);
    for (int c = 0; c < whole; c += LANES) {
      long at = (long) c * Short.BYTES;
      FloatVector xs = FloatVector.fromArray(FLOATS, x, xOffset + c);
      sum0 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, weights, row0 + at, ORDER)
                      .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, 16)
              .reinterpretAsFloats()
              .fma(xs, sum0);
      sum1 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, weights, row1 + at, ORDER)
                      .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, 16)
              .reinterpretAsFloats()
              .fma(xs, sum1);
      sum2 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, weights, row2 + at, ORDER)
                      .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, 16)
              .reinterpretAsFloats()
              .fma(xs, sum2);
      sum3 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, weights, row3 + at, ORDER)
                      .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, 16)
              .reinterpretAsFloats()
              .fma(xs, sum3);
      sum4 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, weights, row4 + at, ORDER)
                      .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, 16)
              .reinterpretAsFloats()
              .fma(xs, sum4);
      sum5 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, weights, row5 + at, ORDER)
                      .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, 16)
              .reinterpretAsFloats()
              .fma(xs, sum5);
      sum6 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, weights, row6 + at, ORDER)
                      .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, 16)
              .reinterpretAsFloats()
              .fma(xs, sum6);
      sum7 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, weights, row7 + at, ORDER)
                      .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, 16)
              .reinterpretAsFloats()
              .fma(xs, sum7);
    }
    sum0.intoArray(sums, 0);
    sum1.intoArray(sums, LANES);
    sum2.intoArray(sums, 2 * LANES);
    sum3.intoArray(sums, 3 * LANES);
    sum4.intoArray(sums, 4 * LANES);
    sum5.intoArray(sums, 5 * LANES);
    sum6.intoArray(sums, 6 * LANES);
    sum7.intoArray(sums, 7 * LANES);
  }

  private static void sumRowBf16(
      MemorySegment weights, int cols, int row, float[] x, int xOffset, float[] sums) {
    long rowBytes = (long) cols * Short.BYTES;
    long row0 = row * rowBytes;
    FloatVector sum0 = FloatVector.zero(FLOATS);
    int whole = FLOATS.loopBound(cols);
    for (int c = 0; c < whole; c += LANES) {
      long at = (long) c * Short.BYTES;
      FloatVector xs = FloatVector.fromArray(FLOATS, x, xOffset + c);
      sum0 =
          ((IntVector)
                  ShortVector.fromMemorySegment(SHORTS, weights, row0 + at, ORDER)
                      .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0))
              .lanewise(VectorOperators.LSHL, 16)
              .reinterpretAsFloats()
              .fma(xs, sum0);
    }
    sum0.intoArray(sums, 0);
  }

  @Override
  public void multiplyF16(
      MemorySegment weights,
      int cols,
      int rowStart,
      int rowEnd,
      float[] x,
      int xOffset,
      float[] out,
      int outOffset,
      float[] sums) {
    for (int r = rowStart; r < rowEnd; r++) {
      sumRowF16(weights, cols, r, x, xOffset, sums);
      reduce(sums, 0, 1, out, outOffset + r);
      float sum = out[outOffset + r];
      for (int c = FLOATS.loopBound(cols); c < cols; c++) {
        long at = ((long) r * cols + c) * Short.BYTES;
        sum = Math.fma(Float.float16ToFloat(weights.get(SHORT, at)), x[xOffset + c], sum);
      }
      out[outOffset + r] = sum;
    }
  }

  // One row at a time: widening takes nine operations, which hide the multiply-add's latency.
  private static void sumRowF16(
      MemorySegment weights, int cols, int row, float[] x, int xOffset, float[] sums) {
    long start = (long) row * cols * Short.BYTES;
    FloatVector sum = FloatVector.zero(FLOATS);
    int whole = FLOATS.loopBound(cols);
    for (int c = 0; c < whole; c += LANES) {
      IntVector half =
          (IntVector)
              ShortVector.fromMemorySegment(SHORTS, weights, start + (long) c * Short.BYTES, ORDER)
                  .convertShape(VectorOperators.S2I, INTS, 0);
      IntVector magnitude = half.and(HALF_MAGNITUDE).lanewise(VectorOperators.LSHL, 13);
      FloatVector finite = magnitude.reinterpretAsFloats().mul(HALF_REBIAS);
      VectorMask<Integer> special = magnitude.compare(VectorOperators.GE, HALF_SPECIAL);
      IntVector bits = finite.reinterpretAsInts().blend(magnitude.or(FLOAT_EXPONENT), special);
      sum =
          bits.or(half.and(FLOAT_SIGN))
              .reinterpretAsFloats()
              .fma(FloatVector.fromArray(FLOATS, x, xOffset + c), sum);
    }
    sum.intoArray(sums, 0);
  }

  @Override
  public void unpackF16(
      MemorySegment weights, long first, float[] panel, int panelOffset, int count) {
    int whole = FLOATS.loopBound(count);
    long start = first * Short.BYTES;
    for (int i = 0; i < whole; i += LANES) {
      IntVector half =
          (IntVector)
              ShortVector.fromMemorySegment(SHORTS, weights, start + (long) i * Short.BYTES, ORDER)
                  .convertShape(VectorOperators.S2I, INTS, 0);
      IntVector magnitude = half.and(HALF_MAGNITUDE).lanewise(VectorOperators.LSHL, 13);
      FloatVector finite = magnitude.reinterpretAsFloats().mul(HALF_REBIAS);
      VectorMask<Integer> special = magnitude.compare(VectorOperators.GE, HALF_SPECIAL);
      IntVector bits = finite.reinterpretAsInts().blend(magnitude.or(FLOAT_EXPONENT), special);
      bits.or(half.and(FLOAT_SIGN)).reinterpretAsFloats().intoArray(panel, panelOffset + i);
    }
    for (int i = whole; i < count; i++) {
      panel[panelOffset + i] =
          Float.float16ToFloat(weights.get(SHORT, start + (long) i * Short.BYTES));
    }
  }

  @Override
  public void unpackBf16(
      MemorySegment weights, long first, float[] panel, int panelOffset, int count) {
    int whole = FLOATS.loopBound(count);
    long start = first * Short.BYTES;
    for (int i = 0; i < whole; i += LANES) {
      ((IntVector)
              ShortVector.fromMemorySegment(SHORTS, weights, start + (long) i * Short.BYTES, ORDER)
                  .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0))
          .lanewise(VectorOperators.LSHL, 16)
          .reinterpretAsFloats()
          .intoArray(panel, panelOffset + i);
    }
    for (int i = whole; i < count; i++) {
      panel[panelOffset + i] =
          Float.intBitsToFloat(weights.get(SHORT, start + (long) i * Short.BYTES) << 16);
    }
  }

  @Override
  public void multiplyTile(
      float[] panel,
      int panelOffset,
      int panelStride,
      int cols,
      float[] x,
      int x0,
      int x1,
      int x2,
      int x3,
      float[] sums,
      int sumsOffset) {
    int p0 = panelOffset;
    int p1 = p0 + panelStride;
    int p2 = p1 + panelStride;
    int p3 = p2 + panelStride;
    FloatVector s00 = FloatVector.fromArray(FLOATS, sums, sumsOffset);
    FloatVector s01 = FloatVector.fromArray(FLOATS, sums, sumsOffset + LANES);
    FloatVector s02 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 2 * LANES);
    FloatVector s03 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 3 * LANES);
    FloatVector s10 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 4 * LANES);
    FloatVector s11 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 5 * LANES);
    FloatVector s12 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 6 * LANES);
    FloatVector s13 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 7 * LANES);
    FloatVector s20 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 8 * LANES);
    FloatVector s21 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 9 * LANES);
    FloatVector s22 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 10 * LANES);
    FloatVector s23 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 11 * LANES);
    FloatVector s30 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 12 * LANES);
    FloatVector s31 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 13 * LANES);
    FloatVector s32 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 14 * LANES);
    FloatVector s33 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 15 * LANES);
    for (int c = 0; c < cols; c += LANES) {
      FloatVector w0 = FloatVector.fromArray(FLOATS, panel, p0 + c);
      FloatVector w1 = FloatVector.fromArray(FLOATS, panel, p1 + c);
      FloatVector w2 = FloatVector.fromArray(FLOATS, panel, p2 + c);
      FloatVector w3 = FloatVector.fromArray(FLOATS, panel, p3 + c);
      FloatVector xs = FloatVector.fromArray(FLOATS, x, x0 + c);
      s00 = w0.fma(xs, s00);
      s10 = w1.fma(xs, s10);
      s20 = w2.fma(xs, s20);
      s30 = w3.fma(xs, s30);
      xs = FloatVector.fromArray(FLOATS, x, x1 + c);
      s01 = w0.fma(xs, s01);
      s11 = w1.fma(xs, s11);
      s21 = w2.fma(xs, s21);
      s31 = w3.fma(xs, s31);
      xs = FloatVector.fromArray(FLOATS, x, x2 + c);
      s02 = w0.fma(xs, s02);
      s12 = w1.fma(xs, s12);
      s22 = w2.fma(xs, s22);
      s32 = w3.fma(xs, s32);
      xs = FloatVector.fromArray(FLOATS, x, x3 + c);
      s03 = w0.fma(xs, s03);
      s13 = w1.fma(xs, s13);
      s23 = w2.fma(xs, s23);
      s33 = w3.fma(xs, s33);
    }
    s00.intoArray(sums, sumsOffset);
    s01.intoArray(sums, sumsOffset + LANES);
    s02.intoArray(sums, sumsOffset + 2 * LANES);
    s03.intoArray(sums, sumsOffset + 3 * LANES);
    s10.intoArray(sums, sumsOffset + 4 * LANES);
    s11.intoArray(sums, sumsOffset + 5 * LANES);
    s12.intoArray(sums, sumsOffset + 6 * LANES);
    s13.intoArray(sums, sumsOffset + 7 * LANES);
    s20.intoArray(sums, sumsOffset + 8 * LANES);
    s21.intoArray(sums, sumsOffset + 9 * LANES);
    s22.intoArray(sums, sumsOffset + 10 * LANES);
    s23.intoArray(sums, sumsOffset + 11 * LANES);
    s30.intoArray(sums, sumsOffset + 12 * LANES);
    s31.intoArray(sums, sumsOffset + 13 * LANES);
    s32.intoArray(sums, sumsOffset + 14 * LANES);
    s33.intoArray(sums, sumsOffset + 15 * LANES);
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
