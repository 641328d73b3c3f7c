// Generated from scripts/kernels/VectorFloatLoops.template: do not edit.
// Change the template and run scripts/GenerateKernels.java.
package io.github.jmixtral.internal.kernel;

import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_S2I;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loops of {@link VectorMatrixKernels} that keep many sums in registers. {@link
 * VectorQuantizedKernels} says why the arithmetic stands inline; partial sums leave through arrays
 * for the same reason.
 */
final class VectorFloatLoops {

  private static final VectorSpecies<Float> FLOATS = VectorWidth.FLOATS;
  private static final VectorSpecies<Integer> INTS = VectorWidth.INTS;
  private static final VectorSpecies<Short> HALVES = VectorWidth.HALVES;
  private static final int LANES = FLOATS.length();
  private static final ByteOrder ORDER = LittleEndian.ORDER;

  private VectorFloatLoops() {}

  /** {@link MatrixKernels#sumRows} of 32-bit floats. */
  static void sumRowsF32(
      MemorySegment weights, int cols, int row, int count, float[] x, int xOffset, float[] sums) {
    long rowBytes = (long) cols * Float.BYTES;
    long row0 = (row + Math.min(0, count - 1)) * rowBytes;
    FloatVector sum0 = FloatVector.zero(FLOATS);
    long row1 = (row + Math.min(1, count - 1)) * rowBytes;
    FloatVector sum1 = FloatVector.zero(FLOATS);
    long row2 = (row + Math.min(2, count - 1)) * rowBytes;
    FloatVector sum2 = FloatVector.zero(FLOATS);
    long row3 = (row + Math.min(3, count - 1)) * rowBytes;
    FloatVector sum3 = FloatVector.zero(FLOATS);
    long row4 = (row + Math.min(4, count - 1)) * rowBytes;
    FloatVector sum4 = FloatVector.zero(FLOATS);
    long row5 = (row + Math.min(5, count - 1)) * rowBytes;
    FloatVector sum5 = FloatVector.zero(FLOATS);
    long row6 = (row + Math.min(6, count - 1)) * rowBytes;
    FloatVector sum6 = FloatVector.zero(FLOATS);
    long row7 = (row + Math.min(7, count - 1)) * rowBytes;
    FloatVector sum7 = FloatVector.zero(FLOATS);
    int whole = FLOATS.loopBound(cols);
    for (int c = 0; c < whole; c += LANES) {
      long at = (long) c * Float.BYTES;
      FloatVector xs = FloatVector.fromArray(FLOATS, x, xOffset + c);
      FloatVector weights0 = FloatVector.fromMemorySegment(FLOATS, weights, row0 + at, ORDER);
      sum0 = weights0.fma(xs, sum0);
      FloatVector weights1 = FloatVector.fromMemorySegment(FLOATS, weights, row1 + at, ORDER);
      sum1 = weights1.fma(xs, sum1);
      FloatVector weights2 = FloatVector.fromMemorySegment(FLOATS, weights, row2 + at, ORDER);
      sum2 = weights2.fma(xs, sum2);
      FloatVector weights3 = FloatVector.fromMemorySegment(FLOATS, weights, row3 + at, ORDER);
      sum3 = weights3.fma(xs, sum3);
      FloatVector weights4 = FloatVector.fromMemorySegment(FLOATS, weights, row4 + at, ORDER);
      sum4 = weights4.fma(xs, sum4);
      FloatVector weights5 = FloatVector.fromMemorySegment(FLOATS, weights, row5 + at, ORDER);
      sum5 = weights5.fma(xs, sum5);
      FloatVector weights6 = FloatVector.fromMemorySegment(FLOATS, weights, row6 + at, ORDER);
      sum6 = weights6.fma(xs, sum6);
      FloatVector weights7 = FloatVector.fromMemorySegment(FLOATS, weights, row7 + at, ORDER);
      sum7 = weights7.fma(xs, sum7);
    }
    sum0.intoArray(sums, 0 * LANES);
    sum1.intoArray(sums, 1 * LANES);
    sum2.intoArray(sums, 2 * LANES);
    sum3.intoArray(sums, 3 * LANES);
    sum4.intoArray(sums, 4 * LANES);
    sum5.intoArray(sums, 5 * LANES);
    sum6.intoArray(sums, 6 * LANES);
    sum7.intoArray(sums, 7 * LANES);
  }

