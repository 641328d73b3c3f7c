// Generated from scripts/kernels/VectorPanelLoops.template: do not edit.
// Change the template and run scripts/GenerateKernels.java.
package io.github.jmixtral.internal.kernel;

import static io.github.jmixtral.internal.kernel.QuantizedKernels.PAIRS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.PANEL_GROUP;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.PANEL_ROWS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.ROWS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.SUMS;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.S2I;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loops of {@link VectorQuantizedKernels} over panels: unpacking tiles into one, and
 * multiplying it with six tokens × two vectors of sums in registers. A row of a panel has two
 * neighbouring shorts for each pair of columns: a call multiplies those from {@code lane} on.
 *
 * <p>{@link VectorQuantizedKernels} says why the arithmetic stands inline.
 */
final class VectorPanelLoops {

  private static final VectorSpecies<Short> SHORTS = VectorWidth.SHORTS;
  private static final VectorSpecies<Integer> INTS = VectorWidth.INTS;
  private static final VectorSpecies<Float> FLOATS = VectorWidth.FLOATS;
  private static final VectorSpecies<Short> HALVES = VectorWidth.HALVES;
  private static final ByteOrder ORDER = LittleEndian.ORDER;
  private static final int SHORT_LANES = SHORTS.length();
  private static final int FLOAT_LANES = FLOATS.length();

  /** Shorts of a pair of columns that belong to one row. */
  private static final int LANES_OF_ROW = 2;

  /** From one row of shorts of a tile to the next. */
  private static final int SHORT_ROW_BYTES = LANES_OF_ROW * ROWS * Short.BYTES;

  /** From one pair of columns of a panel to the next, in shorts. */
  private static final int PAIR = LANES_OF_ROW * PANEL_ROWS;

  private VectorPanelLoops() {}

  /** One vector of each row of shorts of a tile, for some groups. */
  static void unpackNibbles(
      MemorySegment weights, long at, long groupBytes, int groups, short[] panel, int to) {
    for (int g = 0; g < groups; g++) {
      long tile = at + g * groupBytes;
      int group = to + g * PANEL_GROUP;
      IntVector ints0 =
          IntVector.fromMemorySegment(INTS, weights, tile + 0 * SHORT_ROW_BYTES, ORDER);
      ints0.reinterpretAsShorts().intoArray(panel, group + 0 * PAIR);
      ShortVector ints0By1 =
          ints0.lanewise(LSHR, 4).and(VectorQuantizedKernels.OWN_BITS_1).reinterpretAsShorts();
      ints0By1.intoArray(panel, group + 1 * PAIR);
      ShortVector ints0By2 =
          ints0.lanewise(LSHR, 8).and(VectorQuantizedKernels.OWN_BITS_2).reinterpretAsShorts();
      ints0By2.intoArray(panel, group + 2 * PAIR);
      ShortVector ints0By3 =
          ints0.lanewise(LSHR, 12).and(VectorQuantizedKernels.OWN_BITS_3).reinterpretAsShorts();
      ints0By3.intoArray(panel, group + 3 * PAIR);
      IntVector ints1 =
          IntVector.fromMemorySegment(INTS, weights, tile + 1 * SHORT_ROW_BYTES, ORDER);
      ints1.reinterpretAsShorts().intoArray(panel, group + 4 * PAIR);
      ShortVector ints1By1 =
          ints1.lanewise(LSHR, 4).and(VectorQuantizedKernels.OWN_BITS_1).reinterpretAsShorts();
      ints1By1.intoArray(panel, group + 5 * PAIR);
      ShortVector ints1By2 =
          ints1.lanewise(LSHR, 8).and(VectorQuantizedKernels.OWN_BITS_2).reinterpretAsShorts();
      ints1By2.intoArray(panel, group + 6 * PAIR);
      ShortVector ints1By3 =
          ints1.lanewise(LSHR, 12).and(VectorQuantizedKernels.OWN_BITS_3).reinterpretAsShorts();
      ints1By3.intoArray(panel, group + 7 * PAIR);
      IntVector ints2 =
          IntVector.fromMemorySegment(INTS, weights, tile + 2 * SHORT_ROW_BYTES, ORDER);
      ints2.reinterpretAsShorts().intoArray(panel, group + 8 * PAIR);
      ShortVector ints2By1 =
          ints2.lanewise(LSHR, 4).and(VectorQuantizedKernels.OWN_BITS_1).reinterpretAsShorts();
      ints2By1.intoArray(panel, group + 9 * PAIR);
      ShortVector ints2By2 =
          ints2.lanewise(LSHR, 8).and(VectorQuantizedKernels.OWN_BITS_2).reinterpretAsShorts();
      ints2By2.intoArray(panel, group + 10 * PAIR);
      ShortVector ints2By3 =
          ints2.lanewise(LSHR, 12).and(VectorQuantizedKernels.OWN_BITS_3).reinterpretAsShorts();
      ints2By3.intoArray(panel, group + 11 * PAIR);
      IntVector ints3 =
          IntVector.fromMemorySegment(INTS, weights, tile + 3 * SHORT_ROW_BYTES, ORDER);
      ints3.reinterpretAsShorts().intoArray(panel, group + 12 * PAIR);
      ShortVector ints3By1 =
          ints3.lanewise(LSHR, 4).and(VectorQuantizedKernels.OWN_BITS_1).reinterpretAsShorts();
      ints3By1.intoArray(panel, group + 13 * PAIR);
      ShortVector ints3By2 =
          ints3.lanewise(LSHR, 8).and(VectorQuantizedKernels.OWN_BITS_2).reinterpretAsShorts();
      ints3By2.intoArray(panel, group + 14 * PAIR);
      ShortVector ints3By3 =
          ints3.lanewise(LSHR, 12).and(VectorQuantizedKernels.OWN_BITS_3).reinterpretAsShorts();
      ints3By3.intoArray(panel, group + 15 * PAIR);
    }
  }

