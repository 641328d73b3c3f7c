// Generated from scripts/kernels/VectorSuperBlockPanelLoops.template: do not edit.
// Change the template and run scripts/GenerateKernels.java.
package io.github.jmixtral.internal.kernel;

import static io.github.jmixtral.internal.kernel.QuantizedKernels.PAIRS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.PANEL_ROWS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.SUMS;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loops of {@link VectorSuperBlockKernels} over panels of unpacked levels, for six tokens and
 * for four, which leave one place empty at most.
 *
 * <p>{@link VectorQuantizedKernels} says why the arithmetic stands inline.
 */
final class VectorSuperBlockPanelLoops {

  private static final VectorSpecies<Short> SHORTS = VectorWidth.SHORTS;
  private static final VectorSpecies<Integer> INTS = VectorWidth.INTS;
  private static final VectorSpecies<Float> FLOATS = VectorWidth.FLOATS;
  private static final int SHORT_LANES = SHORTS.length();
  private static final int FLOAT_LANES = FLOATS.length();

  /** Shorts of a pair of columns that belong to one row. */
  private static final int LANES_OF_ROW = 2;

  /** From one pair of columns of a panel to the next, in shorts. */
  private static final int PAIR = LANES_OF_ROW * PANEL_ROWS;

  private VectorSuperBlockPanelLoops() {}

  // Scales of 16 columns, levels of 2 and 3 bits.