  /** {@link MatrixKernels#sumRows} of bfloat16. */
  static void sumRowsBf16(
      MemorySegment weights, int cols, int row, int count, float[] x, int xOffset, float[] sums) {
    long rowBytes = (long) cols * Short.BYTES;
    long row0 = (row + Math.min(0, count - 1)) * rowBytes;
    FloatVector sum0 = FloatVector.zero(FLOATS);
    long row1 = (row + Math.min(1, count - 1)) * rowBytes;
    FloatVector sum1 = FloatVector.zero(FLOATS);
    long row2 = (row + Math.min(2, count - 1)) * rowBytes;
    FloatVector sum2 = FloatVector.zero(FLOATS);
    long row3 = (row + Math.min(3, count - 1)) * rowBytes;
    FloatVector sum3 = FloatVector.zero(FLOATS);
    long row4 = (row + Math.min(4, count - 1)) * rowBytes;
    FloatVector sum4 = FloatVector.zero(FLOATS);
    long row5 = (row + Math.min(5, count - 1)) * rowBytes;
    FloatVector sum5 = FloatVector.zero(FLOATS);
    long row6 = (row + Math.min(6, count - 1)) * rowBytes;
    FloatVector sum6 = FloatVector.zero(FLOATS);
    long row7 = (row + Math.min(7, count - 1)) * rowBytes;
    FloatVector sum7 = FloatVector.zero(FLOATS);
    int whole = FLOATS.loopBound(cols);
    for (int c = 0; c < whole; c += LANES) {
      long at = (long) c * Short.BYTES;
      FloatVector xs = FloatVector.fromArray(FLOATS, x, xOffset + c);
      FloatVector weights0 =
          ((IntVector)
                  ShortVector.fromMemorySegment(HALVES, weights, row0 + at, ORDER)
                      .convertShape(ZERO_EXTEND_S2I, INTS, 0))
              .lanewise(LSHL, Short.SIZE)
              .reinterpretAsFloats();
      sum0 = weights0.fma(xs, sum0);
      FloatVector weights1 =
          ((IntVector)
                  ShortVector.fromMemorySegment(HALVES, weights, row1 + at, ORDER)
                      .convertShape(ZERO_EXTEND_S2I, INTS, 0))
              .lanewise(LSHL, Short.SIZE)
              .reinterpretAsFloats();
      sum1 = weights1.fma(xs, sum1);
      FloatVector weights2 =
          ((IntVector)
                  ShortVector.fromMemorySegment(HALVES, weights, row2 + at, ORDER)
                      .convertShape(ZERO_EXTEND_S2I, INTS, 0))
              .lanewise(LSHL, Short.SIZE)
              .reinterpretAsFloats();
      sum2 = weights2.fma(xs, sum2);
      FloatVector weights3 =
          ((IntVector)
                  ShortVector.fromMemorySegment(HALVES, weights, row3 + at, ORDER)
                      .convertShape(ZERO_EXTEND_S2I, INTS, 0))
              .lanewise(LSHL, Short.SIZE)
              .reinterpretAsFloats();
      sum3 = weights3.fma(xs, sum3);
      FloatVector weights4 =
          ((IntVector)
                  ShortVector.fromMemorySegment(HALVES, weights, row4 + at, ORDER)
                      .convertShape(ZERO_EXTEND_S2I, INTS, 0))
              .lanewise(LSHL, Short.SIZE)
              .reinterpretAsFloats();
      sum4 = weights4.fma(xs, sum4);
      FloatVector weights5 =
          ((IntVector)
                  ShortVector.fromMemorySegment(HALVES, weights, row5 + at, ORDER)
                      .convertShape(ZERO_EXTEND_S2I, INTS, 0))
              .lanewise(LSHL, Short.SIZE)
              .reinterpretAsFloats();
      sum5 = weights5.fma(xs, sum5);
      FloatVector weights6 =
          ((IntVector)
                  ShortVector.fromMemorySegment(HALVES, weights, row6 + at, ORDER)
                      .convertShape(ZERO_EXTEND_S2I, INTS, 0))
              .lanewise(LSHL, Short.SIZE)
              .reinterpretAsFloats();
      sum6 = weights6.fma(xs, sum6);
      FloatVector weights7 =
          ((IntVector)
                  ShortVector.fromMemorySegment(HALVES, weights, row7 + at, ORDER)
                      .convertShape(ZERO_EXTEND_S2I, INTS, 0))
              .lanewise(LSHL, Short.SIZE)
              .reinterpretAsFloats();
      sum7 = weights7.fma(xs, sum7);
    }
    sum0.intoArray(sums, 0 * LANES);
    sum1.intoArray(sums, 1 * LANES);
    sum2.intoArray(sums, 2 * LANES);
    sum3.intoArray(sums, 3 * LANES);
    sum4.intoArray(sums, 4 * LANES);
    sum5.intoArray(sums, 5 * LANES);
    sum6.intoArray(sums, 6 * LANES);
    sum7.intoArray(sums, 7 * LANES);
  }