  /** The scales of a tile, for some groups. */
  static void unpackScales(
      MemorySegment weights, long at, long groupBytes, int groups, float[] scales, int to) {
    for (int g = 0; g < groups; g++) {
      for (int r = 0; r < ROWS; r += FLOAT_LANES) {
        long halves = at + g * groupBytes + r * Short.BYTES;
        IntVector scaleInts =
            (IntVector)
                ShortVector.fromMemorySegment(HALVES, weights, halves, ORDER)
                    .convertShape(S2I, INTS, 0);
        IntVector scaleBits =
            scaleInts
                .and(VectorMatrixKernels.HALF_MAGNITUDE)
                .lanewise(LSHL, 13)
                .add(VectorMatrixKernels.HALF_EXPONENTS_APART);
        VectorMask<Integer> scaleSubnormal =
            scaleBits.compare(LT, VectorMatrixKernels.SMALLEST_NORMAL_BITS);
        FloatVector scale =
            scaleBits
                .add(VectorMatrixKernels.ONE_EXPONENT, scaleSubnormal)
                .reinterpretAsFloats()
                .sub(VectorMatrixKernels.SMALLEST_NORMAL, scaleSubnormal.cast(FLOATS))
                .reinterpretAsInts()
                .or(scaleInts.and(VectorMatrixKernels.FLOAT_SIGN))
                .reinterpretAsFloats();
        scale.intoArray(scales, to + g * PANEL_ROWS + r);
      }
    }
  }