  /** Two vectors of rows × 6 tokens. */
  static void multiplyNarrowHalves6(
      short[] levels,
      float[] panelScales,
      float[] superScales,
      int lane,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    int[] pairs = x.pairs();
    float[] scales = x.scales();
    int firstRow = lane / LANES_OF_ROW;
    int to = sumsOffset + firstRow;
    int group0 = firstGroups[0];
    FloatVector part0of0 = FloatVector.zero(FLOATS);
    FloatVector part0of1 = FloatVector.zero(FLOATS);
    int group1 = firstGroups[1];
    FloatVector part1of0 = FloatVector.zero(FLOATS);
    FloatVector part1of1 = FloatVector.zero(FLOATS);
    int group2 = firstGroups[2];
    FloatVector part2of0 = FloatVector.zero(FLOATS);
    FloatVector part2of1 = FloatVector.zero(FLOATS);
    int group3 = firstGroups[3];
    FloatVector part3of0 = FloatVector.zero(FLOATS);
    FloatVector part3of1 = FloatVector.zero(FLOATS);
    int group4 = firstGroups[4];
    FloatVector part4of0 = FloatVector.zero(FLOATS);
    FloatVector part4of1 = FloatVector.zero(FLOATS);
    int group5 = firstGroups[5];
    FloatVector part5of0 = FloatVector.zero(FLOATS);
    FloatVector part5of1 = FloatVector.zero(FLOATS);
    for (int k = 0; k < groups * 2; k++) {
      int g = k / 2;
      ShortVector lanes0of0 = ShortVector.zero(SHORTS);
      ShortVector lanes0of1 = lanes0of0;
      ShortVector lanes1of0 = ShortVector.zero(SHORTS);
      ShortVector lanes1of1 = lanes1of0;
      ShortVector lanes2of0 = ShortVector.zero(SHORTS);
      ShortVector lanes2of1 = lanes2of0;
      ShortVector lanes3of0 = ShortVector.zero(SHORTS);
      ShortVector lanes3of1 = lanes3of0;
      ShortVector lanes4of0 = ShortVector.zero(SHORTS);
      ShortVector lanes4of1 = lanes4of0;
      ShortVector lanes5of0 = ShortVector.zero(SHORTS);
      ShortVector lanes5of1 = lanes5of0;
      int weight = k * 8 * PAIR + lane;
      int pair = k * 8;
      for (int i = 0; i < 8; i++) {
        ShortVector weights0 = ShortVector.fromArray(SHORTS, levels, weight + i * PAIR);
        ShortVector weights1 =
            ShortVector.fromArray(SHORTS, levels, weight + i * PAIR + SHORT_LANES);
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
      int scale = k * PANEL_ROWS + firstRow;
      FloatVector scale0 = FloatVector.fromArray(FLOATS, panelScales, scale);
      FloatVector scale1 = FloatVector.fromArray(FLOATS, panelScales, scale + FLOAT_LANES);
      IntVector totals0of0Lanes = lanes0of0.reinterpretAsInts();
      IntVector totals0of0 =
          totals0of0Lanes.add(totals0of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part0of0 =
          ((FloatVector) totals0of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group0 + g]), part0of0);
      IntVector totals0of1Lanes = lanes0of1.reinterpretAsInts();
      IntVector totals0of1 =
          totals0of1Lanes.add(totals0of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part0of1 =
          ((FloatVector) totals0of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group0 + g]), part0of1);
      IntVector totals1of0Lanes = lanes1of0.reinterpretAsInts();
      IntVector totals1of0 =
          totals1of0Lanes.add(totals1of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part1of0 =
          ((FloatVector) totals1of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group1 + g]), part1of0);
      IntVector totals1of1Lanes = lanes1of1.reinterpretAsInts();
      IntVector totals1of1 =
          totals1of1Lanes.add(totals1of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part1of1 =
          ((FloatVector) totals1of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group1 + g]), part1of1);
      IntVector totals2of0Lanes = lanes2of0.reinterpretAsInts();
      IntVector totals2of0 =
          totals2of0Lanes.add(totals2of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part2of0 =
          ((FloatVector) totals2of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group2 + g]), part2of0);
      IntVector totals2of1Lanes = lanes2of1.reinterpretAsInts();
      IntVector totals2of1 =
          totals2of1Lanes.add(totals2of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part2of1 =
          ((FloatVector) totals2of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group2 + g]), part2of1);
      IntVector totals3of0Lanes = lanes3of0.reinterpretAsInts();
      IntVector totals3of0 =
          totals3of0Lanes.add(totals3of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part3of0 =
          ((FloatVector) totals3of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group3 + g]), part3of0);
      IntVector totals3of1Lanes = lanes3of1.reinterpretAsInts();
      IntVector totals3of1 =
          totals3of1Lanes.add(totals3of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part3of1 =
          ((FloatVector) totals3of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group3 + g]), part3of1);
      IntVector totals4of0Lanes = lanes4of0.reinterpretAsInts();
      IntVector totals4of0 =
          totals4of0Lanes.add(totals4of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part4of0 =
          ((FloatVector) totals4of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group4 + g]), part4of0);
      IntVector totals4of1Lanes = lanes4of1.reinterpretAsInts();
      IntVector totals4of1 =
          totals4of1Lanes.add(totals4of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part4of1 =
          ((FloatVector) totals4of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group4 + g]), part4of1);
      IntVector totals5of0Lanes = lanes5of0.reinterpretAsInts();
      IntVector totals5of0 =
          totals5of0Lanes.add(totals5of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part5of0 =
          ((FloatVector) totals5of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group5 + g]), part5of0);
      IntVector totals5of1Lanes = lanes5of1.reinterpretAsInts();
      IntVector totals5of1 =
          totals5of1Lanes.add(totals5of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part5of1 =
          ((FloatVector) totals5of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group5 + g]), part5of1);
    }
    FloatVector superScale0 = FloatVector.fromArray(FLOATS, superScales, firstRow);
    FloatVector superScale1 = FloatVector.fromArray(FLOATS, superScales, firstRow + FLOAT_LANES);
    superScale0
        .fma(part0of0, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part0of1, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part1of0, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part1of1, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part2of0, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part2of1, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part3of0, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part3of1, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part4of0, FloatVector.fromArray(FLOATS, sums, to + 4 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 4 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part4of1, FloatVector.fromArray(FLOATS, sums, to + 4 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 4 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part5of0, FloatVector.fromArray(FLOATS, sums, to + 5 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 5 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part5of1, FloatVector.fromArray(FLOATS, sums, to + 5 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 5 * SUMS + 1 * FLOAT_LANES);
  }

  /** Two vectors of rows × 4 tokens. */
  static void multiplyNarrowHalves4(
      short[] levels,
      float[] panelScales,
      float[] superScales,
      int lane,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    int[] pairs = x.pairs();
    float[] scales = x.scales();
    int firstRow = lane / LANES_OF_ROW;
    int to = sumsOffset + firstRow;
    int group0 = firstGroups[0];
    FloatVector part0of0 = FloatVector.zero(FLOATS);
    FloatVector part0of1 = FloatVector.zero(FLOATS);
    int group1 = firstGroups[1];
    FloatVector part1of0 = FloatVector.zero(FLOATS);
    FloatVector part1of1 = FloatVector.zero(FLOATS);
    int group2 = firstGroups[2];
    FloatVector part2of0 = FloatVector.zero(FLOATS);
    FloatVector part2of1 = FloatVector.zero(FLOATS);
    int group3 = firstGroups[3];
    FloatVector part3of0 = FloatVector.zero(FLOATS);
    FloatVector part3of1 = FloatVector.zero(FLOATS);
    for (int k = 0; k < groups * 2; k++) {
      int g = k / 2;
      ShortVector lanes0of0 = ShortVector.zero(SHORTS);
      ShortVector lanes0of1 = lanes0of0;
      ShortVector lanes1of0 = ShortVector.zero(SHORTS);
      ShortVector lanes1of1 = lanes1of0;
      ShortVector lanes2of0 = ShortVector.zero(SHORTS);
      ShortVector lanes2of1 = lanes2of0;
      ShortVector lanes3of0 = ShortVector.zero(SHORTS);
      ShortVector lanes3of1 = lanes3of0;
      int weight = k * 8 * PAIR + lane;
      int pair = k * 8;
      for (int i = 0; i < 8; i++) {
        ShortVector weights0 = ShortVector.fromArray(SHORTS, levels, weight + i * PAIR);
        ShortVector weights1 =
            ShortVector.fromArray(SHORTS, levels, weight + i * PAIR + SHORT_LANES);
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
      }
      int scale = k * PANEL_ROWS + firstRow;
      FloatVector scale0 = FloatVector.fromArray(FLOATS, panelScales, scale);
      FloatVector scale1 = FloatVector.fromArray(FLOATS, panelScales, scale + FLOAT_LANES);
      IntVector totals0of0Lanes = lanes0of0.reinterpretAsInts();
      IntVector totals0of0 =
          totals0of0Lanes.add(totals0of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part0of0 =
          ((FloatVector) totals0of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group0 + g]), part0of0);
      IntVector totals0of1Lanes = lanes0of1.reinterpretAsInts();
      IntVector totals0of1 =
          totals0of1Lanes.add(totals0of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part0of1 =
          ((FloatVector) totals0of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group0 + g]), part0of1);
      IntVector totals1of0Lanes = lanes1of0.reinterpretAsInts();
      IntVector totals1of0 =
          totals1of0Lanes.add(totals1of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part1of0 =
          ((FloatVector) totals1of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group1 + g]), part1of0);
      IntVector totals1of1Lanes = lanes1of1.reinterpretAsInts();
      IntVector totals1of1 =
          totals1of1Lanes.add(totals1of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part1of1 =
          ((FloatVector) totals1of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group1 + g]), part1of1);
      IntVector totals2of0Lanes = lanes2of0.reinterpretAsInts();
      IntVector totals2of0 =
          totals2of0Lanes.add(totals2of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part2of0 =
          ((FloatVector) totals2of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group2 + g]), part2of0);
      IntVector totals2of1Lanes = lanes2of1.reinterpretAsInts();
      IntVector totals2of1 =
          totals2of1Lanes.add(totals2of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part2of1 =
          ((FloatVector) totals2of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group2 + g]), part2of1);
      IntVector totals3of0Lanes = lanes3of0.reinterpretAsInts();
      IntVector totals3of0 =
          totals3of0Lanes.add(totals3of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part3of0 =
          ((FloatVector) totals3of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group3 + g]), part3of0);
      IntVector totals3of1Lanes = lanes3of1.reinterpretAsInts();
      IntVector totals3of1 =
          totals3of1Lanes.add(totals3of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
      part3of1 =
          ((FloatVector) totals3of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group3 + g]), part3of1);
    }
    FloatVector superScale0 = FloatVector.fromArray(FLOATS, superScales, firstRow);
    FloatVector superScale1 = FloatVector.fromArray(FLOATS, superScales, firstRow + FLOAT_LANES);
    superScale0
        .fma(part0of0, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part0of1, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part1of0, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part1of1, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part2of0, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part2of1, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part3of0, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part3of1, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 1 * FLOAT_LANES);
  }

  // Scales of 16 columns, levels of 6 bits.

  /** Two vectors of rows × 6 tokens. */
  static void multiplyWideHalves6(
      short[] levels,
      float[] panelScales,
      float[] superScales,
      int lane,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    int[] pairs = x.pairs();
    float[] scales = x.scales();
    int firstRow = lane / LANES_OF_ROW;
    int to = sumsOffset + firstRow;
    int group0 = firstGroups[0];
    FloatVector part0of0 = FloatVector.zero(FLOATS);
    FloatVector part0of1 = FloatVector.zero(FLOATS);
    int group1 = firstGroups[1];
    FloatVector part1of0 = FloatVector.zero(FLOATS);
    FloatVector part1of1 = FloatVector.zero(FLOATS);
    int group2 = firstGroups[2];
    FloatVector part2of0 = FloatVector.zero(FLOATS);
    FloatVector part2of1 = FloatVector.zero(FLOATS);
    int group3 = firstGroups[3];
    FloatVector part3of0 = FloatVector.zero(FLOATS);
    FloatVector part3of1 = FloatVector.zero(FLOATS);
    int group4 = firstGroups[4];
    FloatVector part4of0 = FloatVector.zero(FLOATS);
    FloatVector part4of1 = FloatVector.zero(FLOATS);
    int group5 = firstGroups[5];
    FloatVector part5of0 = FloatVector.zero(FLOATS);
    FloatVector part5of1 = FloatVector.zero(FLOATS);
    for (int k = 0; k < groups * 2; k++) {
      int g = k / 2;
      ShortVector lanes0of0 = ShortVector.zero(SHORTS);
      ShortVector lanes0of1 = lanes0of0;
      ShortVector lanes1of0 = ShortVector.zero(SHORTS);
      ShortVector lanes1of1 = lanes1of0;
      ShortVector lanes2of0 = ShortVector.zero(SHORTS);
      ShortVector lanes2of1 = lanes2of0;
      ShortVector lanes3of0 = ShortVector.zero(SHORTS);
      ShortVector lanes3of1 = lanes3of0;
      ShortVector lanes4of0 = ShortVector.zero(SHORTS);
      ShortVector lanes4of1 = lanes4of0;
      ShortVector lanes5of0 = ShortVector.zero(SHORTS);
      ShortVector lanes5of1 = lanes5of0;
      int weight = k * 8 * PAIR + lane;
      int pair = k * 8;
      for (int i = 0; i < 8; i++) {
        ShortVector weights0 = ShortVector.fromArray(SHORTS, levels, weight + i * PAIR);
        ShortVector weights1 =
            ShortVector.fromArray(SHORTS, levels, weight + i * PAIR + SHORT_LANES);
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
      int scale = k * PANEL_ROWS + firstRow;
      FloatVector scale0 = FloatVector.fromArray(FLOATS, panelScales, scale);
      FloatVector scale1 = FloatVector.fromArray(FLOATS, panelScales, scale + FLOAT_LANES);
      IntVector totals0of0Lanes = lanes0of0.reinterpretAsInts();
      IntVector totals0of0 =
          totals0of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals0of0Lanes.lanewise(ASHR, 16));
      part0of0 =
          ((FloatVector) totals0of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group0 + g]), part0of0);
      IntVector totals0of1Lanes = lanes0of1.reinterpretAsInts();
      IntVector totals0of1 =
          totals0of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals0of1Lanes.lanewise(ASHR, 16));
      part0of1 =
          ((FloatVector) totals0of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group0 + g]), part0of1);
      IntVector totals1of0Lanes = lanes1of0.reinterpretAsInts();
      IntVector totals1of0 =
          totals1of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals1of0Lanes.lanewise(ASHR, 16));
      part1of0 =
          ((FloatVector) totals1of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group1 + g]), part1of0);
      IntVector totals1of1Lanes = lanes1of1.reinterpretAsInts();
      IntVector totals1of1 =
          totals1of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals1of1Lanes.lanewise(ASHR, 16));
      part1of1 =
          ((FloatVector) totals1of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group1 + g]), part1of1);
      IntVector totals2of0Lanes = lanes2of0.reinterpretAsInts();
      IntVector totals2of0 =
          totals2of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals2of0Lanes.lanewise(ASHR, 16));
      part2of0 =
          ((FloatVector) totals2of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group2 + g]), part2of0);
      IntVector totals2of1Lanes = lanes2of1.reinterpretAsInts();
      IntVector totals2of1 =
          totals2of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals2of1Lanes.lanewise(ASHR, 16));
      part2of1 =
          ((FloatVector) totals2of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group2 + g]), part2of1);
      IntVector totals3of0Lanes = lanes3of0.reinterpretAsInts();
      IntVector totals3of0 =
          totals3of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals3of0Lanes.lanewise(ASHR, 16));
      part3of0 =
          ((FloatVector) totals3of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group3 + g]), part3of0);
      IntVector totals3of1Lanes = lanes3of1.reinterpretAsInts();
      IntVector totals3of1 =
          totals3of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals3of1Lanes.lanewise(ASHR, 16));
      part3of1 =
          ((FloatVector) totals3of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group3 + g]), part3of1);
      IntVector totals4of0Lanes = lanes4of0.reinterpretAsInts();
      IntVector totals4of0 =
          totals4of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals4of0Lanes.lanewise(ASHR, 16));
      part4of0 =
          ((FloatVector) totals4of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group4 + g]), part4of0);
      IntVector totals4of1Lanes = lanes4of1.reinterpretAsInts();
      IntVector totals4of1 =
          totals4of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals4of1Lanes.lanewise(ASHR, 16));
      part4of1 =
          ((FloatVector) totals4of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group4 + g]), part4of1);
      IntVector totals5of0Lanes = lanes5of0.reinterpretAsInts();
      IntVector totals5of0 =
          totals5of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals5of0Lanes.lanewise(ASHR, 16));
      part5of0 =
          ((FloatVector) totals5of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group5 + g]), part5of0);
      IntVector totals5of1Lanes = lanes5of1.reinterpretAsInts();
      IntVector totals5of1 =
          totals5of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals5of1Lanes.lanewise(ASHR, 16));
      part5of1 =
          ((FloatVector) totals5of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group5 + g]), part5of1);
    }
    FloatVector superScale0 = FloatVector.fromArray(FLOATS, superScales, firstRow);
    FloatVector superScale1 = FloatVector.fromArray(FLOATS, superScales, firstRow + FLOAT_LANES);
    superScale0
        .fma(part0of0, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part0of1, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part1of0, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part1of1, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part2of0, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part2of1, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part3of0, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part3of1, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part4of0, FloatVector.fromArray(FLOATS, sums, to + 4 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 4 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part4of1, FloatVector.fromArray(FLOATS, sums, to + 4 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 4 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part5of0, FloatVector.fromArray(FLOATS, sums, to + 5 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 5 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part5of1, FloatVector.fromArray(FLOATS, sums, to + 5 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 5 * SUMS + 1 * FLOAT_LANES);
  }

  /** Two vectors of rows × 4 tokens. */
  static void multiplyWideHalves4(
      short[] levels,
      float[] panelScales,
      float[] superScales,
      int lane,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    int[] pairs = x.pairs();
    float[] scales = x.scales();
    int firstRow = lane / LANES_OF_ROW;
    int to = sumsOffset + firstRow;
    int group0 = firstGroups[0];
    FloatVector part0of0 = FloatVector.zero(FLOATS);
    FloatVector part0of1 = FloatVector.zero(FLOATS);
    int group1 = firstGroups[1];
    FloatVector part1of0 = FloatVector.zero(FLOATS);
    FloatVector part1of1 = FloatVector.zero(FLOATS);
    int group2 = firstGroups[2];
    FloatVector part2of0 = FloatVector.zero(FLOATS);
    FloatVector part2of1 = FloatVector.zero(FLOATS);
    int group3 = firstGroups[3];
    FloatVector part3of0 = FloatVector.zero(FLOATS);
    FloatVector part3of1 = FloatVector.zero(FLOATS);
    for (int k = 0; k < groups * 2; k++) {
      int g = k / 2;
      ShortVector lanes0of0 = ShortVector.zero(SHORTS);
      ShortVector lanes0of1 = lanes0of0;
      ShortVector lanes1of0 = ShortVector.zero(SHORTS);
      ShortVector lanes1of1 = lanes1of0;
      ShortVector lanes2of0 = ShortVector.zero(SHORTS);
      ShortVector lanes2of1 = lanes2of0;
      ShortVector lanes3of0 = ShortVector.zero(SHORTS);
      ShortVector lanes3of1 = lanes3of0;
      int weight = k * 8 * PAIR + lane;
      int pair = k * 8;
      for (int i = 0; i < 8; i++) {
        ShortVector weights0 = ShortVector.fromArray(SHORTS, levels, weight + i * PAIR);
        ShortVector weights1 =
            ShortVector.fromArray(SHORTS, levels, weight + i * PAIR + SHORT_LANES);
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
      }
      int scale = k * PANEL_ROWS + firstRow;
      FloatVector scale0 = FloatVector.fromArray(FLOATS, panelScales, scale);
      FloatVector scale1 = FloatVector.fromArray(FLOATS, panelScales, scale + FLOAT_LANES);
      IntVector totals0of0Lanes = lanes0of0.reinterpretAsInts();
      IntVector totals0of0 =
          totals0of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals0of0Lanes.lanewise(ASHR, 16));
      part0of0 =
          ((FloatVector) totals0of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group0 + g]), part0of0);
      IntVector totals0of1Lanes = lanes0of1.reinterpretAsInts();
      IntVector totals0of1 =
          totals0of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals0of1Lanes.lanewise(ASHR, 16));
      part0of1 =
          ((FloatVector) totals0of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group0 + g]), part0of1);
      IntVector totals1of0Lanes = lanes1of0.reinterpretAsInts();
      IntVector totals1of0 =
          totals1of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals1of0Lanes.lanewise(ASHR, 16));
      part1of0 =
          ((FloatVector) totals1of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group1 + g]), part1of0);
      IntVector totals1of1Lanes = lanes1of1.reinterpretAsInts();
      IntVector totals1of1 =
          totals1of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals1of1Lanes.lanewise(ASHR, 16));
      part1of1 =
          ((FloatVector) totals1of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group1 + g]), part1of1);
      IntVector totals2of0Lanes = lanes2of0.reinterpretAsInts();
      IntVector totals2of0 =
          totals2of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals2of0Lanes.lanewise(ASHR, 16));
      part2of0 =
          ((FloatVector) totals2of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group2 + g]), part2of0);
      IntVector totals2of1Lanes = lanes2of1.reinterpretAsInts();
      IntVector totals2of1 =
          totals2of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals2of1Lanes.lanewise(ASHR, 16));
      part2of1 =
          ((FloatVector) totals2of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group2 + g]), part2of1);
      IntVector totals3of0Lanes = lanes3of0.reinterpretAsInts();
      IntVector totals3of0 =
          totals3of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals3of0Lanes.lanewise(ASHR, 16));
      part3of0 =
          ((FloatVector) totals3of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group3 + g]), part3of0);
      IntVector totals3of1Lanes = lanes3of1.reinterpretAsInts();
      IntVector totals3of1 =
          totals3of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals3of1Lanes.lanewise(ASHR, 16));
      part3of1 =
          ((FloatVector) totals3of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group3 + g]), part3of1);
    }
    FloatVector superScale0 = FloatVector.fromArray(FLOATS, superScales, firstRow);
    FloatVector superScale1 = FloatVector.fromArray(FLOATS, superScales, firstRow + FLOAT_LANES);
    superScale0
        .fma(part0of0, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part0of1, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part1of0, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part1of1, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part2of0, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part2of1, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part3of0, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part3of1, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 1 * FLOAT_LANES);
  }

  // Scales of 32 columns, levels of 4 bits.

  /** Two vectors of rows × 6 tokens. */
  static void multiplyGroups6(
      short[] levels,
      float[] panelScales,
      float[] superScales,
      int lane,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    int[] pairs = x.pairs();
    float[] scales = x.scales();
    int firstRow = lane / LANES_OF_ROW;
    int to = sumsOffset + firstRow;
    int group0 = firstGroups[0];
    FloatVector part0of0 = FloatVector.zero(FLOATS);
    FloatVector part0of1 = FloatVector.zero(FLOATS);
    int group1 = firstGroups[1];
    FloatVector part1of0 = FloatVector.zero(FLOATS);
    FloatVector part1of1 = FloatVector.zero(FLOATS);
    int group2 = firstGroups[2];
    FloatVector part2of0 = FloatVector.zero(FLOATS);
    FloatVector part2of1 = FloatVector.zero(FLOATS);
    int group3 = firstGroups[3];
    FloatVector part3of0 = FloatVector.zero(FLOATS);
    FloatVector part3of1 = FloatVector.zero(FLOATS);
    int group4 = firstGroups[4];
    FloatVector part4of0 = FloatVector.zero(FLOATS);
    FloatVector part4of1 = FloatVector.zero(FLOATS);
    int group5 = firstGroups[5];
    FloatVector part5of0 = FloatVector.zero(FLOATS);
    FloatVector part5of1 = FloatVector.zero(FLOATS);
    for (int k = 0; k < groups * 1; k++) {
      int g = k / 1;
      ShortVector lanes0of0 = ShortVector.zero(SHORTS);
      ShortVector lanes0of1 = lanes0of0;
      ShortVector lanes1of0 = ShortVector.zero(SHORTS);
      ShortVector lanes1of1 = lanes1of0;
      ShortVector lanes2of0 = ShortVector.zero(SHORTS);
      ShortVector lanes2of1 = lanes2of0;
      ShortVector lanes3of0 = ShortVector.zero(SHORTS);
      ShortVector lanes3of1 = lanes3of0;
      ShortVector lanes4of0 = ShortVector.zero(SHORTS);
      ShortVector lanes4of1 = lanes4of0;
      ShortVector lanes5of0 = ShortVector.zero(SHORTS);
      ShortVector lanes5of1 = lanes5of0;
      int weight = k * 16 * PAIR + lane;
      int pair = k * 16;
      for (int i = 0; i < 16; i++) {
        ShortVector weights0 = ShortVector.fromArray(SHORTS, levels, weight + i * PAIR);
        ShortVector weights1 =
            ShortVector.fromArray(SHORTS, levels, weight + i * PAIR + SHORT_LANES);
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
      int scale = k * PANEL_ROWS + firstRow;
      FloatVector scale0 = FloatVector.fromArray(FLOATS, panelScales, scale);
      FloatVector scale1 = FloatVector.fromArray(FLOATS, panelScales, scale + FLOAT_LANES);
      IntVector totals0of0Lanes = lanes0of0.reinterpretAsInts();
      IntVector totals0of0 =
          totals0of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals0of0Lanes.lanewise(ASHR, 16));
      part0of0 =
          ((FloatVector) totals0of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group0 + g]), part0of0);
      IntVector totals0of1Lanes = lanes0of1.reinterpretAsInts();
      IntVector totals0of1 =
          totals0of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals0of1Lanes.lanewise(ASHR, 16));
      part0of1 =
          ((FloatVector) totals0of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group0 + g]), part0of1);
      IntVector totals1of0Lanes = lanes1of0.reinterpretAsInts();
      IntVector totals1of0 =
          totals1of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals1of0Lanes.lanewise(ASHR, 16));
      part1of0 =
          ((FloatVector) totals1of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group1 + g]), part1of0);
      IntVector totals1of1Lanes = lanes1of1.reinterpretAsInts();
      IntVector totals1of1 =
          totals1of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals1of1Lanes.lanewise(ASHR, 16));
      part1of1 =
          ((FloatVector) totals1of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group1 + g]), part1of1);
      IntVector totals2of0Lanes = lanes2of0.reinterpretAsInts();
      IntVector totals2of0 =
          totals2of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals2of0Lanes.lanewise(ASHR, 16));
      part2of0 =
          ((FloatVector) totals2of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group2 + g]), part2of0);
      IntVector totals2of1Lanes = lanes2of1.reinterpretAsInts();
      IntVector totals2of1 =
          totals2of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals2of1Lanes.lanewise(ASHR, 16));
      part2of1 =
          ((FloatVector) totals2of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group2 + g]), part2of1);
      IntVector totals3of0Lanes = lanes3of0.reinterpretAsInts();
      IntVector totals3of0 =
          totals3of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals3of0Lanes.lanewise(ASHR, 16));
      part3of0 =
          ((FloatVector) totals3of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group3 + g]), part3of0);
      IntVector totals3of1Lanes = lanes3of1.reinterpretAsInts();
      IntVector totals3of1 =
          totals3of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals3of1Lanes.lanewise(ASHR, 16));
      part3of1 =
          ((FloatVector) totals3of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group3 + g]), part3of1);
      IntVector totals4of0Lanes = lanes4of0.reinterpretAsInts();
      IntVector totals4of0 =
          totals4of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals4of0Lanes.lanewise(ASHR, 16));
      part4of0 =
          ((FloatVector) totals4of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group4 + g]), part4of0);
      IntVector totals4of1Lanes = lanes4of1.reinterpretAsInts();
      IntVector totals4of1 =
          totals4of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals4of1Lanes.lanewise(ASHR, 16));
      part4of1 =
          ((FloatVector) totals4of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group4 + g]), part4of1);
      IntVector totals5of0Lanes = lanes5of0.reinterpretAsInts();
      IntVector totals5of0 =
          totals5of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals5of0Lanes.lanewise(ASHR, 16));
      part5of0 =
          ((FloatVector) totals5of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group5 + g]), part5of0);
      IntVector totals5of1Lanes = lanes5of1.reinterpretAsInts();
      IntVector totals5of1 =
          totals5of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals5of1Lanes.lanewise(ASHR, 16));
      part5of1 =
          ((FloatVector) totals5of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group5 + g]), part5of1);
    }
    FloatVector superScale0 = FloatVector.fromArray(FLOATS, superScales, firstRow);
    FloatVector superScale1 = FloatVector.fromArray(FLOATS, superScales, firstRow + FLOAT_LANES);
    superScale0
        .fma(part0of0, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part0of1, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part1of0, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part1of1, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part2of0, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part2of1, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part3of0, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part3of1, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part4of0, FloatVector.fromArray(FLOATS, sums, to + 4 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 4 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part4of1, FloatVector.fromArray(FLOATS, sums, to + 4 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 4 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part5of0, FloatVector.fromArray(FLOATS, sums, to + 5 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 5 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part5of1, FloatVector.fromArray(FLOATS, sums, to + 5 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 5 * SUMS + 1 * FLOAT_LANES);
  }

  /** Two vectors of rows × 4 tokens. */
  static void multiplyGroups4(
      short[] levels,
      float[] panelScales,
      float[] superScales,
      int lane,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    int[] pairs = x.pairs();
    float[] scales = x.scales();
    int firstRow = lane / LANES_OF_ROW;
    int to = sumsOffset + firstRow;
    int group0 = firstGroups[0];
    FloatVector part0of0 = FloatVector.zero(FLOATS);
    FloatVector part0of1 = FloatVector.zero(FLOATS);
    int group1 = firstGroups[1];
    FloatVector part1of0 = FloatVector.zero(FLOATS);
    FloatVector part1of1 = FloatVector.zero(FLOATS);
    int group2 = firstGroups[2];
    FloatVector part2of0 = FloatVector.zero(FLOATS);
    FloatVector part2of1 = FloatVector.zero(FLOATS);
    int group3 = firstGroups[3];
    FloatVector part3of0 = FloatVector.zero(FLOATS);
    FloatVector part3of1 = FloatVector.zero(FLOATS);
    for (int k = 0; k < groups * 1; k++) {
      int g = k / 1;
      ShortVector lanes0of0 = ShortVector.zero(SHORTS);
      ShortVector lanes0of1 = lanes0of0;
      ShortVector lanes1of0 = ShortVector.zero(SHORTS);
      ShortVector lanes1of1 = lanes1of0;
      ShortVector lanes2of0 = ShortVector.zero(SHORTS);
      ShortVector lanes2of1 = lanes2of0;
      ShortVector lanes3of0 = ShortVector.zero(SHORTS);
      ShortVector lanes3of1 = lanes3of0;
      int weight = k * 16 * PAIR + lane;
      int pair = k * 16;
      for (int i = 0; i < 16; i++) {
        ShortVector weights0 = ShortVector.fromArray(SHORTS, levels, weight + i * PAIR);
        ShortVector weights1 =
            ShortVector.fromArray(SHORTS, levels, weight + i * PAIR + SHORT_LANES);
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
      }
      int scale = k * PANEL_ROWS + firstRow;
      FloatVector scale0 = FloatVector.fromArray(FLOATS, panelScales, scale);
      FloatVector scale1 = FloatVector.fromArray(FLOATS, panelScales, scale + FLOAT_LANES);
      IntVector totals0of0Lanes = lanes0of0.reinterpretAsInts();
      IntVector totals0of0 =
          totals0of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals0of0Lanes.lanewise(ASHR, 16));
      part0of0 =
          ((FloatVector) totals0of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group0 + g]), part0of0);
      IntVector totals0of1Lanes = lanes0of1.reinterpretAsInts();
      IntVector totals0of1 =
          totals0of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals0of1Lanes.lanewise(ASHR, 16));
      part0of1 =
          ((FloatVector) totals0of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group0 + g]), part0of1);
      IntVector totals1of0Lanes = lanes1of0.reinterpretAsInts();
      IntVector totals1of0 =
          totals1of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals1of0Lanes.lanewise(ASHR, 16));
      part1of0 =
          ((FloatVector) totals1of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group1 + g]), part1of0);
      IntVector totals1of1Lanes = lanes1of1.reinterpretAsInts();
      IntVector totals1of1 =
          totals1of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals1of1Lanes.lanewise(ASHR, 16));
      part1of1 =
          ((FloatVector) totals1of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group1 + g]), part1of1);
      IntVector totals2of0Lanes = lanes2of0.reinterpretAsInts();
      IntVector totals2of0 =
          totals2of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals2of0Lanes.lanewise(ASHR, 16));
      part2of0 =
          ((FloatVector) totals2of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group2 + g]), part2of0);
      IntVector totals2of1Lanes = lanes2of1.reinterpretAsInts();
      IntVector totals2of1 =
          totals2of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals2of1Lanes.lanewise(ASHR, 16));
      part2of1 =
          ((FloatVector) totals2of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group2 + g]), part2of1);
      IntVector totals3of0Lanes = lanes3of0.reinterpretAsInts();
      IntVector totals3of0 =
          totals3of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals3of0Lanes.lanewise(ASHR, 16));
      part3of0 =
          ((FloatVector) totals3of0.convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group3 + g]), part3of0);
      IntVector totals3of1Lanes = lanes3of1.reinterpretAsInts();
      IntVector totals3of1 =
          totals3of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals3of1Lanes.lanewise(ASHR, 16));
      part3of1 =
          ((FloatVector) totals3of1.convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group3 + g]), part3of1);
    }
    FloatVector superScale0 = FloatVector.fromArray(FLOATS, superScales, firstRow);
    FloatVector superScale1 = FloatVector.fromArray(FLOATS, superScales, firstRow + FLOAT_LANES);
    superScale0
        .fma(part0of0, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part0of1, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part1of0, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part1of1, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part2of0, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part2of1, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part3of0, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part3of1, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 1 * FLOAT_LANES);
  }

  // Scales of 32 columns, levels of 5 bits less 16.

  /** Two vectors of rows × 6 tokens. */
  static void multiplyCenteredGroups6(
      short[] levels,
      float[] panelScales,
      float[] superScales,
      int lane,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    int[] pairs = x.pairs();
    float[] scales = x.scales();
    int firstRow = lane / LANES_OF_ROW;
    int to = sumsOffset + firstRow;
    int group0 = firstGroups[0];
    FloatVector part0of0 = FloatVector.zero(FLOATS);
    FloatVector part0of1 = FloatVector.zero(FLOATS);
    int group1 = firstGroups[1];
    FloatVector part1of0 = FloatVector.zero(FLOATS);
    FloatVector part1of1 = FloatVector.zero(FLOATS);
    int group2 = firstGroups[2];
    FloatVector part2of0 = FloatVector.zero(FLOATS);
    FloatVector part2of1 = FloatVector.zero(FLOATS);
    int group3 = firstGroups[3];
    FloatVector part3of0 = FloatVector.zero(FLOATS);
    FloatVector part3of1 = FloatVector.zero(FLOATS);
    int group4 = firstGroups[4];
    FloatVector part4of0 = FloatVector.zero(FLOATS);
    FloatVector part4of1 = FloatVector.zero(FLOATS);
    int group5 = firstGroups[5];
    FloatVector part5of0 = FloatVector.zero(FLOATS);
    FloatVector part5of1 = FloatVector.zero(FLOATS);
    for (int k = 0; k < groups * 1; k++) {
      int g = k / 1;
      ShortVector lanes0of0 = ShortVector.zero(SHORTS);
      ShortVector lanes0of1 = lanes0of0;
      ShortVector lanes1of0 = ShortVector.zero(SHORTS);
      ShortVector lanes1of1 = lanes1of0;
      ShortVector lanes2of0 = ShortVector.zero(SHORTS);
      ShortVector lanes2of1 = lanes2of0;
      ShortVector lanes3of0 = ShortVector.zero(SHORTS);
      ShortVector lanes3of1 = lanes3of0;
      ShortVector lanes4of0 = ShortVector.zero(SHORTS);
      ShortVector lanes4of1 = lanes4of0;
      ShortVector lanes5of0 = ShortVector.zero(SHORTS);
      ShortVector lanes5of1 = lanes5of0;
      int weight = k * 16 * PAIR + lane;
      int pair = k * 16;
      for (int i = 0; i < 16; i++) {
        ShortVector weights0 = ShortVector.fromArray(SHORTS, levels, weight + i * PAIR);
        ShortVector weights1 =
            ShortVector.fromArray(SHORTS, levels, weight + i * PAIR + SHORT_LANES);
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
      int scale = k * PANEL_ROWS + firstRow;
      FloatVector scale0 = FloatVector.fromArray(FLOATS, panelScales, scale);
      FloatVector scale1 = FloatVector.fromArray(FLOATS, panelScales, scale + FLOAT_LANES);
      IntVector totals0of0Lanes = lanes0of0.reinterpretAsInts();
      IntVector totals0of0 =
          totals0of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals0of0Lanes.lanewise(ASHR, 16));
      part0of0 =
          ((FloatVector) totals0of0.add(16 * x.sum(group0 + g)).convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group0 + g]), part0of0);
      IntVector totals0of1Lanes = lanes0of1.reinterpretAsInts();
      IntVector totals0of1 =
          totals0of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals0of1Lanes.lanewise(ASHR, 16));
      part0of1 =
          ((FloatVector) totals0of1.add(16 * x.sum(group0 + g)).convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group0 + g]), part0of1);
      IntVector totals1of0Lanes = lanes1of0.reinterpretAsInts();
      IntVector totals1of0 =
          totals1of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals1of0Lanes.lanewise(ASHR, 16));
      part1of0 =
          ((FloatVector) totals1of0.add(16 * x.sum(group1 + g)).convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group1 + g]), part1of0);
      IntVector totals1of1Lanes = lanes1of1.reinterpretAsInts();
      IntVector totals1of1 =
          totals1of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals1of1Lanes.lanewise(ASHR, 16));
      part1of1 =
          ((FloatVector) totals1of1.add(16 * x.sum(group1 + g)).convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group1 + g]), part1of1);
      IntVector totals2of0Lanes = lanes2of0.reinterpretAsInts();
      IntVector totals2of0 =
          totals2of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals2of0Lanes.lanewise(ASHR, 16));
      part2of0 =
          ((FloatVector) totals2of0.add(16 * x.sum(group2 + g)).convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group2 + g]), part2of0);
      IntVector totals2of1Lanes = lanes2of1.reinterpretAsInts();
      IntVector totals2of1 =
          totals2of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals2of1Lanes.lanewise(ASHR, 16));
      part2of1 =
          ((FloatVector) totals2of1.add(16 * x.sum(group2 + g)).convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group2 + g]), part2of1);
      IntVector totals3of0Lanes = lanes3of0.reinterpretAsInts();
      IntVector totals3of0 =
          totals3of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals3of0Lanes.lanewise(ASHR, 16));
      part3of0 =
          ((FloatVector) totals3of0.add(16 * x.sum(group3 + g)).convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group3 + g]), part3of0);
      IntVector totals3of1Lanes = lanes3of1.reinterpretAsInts();
      IntVector totals3of1 =
          totals3of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals3of1Lanes.lanewise(ASHR, 16));
      part3of1 =
          ((FloatVector) totals3of1.add(16 * x.sum(group3 + g)).convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group3 + g]), part3of1);
      IntVector totals4of0Lanes = lanes4of0.reinterpretAsInts();
      IntVector totals4of0 =
          totals4of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals4of0Lanes.lanewise(ASHR, 16));
      part4of0 =
          ((FloatVector) totals4of0.add(16 * x.sum(group4 + g)).convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group4 + g]), part4of0);
      IntVector totals4of1Lanes = lanes4of1.reinterpretAsInts();
      IntVector totals4of1 =
          totals4of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals4of1Lanes.lanewise(ASHR, 16));
      part4of1 =
          ((FloatVector) totals4of1.add(16 * x.sum(group4 + g)).convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group4 + g]), part4of1);
      IntVector totals5of0Lanes = lanes5of0.reinterpretAsInts();
      IntVector totals5of0 =
          totals5of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals5of0Lanes.lanewise(ASHR, 16));
      part5of0 =
          ((FloatVector) totals5of0.add(16 * x.sum(group5 + g)).convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group5 + g]), part5of0);
      IntVector totals5of1Lanes = lanes5of1.reinterpretAsInts();
      IntVector totals5of1 =
          totals5of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals5of1Lanes.lanewise(ASHR, 16));
      part5of1 =
          ((FloatVector) totals5of1.add(16 * x.sum(group5 + g)).convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group5 + g]), part5of1);
    }
    FloatVector superScale0 = FloatVector.fromArray(FLOATS, superScales, firstRow);
    FloatVector superScale1 = FloatVector.fromArray(FLOATS, superScales, firstRow + FLOAT_LANES);
    superScale0
        .fma(part0of0, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part0of1, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part1of0, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part1of1, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part2of0, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part2of1, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part3of0, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part3of1, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part4of0, FloatVector.fromArray(FLOATS, sums, to + 4 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 4 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part4of1, FloatVector.fromArray(FLOATS, sums, to + 4 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 4 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part5of0, FloatVector.fromArray(FLOATS, sums, to + 5 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 5 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part5of1, FloatVector.fromArray(FLOATS, sums, to + 5 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 5 * SUMS + 1 * FLOAT_LANES);
  }

  /** Two vectors of rows × 4 tokens. */
  static void multiplyCenteredGroups4(
      short[] levels,
      float[] panelScales,
      float[] superScales,
      int lane,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    int[] pairs = x.pairs();
    float[] scales = x.scales();
    int firstRow = lane / LANES_OF_ROW;
    int to = sumsOffset + firstRow;
    int group0 = firstGroups[0];
    FloatVector part0of0 = FloatVector.zero(FLOATS);
    FloatVector part0of1 = FloatVector.zero(FLOATS);
    int group1 = firstGroups[1];
    FloatVector part1of0 = FloatVector.zero(FLOATS);
    FloatVector part1of1 = FloatVector.zero(FLOATS);
    int group2 = firstGroups[2];
    FloatVector part2of0 = FloatVector.zero(FLOATS);
    FloatVector part2of1 = FloatVector.zero(FLOATS);
    int group3 = firstGroups[3];
    FloatVector part3of0 = FloatVector.zero(FLOATS);
    FloatVector part3of1 = FloatVector.zero(FLOATS);
    for (int k = 0; k < groups * 1; k++) {
      int g = k / 1;
      ShortVector lanes0of0 = ShortVector.zero(SHORTS);
      ShortVector lanes0of1 = lanes0of0;
      ShortVector lanes1of0 = ShortVector.zero(SHORTS);
      ShortVector lanes1of1 = lanes1of0;
      ShortVector lanes2of0 = ShortVector.zero(SHORTS);
      ShortVector lanes2of1 = lanes2of0;
      ShortVector lanes3of0 = ShortVector.zero(SHORTS);
      ShortVector lanes3of1 = lanes3of0;
      int weight = k * 16 * PAIR + lane;
      int pair = k * 16;
      for (int i = 0; i < 16; i++) {
        ShortVector weights0 = ShortVector.fromArray(SHORTS, levels, weight + i * PAIR);
        ShortVector weights1 =
            ShortVector.fromArray(SHORTS, levels, weight + i * PAIR + SHORT_LANES);
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
      }
      int scale = k * PANEL_ROWS + firstRow;
      FloatVector scale0 = FloatVector.fromArray(FLOATS, panelScales, scale);
      FloatVector scale1 = FloatVector.fromArray(FLOATS, panelScales, scale + FLOAT_LANES);
      IntVector totals0of0Lanes = lanes0of0.reinterpretAsInts();
      IntVector totals0of0 =
          totals0of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals0of0Lanes.lanewise(ASHR, 16));
      part0of0 =
          ((FloatVector) totals0of0.add(16 * x.sum(group0 + g)).convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group0 + g]), part0of0);
      IntVector totals0of1Lanes = lanes0of1.reinterpretAsInts();
      IntVector totals0of1 =
          totals0of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals0of1Lanes.lanewise(ASHR, 16));
      part0of1 =
          ((FloatVector) totals0of1.add(16 * x.sum(group0 + g)).convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group0 + g]), part0of1);
      IntVector totals1of0Lanes = lanes1of0.reinterpretAsInts();
      IntVector totals1of0 =
          totals1of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals1of0Lanes.lanewise(ASHR, 16));
      part1of0 =
          ((FloatVector) totals1of0.add(16 * x.sum(group1 + g)).convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group1 + g]), part1of0);
      IntVector totals1of1Lanes = lanes1of1.reinterpretAsInts();
      IntVector totals1of1 =
          totals1of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals1of1Lanes.lanewise(ASHR, 16));
      part1of1 =
          ((FloatVector) totals1of1.add(16 * x.sum(group1 + g)).convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group1 + g]), part1of1);
      IntVector totals2of0Lanes = lanes2of0.reinterpretAsInts();
      IntVector totals2of0 =
          totals2of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals2of0Lanes.lanewise(ASHR, 16));
      part2of0 =
          ((FloatVector) totals2of0.add(16 * x.sum(group2 + g)).convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group2 + g]), part2of0);
      IntVector totals2of1Lanes = lanes2of1.reinterpretAsInts();
      IntVector totals2of1 =
          totals2of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals2of1Lanes.lanewise(ASHR, 16));
      part2of1 =
          ((FloatVector) totals2of1.add(16 * x.sum(group2 + g)).convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group2 + g]), part2of1);
      IntVector totals3of0Lanes = lanes3of0.reinterpretAsInts();
      IntVector totals3of0 =
          totals3of0Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals3of0Lanes.lanewise(ASHR, 16));
      part3of0 =
          ((FloatVector) totals3of0.add(16 * x.sum(group3 + g)).convert(I2F, 0))
              .mul(scale0)
              .fma(FloatVector.broadcast(FLOATS, scales[group3 + g]), part3of0);
      IntVector totals3of1Lanes = lanes3of1.reinterpretAsInts();
      IntVector totals3of1 =
          totals3of1Lanes
              .lanewise(LSHL, 16)
              .lanewise(ASHR, 16)
              .add(totals3of1Lanes.lanewise(ASHR, 16));
      part3of1 =
          ((FloatVector) totals3of1.add(16 * x.sum(group3 + g)).convert(I2F, 0))
              .mul(scale1)
              .fma(FloatVector.broadcast(FLOATS, scales[group3 + g]), part3of1);
    }
    FloatVector superScale0 = FloatVector.fromArray(FLOATS, superScales, firstRow);
    FloatVector superScale1 = FloatVector.fromArray(FLOATS, superScales, firstRow + FLOAT_LANES);
    superScale0
        .fma(part0of0, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part0of1, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part1of0, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part1of1, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part2of0, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part2of1, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 1 * FLOAT_LANES);
    superScale0
        .fma(part3of0, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 0 * FLOAT_LANES);
    superScale1
        .fma(part3of1, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 1 * FLOAT_LANES);
  }

  // Scales of 16 columns.

  /** The minima of two vectors of rows × 6 tokens. */
  static void multiplyMinimaOfHalves6(
      float[] panelMinima,
      float[] superMinima,
      int firstRow,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    int[] halfSums = x.halfSums();
    float[] scales = x.scales();
    int to = sumsOffset + firstRow;
    int group0 = firstGroups[0];
    FloatVector part0of0 = FloatVector.zero(FLOATS);
    FloatVector part0of1 = FloatVector.zero(FLOATS);
    int group1 = firstGroups[1];
    FloatVector part1of0 = FloatVector.zero(FLOATS);
    FloatVector part1of1 = FloatVector.zero(FLOATS);
    int group2 = firstGroups[2];
    FloatVector part2of0 = FloatVector.zero(FLOATS);
    FloatVector part2of1 = FloatVector.zero(FLOATS);
    int group3 = firstGroups[3];
    FloatVector part3of0 = FloatVector.zero(FLOATS);
    FloatVector part3of1 = FloatVector.zero(FLOATS);
    int group4 = firstGroups[4];
    FloatVector part4of0 = FloatVector.zero(FLOATS);
    FloatVector part4of1 = FloatVector.zero(FLOATS);
    int group5 = firstGroups[5];
    FloatVector part5of0 = FloatVector.zero(FLOATS);
    FloatVector part5of1 = FloatVector.zero(FLOATS);
    for (int k = 0; k < groups * 2; k++) {
      int g = k / 2;
      int row = k * PANEL_ROWS + firstRow;
      FloatVector minimum0 = FloatVector.fromArray(FLOATS, panelMinima, row);
      FloatVector minimum1 = FloatVector.fromArray(FLOATS, panelMinima, row + FLOAT_LANES);
      FloatVector xSum0 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group0, k, 2) * scales[group0 + g]);
      part0of0 = minimum0.fma(xSum0, part0of0);
      part0of1 = minimum1.fma(xSum0, part0of1);
      FloatVector xSum1 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group1, k, 2) * scales[group1 + g]);
      part1of0 = minimum0.fma(xSum1, part1of0);
      part1of1 = minimum1.fma(xSum1, part1of1);
      FloatVector xSum2 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group2, k, 2) * scales[group2 + g]);
      part2of0 = minimum0.fma(xSum2, part2of0);
      part2of1 = minimum1.fma(xSum2, part2of1);
      FloatVector xSum3 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group3, k, 2) * scales[group3 + g]);
      part3of0 = minimum0.fma(xSum3, part3of0);
      part3of1 = minimum1.fma(xSum3, part3of1);
      FloatVector xSum4 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group4, k, 2) * scales[group4 + g]);
      part4of0 = minimum0.fma(xSum4, part4of0);
      part4of1 = minimum1.fma(xSum4, part4of1);
      FloatVector xSum5 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group5, k, 2) * scales[group5 + g]);
      part5of0 = minimum0.fma(xSum5, part5of0);
      part5of1 = minimum1.fma(xSum5, part5of1);
    }
    FloatVector superMinimum0 = FloatVector.fromArray(FLOATS, superMinima, firstRow);
    FloatVector superMinimum1 = FloatVector.fromArray(FLOATS, superMinima, firstRow + FLOAT_LANES);
    superMinimum0
        .fma(part0of0, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part0of1, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 1 * FLOAT_LANES);
    superMinimum0
        .fma(part1of0, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part1of1, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 1 * FLOAT_LANES);
    superMinimum0
        .fma(part2of0, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part2of1, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 1 * FLOAT_LANES);
    superMinimum0
        .fma(part3of0, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part3of1, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 1 * FLOAT_LANES);
    superMinimum0
        .fma(part4of0, FloatVector.fromArray(FLOATS, sums, to + 4 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 4 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part4of1, FloatVector.fromArray(FLOATS, sums, to + 4 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 4 * SUMS + 1 * FLOAT_LANES);
    superMinimum0
        .fma(part5of0, FloatVector.fromArray(FLOATS, sums, to + 5 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 5 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part5of1, FloatVector.fromArray(FLOATS, sums, to + 5 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 5 * SUMS + 1 * FLOAT_LANES);
  }

  /** The minima of two vectors of rows × 4 tokens. */
  static void multiplyMinimaOfHalves4(
      float[] panelMinima,
      float[] superMinima,
      int firstRow,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    int[] halfSums = x.halfSums();
    float[] scales = x.scales();
    int to = sumsOffset + firstRow;
    int group0 = firstGroups[0];
    FloatVector part0of0 = FloatVector.zero(FLOATS);
    FloatVector part0of1 = FloatVector.zero(FLOATS);
    int group1 = firstGroups[1];
    FloatVector part1of0 = FloatVector.zero(FLOATS);
    FloatVector part1of1 = FloatVector.zero(FLOATS);
    int group2 = firstGroups[2];
    FloatVector part2of0 = FloatVector.zero(FLOATS);
    FloatVector part2of1 = FloatVector.zero(FLOATS);
    int group3 = firstGroups[3];
    FloatVector part3of0 = FloatVector.zero(FLOATS);
    FloatVector part3of1 = FloatVector.zero(FLOATS);
    for (int k = 0; k < groups * 2; k++) {
      int g = k / 2;
      int row = k * PANEL_ROWS + firstRow;
      FloatVector minimum0 = FloatVector.fromArray(FLOATS, panelMinima, row);
      FloatVector minimum1 = FloatVector.fromArray(FLOATS, panelMinima, row + FLOAT_LANES);
      FloatVector xSum0 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group0, k, 2) * scales[group0 + g]);
      part0of0 = minimum0.fma(xSum0, part0of0);
      part0of1 = minimum1.fma(xSum0, part0of1);
      FloatVector xSum1 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group1, k, 2) * scales[group1 + g]);
      part1of0 = minimum0.fma(xSum1, part1of0);
      part1of1 = minimum1.fma(xSum1, part1of1);
      FloatVector xSum2 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group2, k, 2) * scales[group2 + g]);
      part2of0 = minimum0.fma(xSum2, part2of0);
      part2of1 = minimum1.fma(xSum2, part2of1);
      FloatVector xSum3 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group3, k, 2) * scales[group3 + g]);
      part3of0 = minimum0.fma(xSum3, part3of0);
      part3of1 = minimum1.fma(xSum3, part3of1);
    }
    FloatVector superMinimum0 = FloatVector.fromArray(FLOATS, superMinima, firstRow);
    FloatVector superMinimum1 = FloatVector.fromArray(FLOATS, superMinima, firstRow + FLOAT_LANES);
    superMinimum0
        .fma(part0of0, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part0of1, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 1 * FLOAT_LANES);
    superMinimum0
        .fma(part1of0, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part1of1, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 1 * FLOAT_LANES);
    superMinimum0
        .fma(part2of0, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part2of1, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 1 * FLOAT_LANES);
    superMinimum0
        .fma(part3of0, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part3of1, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 1 * FLOAT_LANES);
  }

  // Scales of 32 columns.

  /** The minima of two vectors of rows × 6 tokens. */
  static void multiplyMinimaOfGroups6(
      float[] panelMinima,
      float[] superMinima,
      int firstRow,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    int[] halfSums = x.halfSums();
    float[] scales = x.scales();
    int to = sumsOffset + firstRow;
    int group0 = firstGroups[0];
    FloatVector part0of0 = FloatVector.zero(FLOATS);
    FloatVector part0of1 = FloatVector.zero(FLOATS);
    int group1 = firstGroups[1];
    FloatVector part1of0 = FloatVector.zero(FLOATS);
    FloatVector part1of1 = FloatVector.zero(FLOATS);
    int group2 = firstGroups[2];
    FloatVector part2of0 = FloatVector.zero(FLOATS);
    FloatVector part2of1 = FloatVector.zero(FLOATS);
    int group3 = firstGroups[3];
    FloatVector part3of0 = FloatVector.zero(FLOATS);
    FloatVector part3of1 = FloatVector.zero(FLOATS);
    int group4 = firstGroups[4];
    FloatVector part4of0 = FloatVector.zero(FLOATS);
    FloatVector part4of1 = FloatVector.zero(FLOATS);
    int group5 = firstGroups[5];
    FloatVector part5of0 = FloatVector.zero(FLOATS);
    FloatVector part5of1 = FloatVector.zero(FLOATS);
    for (int k = 0; k < groups * 1; k++) {
      int g = k / 1;
      int row = k * PANEL_ROWS + firstRow;
      FloatVector minimum0 = FloatVector.fromArray(FLOATS, panelMinima, row);
      FloatVector minimum1 = FloatVector.fromArray(FLOATS, panelMinima, row + FLOAT_LANES);
      FloatVector xSum0 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group0, k, 1) * scales[group0 + g]);
      part0of0 = minimum0.fma(xSum0, part0of0);
      part0of1 = minimum1.fma(xSum0, part0of1);
      FloatVector xSum1 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group1, k, 1) * scales[group1 + g]);
      part1of0 = minimum0.fma(xSum1, part1of0);
      part1of1 = minimum1.fma(xSum1, part1of1);
      FloatVector xSum2 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group2, k, 1) * scales[group2 + g]);
      part2of0 = minimum0.fma(xSum2, part2of0);
      part2of1 = minimum1.fma(xSum2, part2of1);
      FloatVector xSum3 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group3, k, 1) * scales[group3 + g]);
      part3of0 = minimum0.fma(xSum3, part3of0);
      part3of1 = minimum1.fma(xSum3, part3of1);
      FloatVector xSum4 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group4, k, 1) * scales[group4 + g]);
      part4of0 = minimum0.fma(xSum4, part4of0);
      part4of1 = minimum1.fma(xSum4, part4of1);
      FloatVector xSum5 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group5, k, 1) * scales[group5 + g]);
      part5of0 = minimum0.fma(xSum5, part5of0);
      part5of1 = minimum1.fma(xSum5, part5of1);
    }
    FloatVector superMinimum0 = FloatVector.fromArray(FLOATS, superMinima, firstRow);
    FloatVector superMinimum1 = FloatVector.fromArray(FLOATS, superMinima, firstRow + FLOAT_LANES);
    superMinimum0
        .fma(part0of0, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part0of1, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 1 * FLOAT_LANES);
    superMinimum0
        .fma(part1of0, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part1of1, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 1 * FLOAT_LANES);
    superMinimum0
        .fma(part2of0, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part2of1, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 1 * FLOAT_LANES);
    superMinimum0
        .fma(part3of0, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part3of1, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 1 * FLOAT_LANES);
    superMinimum0
        .fma(part4of0, FloatVector.fromArray(FLOATS, sums, to + 4 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 4 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part4of1, FloatVector.fromArray(FLOATS, sums, to + 4 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 4 * SUMS + 1 * FLOAT_LANES);
    superMinimum0
        .fma(part5of0, FloatVector.fromArray(FLOATS, sums, to + 5 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 5 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part5of1, FloatVector.fromArray(FLOATS, sums, to + 5 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 5 * SUMS + 1 * FLOAT_LANES);
  }

  /** The minima of two vectors of rows × 4 tokens. */
  static void multiplyMinimaOfGroups4(
      float[] panelMinima,
      float[] superMinima,
      int firstRow,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    int[] halfSums = x.halfSums();
    float[] scales = x.scales();
    int to = sumsOffset + firstRow;
    int group0 = firstGroups[0];
    FloatVector part0of0 = FloatVector.zero(FLOATS);
    FloatVector part0of1 = FloatVector.zero(FLOATS);
    int group1 = firstGroups[1];
    FloatVector part1of0 = FloatVector.zero(FLOATS);
    FloatVector part1of1 = FloatVector.zero(FLOATS);
    int group2 = firstGroups[2];
    FloatVector part2of0 = FloatVector.zero(FLOATS);
    FloatVector part2of1 = FloatVector.zero(FLOATS);
    int group3 = firstGroups[3];
    FloatVector part3of0 = FloatVector.zero(FLOATS);
    FloatVector part3of1 = FloatVector.zero(FLOATS);
    for (int k = 0; k < groups * 1; k++) {
      int g = k / 1;
      int row = k * PANEL_ROWS + firstRow;
      FloatVector minimum0 = FloatVector.fromArray(FLOATS, panelMinima, row);
      FloatVector minimum1 = FloatVector.fromArray(FLOATS, panelMinima, row + FLOAT_LANES);
      FloatVector xSum0 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group0, k, 1) * scales[group0 + g]);
      part0of0 = minimum0.fma(xSum0, part0of0);
      part0of1 = minimum1.fma(xSum0, part0of1);
      FloatVector xSum1 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group1, k, 1) * scales[group1 + g]);
      part1of0 = minimum0.fma(xSum1, part1of0);
      part1of1 = minimum1.fma(xSum1, part1of1);
      FloatVector xSum2 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group2, k, 1) * scales[group2 + g]);
      part2of0 = minimum0.fma(xSum2, part2of0);
      part2of1 = minimum1.fma(xSum2, part2of1);
      FloatVector xSum3 =
          FloatVector.broadcast(FLOATS, sum(halfSums, group3, k, 1) * scales[group3 + g]);
      part3of0 = minimum0.fma(xSum3, part3of0);
      part3of1 = minimum1.fma(xSum3, part3of1);
    }
    FloatVector superMinimum0 = FloatVector.fromArray(FLOATS, superMinima, firstRow);
    FloatVector superMinimum1 = FloatVector.fromArray(FLOATS, superMinima, firstRow + FLOAT_LANES);
    superMinimum0
        .fma(part0of0, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part0of1, FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 0 * SUMS + 1 * FLOAT_LANES);
    superMinimum0
        .fma(part1of0, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part1of1, FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 1 * SUMS + 1 * FLOAT_LANES);
    superMinimum0
        .fma(part2of0, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part2of1, FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 2 * SUMS + 1 * FLOAT_LANES);
    superMinimum0
        .fma(part3of0, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 0 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 0 * FLOAT_LANES);
    superMinimum1
        .fma(part3of1, FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 1 * FLOAT_LANES))
        .intoArray(sums, to + 3 * SUMS + 1 * FLOAT_LANES);
  }

  /** The sum of a token's integers of a scale group. */
  private static int sum(int[] halfSums, int firstGroup, int number, int scalesOfGroup) {
    return scalesOfGroup == 2
        ? halfSums[2 * firstGroup + number]
        : halfSums[2 * (firstGroup + number)] + halfSums[2 * (firstGroup + number) + 1];
  }
}