  /** {@link MatrixKernels#multiplyTile}. */
  static void multiplyTile(
      float[] panel,
      int panelOffset,
      int panelStride,
      int cols,
      float[] x,
      int[] xOffsets,
      float[] sums,
      int sumsOffset) {
    int row0 = panelOffset + 0 * panelStride;
    int x0 = xOffsets[0];
    int row1 = panelOffset + 1 * panelStride;
    int x1 = xOffsets[1];
    int row2 = panelOffset + 2 * panelStride;
    int x2 = xOffsets[2];
    int row3 = panelOffset + 3 * panelStride;
    int x3 = xOffsets[3];
    FloatVector sum0of0 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 0 * LANES);
    FloatVector sum0of1 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 1 * LANES);
    FloatVector sum0of2 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 2 * LANES);
    FloatVector sum0of3 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 3 * LANES);
    FloatVector sum1of0 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 4 * LANES);
    FloatVector sum1of1 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 5 * LANES);
    FloatVector sum1of2 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 6 * LANES);
    FloatVector sum1of3 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 7 * LANES);
    FloatVector sum2of0 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 8 * LANES);
    FloatVector sum2of1 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 9 * LANES);
    FloatVector sum2of2 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 10 * LANES);
    FloatVector sum2of3 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 11 * LANES);
    FloatVector sum3of0 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 12 * LANES);
    FloatVector sum3of1 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 13 * LANES);
    FloatVector sum3of2 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 14 * LANES);
    FloatVector sum3of3 = FloatVector.fromArray(FLOATS, sums, sumsOffset + 15 * LANES);
    for (int c = 0; c < cols; c += LANES) {
      FloatVector weights0 = FloatVector.fromArray(FLOATS, panel, row0 + c);
      FloatVector weights1 = FloatVector.fromArray(FLOATS, panel, row1 + c);
      FloatVector weights2 = FloatVector.fromArray(FLOATS, panel, row2 + c);
      FloatVector weights3 = FloatVector.fromArray(FLOATS, panel, row3 + c);
      FloatVector xs0 = FloatVector.fromArray(FLOATS, x, x0 + c);
      sum0of0 = weights0.fma(xs0, sum0of0);
      sum1of0 = weights1.fma(xs0, sum1of0);
      sum2of0 = weights2.fma(xs0, sum2of0);
      sum3of0 = weights3.fma(xs0, sum3of0);
      FloatVector xs1 = FloatVector.fromArray(FLOATS, x, x1 + c);
      sum0of1 = weights0.fma(xs1, sum0of1);
      sum1of1 = weights1.fma(xs1, sum1of1);
      sum2of1 = weights2.fma(xs1, sum2of1);
      sum3of1 = weights3.fma(xs1, sum3of1);
      FloatVector xs2 = FloatVector.fromArray(FLOATS, x, x2 + c);
      sum0of2 = weights0.fma(xs2, sum0of2);
      sum1of2 = weights1.fma(xs2, sum1of2);
      sum2of2 = weights2.fma(xs2, sum2of2);
      sum3of2 = weights3.fma(xs2, sum3of2);
      FloatVector xs3 = FloatVector.fromArray(FLOATS, x, x3 + c);
      sum0of3 = weights0.fma(xs3, sum0of3);
      sum1of3 = weights1.fma(xs3, sum1of3);
      sum2of3 = weights2.fma(xs3, sum2of3);
      sum3of3 = weights3.fma(xs3, sum3of3);
    }
    sum0of0.intoArray(sums, sumsOffset + 0 * LANES);
    sum0of1.intoArray(sums, sumsOffset + 1 * LANES);
    sum0of2.intoArray(sums, sumsOffset + 2 * LANES);
    sum0of3.intoArray(sums, sumsOffset + 3 * LANES);
    sum1of0.intoArray(sums, sumsOffset + 4 * LANES);
    sum1of1.intoArray(sums, sumsOffset + 5 * LANES);
    sum1of2.intoArray(sums, sumsOffset + 6 * LANES);
    sum1of3.intoArray(sums, sumsOffset + 7 * LANES);
    sum2of0.intoArray(sums, sumsOffset + 8 * LANES);
    sum2of1.intoArray(sums, sumsOffset + 9 * LANES);
    sum2of2.intoArray(sums, sumsOffset + 10 * LANES);
    sum2of3.intoArray(sums, sumsOffset + 11 * LANES);
    sum3of0.intoArray(sums, sumsOffset + 12 * LANES);
    sum3of1.intoArray(sums, sumsOffset + 13 * LANES);
    sum3of2.intoArray(sums, sumsOffset + 14 * LANES);
    sum3of3.intoArray(sums, sumsOffset + 15 * LANES);
  }
}