  /** Two vectors of rows × six tokens. */
  static void multiply4(
      short[] panel,
      float[] panelScales,
      int lane,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    int[] pairs = x.pairs();
    int[] corrections = x.corrections();
    float[] scales = x.scales();
    int firstRow = lane / LANES_OF_ROW;
    int to = sumsOffset + firstRow;
    int group0 = firstGroups[0];
    FloatVector sum0of0 = FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS);
    FloatVector sum0of1 = FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + FLOAT_LANES);
    int group1 = firstGroups[1];
    FloatVector sum1of0 = FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS);
    FloatVector sum1of1 = FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + FLOAT_LANES);
    int group2 = firstGroups[2];
    FloatVector sum2of0 = FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS);
    FloatVector sum2of1 = FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + FLOAT_LANES);
    int group3 = firstGroups[3];
    FloatVector sum3of0 = FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS);
    FloatVector sum3of1 = FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + FLOAT_LANES);
    int group4 = firstGroups[4];
    FloatVector sum4of0 = FloatVector.fromArray(FLOATS, sums, to + 4 * SUMS);
    FloatVector sum4of1 = FloatVector.fromArray(FLOATS, sums, to + 4 * SUMS + FLOAT_LANES);
    int group5 = firstGroups[5];
    FloatVector sum5of0 = FloatVector.fromArray(FLOATS, sums, to + 5 * SUMS);
    FloatVector sum5of1 = FloatVector.fromArray(FLOATS, sums, to + 5 * SUMS + FLOAT_LANES);
    for (int g = 0; g < groups; g++) {
      ShortVector lanes0of0 =
          IntVector.broadcast(INTS, corrections[group0 + g]).reinterpretAsShorts();
      ShortVector lanes0of1 = lanes0of0;
      ShortVector lanes1of0 =
          IntVector.broadcast(INTS, corrections[group1 + g]).reinterpretAsShorts();
      ShortVector lanes1of1 = lanes1of0;
      ShortVector lanes2of0 =
          IntVector.broadcast(INTS, corrections[group2 + g]).reinterpretAsShorts();
      ShortVector lanes2of1 = lanes2of0;
      ShortVector lanes3of0 =
          IntVector.broadcast(INTS, corrections[group3 + g]).reinterpretAsShorts();
      ShortVector lanes3of1 = lanes3of0;
      ShortVector lanes4of0 =
          IntVector.broadcast(INTS, corrections[group4 + g]).reinterpretAsShorts();
      ShortVector lanes4of1 = lanes4of0;
      ShortVector lanes5of0 =
          IntVector.broadcast(INTS, corrections[group5 + g]).reinterpretAsShorts();
      ShortVector lanes5of1 = lanes5of0;
      int weight = g * PANEL_GROUP + lane;
      int pair = g * PAIRS;
      for (int i = 0; i < PAIRS; i++) {
        ShortVector weights0 = ShortVector.fromArray(SHORTS, panel, weight + i * PAIR);
        ShortVector weights1 =
            ShortVector.fromArray(SHORTS, panel, weight + i * PAIR + SHORT_LANES);
        ShortVector x0 =
            IntVector.broadcast(INTS, pairs[group0 * PAIRS + pair + i]).reinterpretAsShorts();
        lanes0of0 = lanes0of0.add(weights0.mul(x0));
        lanes0of1 = lanes0of1.add(weights1.mul(x0));
        ShortVector x1 =
            IntVector.broadcast(INTS, pairs[group1 * PAIRS + pair + i]).reinterpretAsShorts();
        lanes1of0 = lanes1of0.add(weights0.mul(x1));
        lanes1of1 = lanes1of1.add(weights1.mul(x1));
        ShortVector x2 =
            IntVector.broadcast(INTS, pairs[group2 * PAIRS + pair + i]).reinterpretAsShorts();
        lanes2of0 = lanes2of0.add(weights0.mul(x2));
        lanes2of1 = lanes2of1.add(weights1.mul(x2));
        ShortVector x3 =
            IntVector.broadcast(INTS, pairs[group3 * PAIRS + pair + i]).reinterpretAsShorts();
        lanes3of0 = lanes3of0.add(weights0.mul(x3));
        lanes3of1 = lanes3of1.add(weights1.mul(x3));
        ShortVector x4 =
            IntVector.broadcast(INTS, pairs[group4 * PAIRS + pair + i]).reinterpretAsShorts();
        lanes4of0 = lanes4of0.add(weights0.mul(x4));
        lanes4of1 = lanes4of1.add(weights1.mul(x4));
        ShortVector x5 =
            IntVector.broadcast(INTS, pairs[group5 * PAIRS + pair + i]).reinterpretAsShorts();
        lanes5of0 = lanes5of0.add(weights0.mul(x5));
        lanes5of1 = lanes5of1.add(weights1.mul(x5));
      }
      int scale = g * PANEL_ROWS + firstRow;
      FloatVector scale0 = FloatVector.fromArray(FLOATS, panelScales, scale);
      FloatVector scale1 = FloatVector.fromArray(FLOATS, panelScales, scale + FLOAT_LANES);
      IntVector totals0of0Lanes = lanes0of0.reinterpretAsInts();
      IntVector totals0of0 =
          totals0of0Lanes.add(totals0of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      sum0of0 =
          ((FloatVector) totals0of0.convert(I2F, 0)).fma(scale0.mul(scales[group0 + g]), sum0of0);
      IntVector totals0of1Lanes = lanes0of1.reinterpretAsInts();
      IntVector totals0of1 =
          totals0of1Lanes.add(totals0of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      sum0of1 =
          ((FloatVector) totals0of1.convert(I2F, 0)).fma(scale1.mul(scales[group0 + g]), sum0of1);
      IntVector totals1of0Lanes = lanes1of0.reinterpretAsInts();
      IntVector totals1of0 =
          totals1of0Lanes.add(totals1of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      sum1of0 =
          ((FloatVector) totals1of0.convert(I2F, 0)).fma(scale0.mul(scales[group1 + g]), sum1of0);
      IntVector totals1of1Lanes = lanes1of1.reinterpretAsInts();
      IntVector totals1of1 =
          totals1of1Lanes.add(totals1of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      sum1of1 =
          ((FloatVector) totals1of1.convert(I2F, 0)).fma(scale1.mul(scales[group1 + g]), sum1of1);
      IntVector totals2of0Lanes = lanes2of0.reinterpretAsInts();
      IntVector totals2of0 =
          totals2of0Lanes.add(totals2of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      sum2of0 =
          ((FloatVector) totals2of0.convert(I2F, 0)).fma(scale0.mul(scales[group2 + g]), sum2of0);
      IntVector totals2of1Lanes = lanes2of1.reinterpretAsInts();
      IntVector totals2of1 =
          totals2of1Lanes.add(totals2of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      sum2of1 =
          ((FloatVector) totals2of1.convert(I2F, 0)).fma(scale1.mul(scales[group2 + g]), sum2of1);
      IntVector totals3of0Lanes = lanes3of0.reinterpretAsInts();
      IntVector totals3of0 =
          totals3of0Lanes.add(totals3of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      sum3of0 =
          ((FloatVector) totals3of0.convert(I2F, 0)).fma(scale0.mul(scales[group3 + g]), sum3of0);
      IntVector totals3of1Lanes = lanes3of1.reinterpretAsInts();
      IntVector totals3of1 =
          totals3of1Lanes.add(totals3of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      sum3of1 =
          ((FloatVector) totals3of1.convert(I2F, 0)).fma(scale1.mul(scales[group3 + g]), sum3of1);
      IntVector totals4of0Lanes = lanes4of0.reinterpretAsInts();
      IntVector totals4of0 =
          totals4of0Lanes.add(totals4of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      sum4of0 =
          ((FloatVector) totals4of0.convert(I2F, 0)).fma(scale0.mul(scales[group4 + g]), sum4of0);
      IntVector totals4of1Lanes = lanes4of1.reinterpretAsInts();
      IntVector totals4of1 =
          totals4of1Lanes.add(totals4of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      sum4of1 =
          ((FloatVector) totals4of1.convert(I2F, 0)).fma(scale1.mul(scales[group4 + g]), sum4of1);
      IntVector totals5of0Lanes = lanes5of0.reinterpretAsInts();
      IntVector totals5of0 =
          totals5of0Lanes.add(totals5of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      sum5of0 =
          ((FloatVector) totals5of0.convert(I2F, 0)).fma(scale0.mul(scales[group5 + g]), sum5of0);
      IntVector totals5of1Lanes = lanes5of1.reinterpretAsInts();
      IntVector totals5of1 =
          totals5of1Lanes.add(totals5of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      sum5of1 =
          ((FloatVector) totals5of1.convert(I2F, 0)).fma(scale1.mul(scales[group5 + g]), sum5of1);
    }
    sum0of0.intoArray(sums, to + 0 * SUMS);
    sum0of1.intoArray(sums, to + 0 * SUMS + FLOAT_LANES);
    sum1of0.intoArray(sums, to + 1 * SUMS);
    sum1of1.intoArray(sums, to + 1 * SUMS + FLOAT_LANES);
    sum2of0.intoArray(sums, to + 2 * SUMS);
    sum2of1.intoArray(sums, to + 2 * SUMS + FLOAT_LANES);
    sum3of0.intoArray(sums, to + 3 * SUMS);
    sum3of1.intoArray(sums, to + 3 * SUMS + FLOAT_LANES);
    sum4of0.intoArray(sums, to + 4 * SUMS);
    sum4of1.intoArray(sums, to + 4 * SUMS + FLOAT_LANES);
    sum5of0.intoArray(sums, to + 5 * SUMS);
    sum5of1.intoArray(sums, to + 5 * SUMS + FLOAT_LANES);
  }

  /** One vector of rows × six tokens: the two planes take the place of the second vector. */
  static void multiply8(
      short[] highPanel,
      short[] lowPanel,
      float[] panelScales,
      int lane,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    int[] pairs = x.pairs();
    int[] corrections = x.corrections();
    float[] scales = x.scales();
    int firstRow = lane / LANES_OF_ROW;
    int to = sumsOffset + firstRow;
    int group0 = firstGroups[0];
    FloatVector sum0 = FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS);
    int group1 = firstGroups[1];
    FloatVector sum1 = FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS);
    int group2 = firstGroups[2];
    FloatVector sum2 = FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS);
    int group3 = firstGroups[3];
    FloatVector sum3 = FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS);
    int group4 = firstGroups[4];
    FloatVector sum4 = FloatVector.fromArray(FLOATS, sums, to + 4 * SUMS);
    int group5 = firstGroups[5];
    FloatVector sum5 = FloatVector.fromArray(FLOATS, sums, to + 5 * SUMS);
    for (int g = 0; g < groups; g++) {
      ShortVector high0 = IntVector.broadcast(INTS, corrections[group0 + g]).reinterpretAsShorts();
      ShortVector low0 = ShortVector.zero(SHORTS);
      ShortVector high1 = IntVector.broadcast(INTS, corrections[group1 + g]).reinterpretAsShorts();
      ShortVector low1 = ShortVector.zero(SHORTS);
      ShortVector high2 = IntVector.broadcast(INTS, corrections[group2 + g]).reinterpretAsShorts();
      ShortVector low2 = ShortVector.zero(SHORTS);
      ShortVector high3 = IntVector.broadcast(INTS, corrections[group3 + g]).reinterpretAsShorts();
      ShortVector low3 = ShortVector.zero(SHORTS);
      ShortVector high4 = IntVector.broadcast(INTS, corrections[group4 + g]).reinterpretAsShorts();
      ShortVector low4 = ShortVector.zero(SHORTS);
      ShortVector high5 = IntVector.broadcast(INTS, corrections[group5 + g]).reinterpretAsShorts();
      ShortVector low5 = ShortVector.zero(SHORTS);
      int weight = g * PANEL_GROUP + lane;
      int pair = g * PAIRS;
      for (int i = 0; i < PAIRS; i++) {
        ShortVector high = ShortVector.fromArray(SHORTS, highPanel, weight + i * PAIR);
        ShortVector low = ShortVector.fromArray(SHORTS, lowPanel, weight + i * PAIR);
        ShortVector x0 =
            IntVector.broadcast(INTS, pairs[group0 * PAIRS + pair + i]).reinterpretAsShorts();
        high0 = high0.add(high.mul(x0));
        low0 = low0.add(low.mul(x0));
        ShortVector x1 =
            IntVector.broadcast(INTS, pairs[group1 * PAIRS + pair + i]).reinterpretAsShorts();
        high1 = high1.add(high.mul(x1));
        low1 = low1.add(low.mul(x1));
        ShortVector x2 =
            IntVector.broadcast(INTS, pairs[group2 * PAIRS + pair + i]).reinterpretAsShorts();
        high2 = high2.add(high.mul(x2));
        low2 = low2.add(low.mul(x2));
        ShortVector x3 =
            IntVector.broadcast(INTS, pairs[group3 * PAIRS + pair + i]).reinterpretAsShorts();
        high3 = high3.add(high.mul(x3));
        low3 = low3.add(low.mul(x3));
        ShortVector x4 =
            IntVector.broadcast(INTS, pairs[group4 * PAIRS + pair + i]).reinterpretAsShorts();
        high4 = high4.add(high.mul(x4));
        low4 = low4.add(low.mul(x4));
        ShortVector x5 =
            IntVector.broadcast(INTS, pairs[group5 * PAIRS + pair + i]).reinterpretAsShorts();
        high5 = high5.add(high.mul(x5));
        low5 = low5.add(low.mul(x5));
      }
      FloatVector scale = FloatVector.fromArray(FLOATS, panelScales, g * PANEL_ROWS + firstRow);
      IntVector highTotals0Lanes = high0.reinterpretAsInts();
      IntVector highTotals0 =
          highTotals0Lanes.add(highTotals0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      IntVector lowTotals0Lanes = low0.reinterpretAsInts();
      IntVector lowTotals0 =
          lowTotals0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(lowTotals0Lanes.lanewise(ASHR, 16));
      IntVector totals0 = highTotals0.lanewise(LSHL, 4).add(lowTotals0);
      sum0 = ((FloatVector) totals0.convert(I2F, 0)).fma(scale.mul(scales[group0 + g]), sum0);
      IntVector highTotals1Lanes = high1.reinterpretAsInts();
      IntVector highTotals1 =
          highTotals1Lanes.add(highTotals1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      IntVector lowTotals1Lanes = low1.reinterpretAsInts();
      IntVector lowTotals1 =
          lowTotals1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(lowTotals1Lanes.lanewise(ASHR, 16));
      IntVector totals1 = highTotals1.lanewise(LSHL, 4).add(lowTotals1);
      sum1 = ((FloatVector) totals1.convert(I2F, 0)).fma(scale.mul(scales[group1 + g]), sum1);
      IntVector highTotals2Lanes = high2.reinterpretAsInts();
      IntVector highTotals2 =
          highTotals2Lanes.add(highTotals2Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      IntVector lowTotals2Lanes = low2.reinterpretAsInts();
      IntVector lowTotals2 =
          lowTotals2Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(lowTotals2Lanes.lanewise(ASHR, 16));
      IntVector totals2 = highTotals2.lanewise(LSHL, 4).add(lowTotals2);
      sum2 = ((FloatVector) totals2.convert(I2F, 0)).fma(scale.mul(scales[group2 + g]), sum2);
      IntVector highTotals3Lanes = high3.reinterpretAsInts();
      IntVector highTotals3 =
          highTotals3Lanes.add(highTotals3Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      IntVector lowTotals3Lanes = low3.reinterpretAsInts();
      IntVector lowTotals3 =
          lowTotals3Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(lowTotals3Lanes.lanewise(ASHR, 16));
      IntVector totals3 = highTotals3.lanewise(LSHL, 4).add(lowTotals3);
      sum3 = ((FloatVector) totals3.convert(I2F, 0)).fma(scale.mul(scales[group3 + g]), sum3);
      IntVector highTotals4Lanes = high4.reinterpretAsInts();
      IntVector highTotals4 =
          highTotals4Lanes.add(highTotals4Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      IntVector lowTotals4Lanes = low4.reinterpretAsInts();
      IntVector lowTotals4 =
          lowTotals4Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(lowTotals4Lanes.lanewise(ASHR, 16));
      IntVector totals4 = highTotals4.lanewise(LSHL, 4).add(lowTotals4);
      sum4 = ((FloatVector) totals4.convert(I2F, 0)).fma(scale.mul(scales[group4 + g]), sum4);
      IntVector highTotals5Lanes = high5.reinterpretAsInts();
      IntVector highTotals5 =
          highTotals5Lanes.add(highTotals5Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      IntVector lowTotals5Lanes = low5.reinterpretAsInts();
      IntVector lowTotals5 =
          lowTotals5Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(lowTotals5Lanes.lanewise(ASHR, 16));
      IntVector totals5 = highTotals5.lanewise(LSHL, 4).add(lowTotals5);
      sum5 = ((FloatVector) totals5.convert(I2F, 0)).fma(scale.mul(scales[group5 + g]), sum5);
    }
    sum0.intoArray(sums, to + 0 * SUMS);
    sum1.intoArray(sums, to + 1 * SUMS);
    sum2.intoArray(sums, to + 2 * SUMS);
    sum3.intoArray(sums, to + 3 * SUMS);
    sum4.intoArray(sums, to + 4 * SUMS);
    sum5.intoArray(sums, to + 5 * SUMS);
  }
}
