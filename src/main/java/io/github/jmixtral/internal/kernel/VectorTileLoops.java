// Generated from scripts/kernels/VectorTileLoops.template: do not edit.
// Change the template and run scripts/GenerateKernels.java.
package io.github.jmixtral.internal.kernel;

import static io.github.jmixtral.internal.kernel.QuantizedKernels.NIBBLE_BYTES;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.PAIRS;
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
 * The loops of {@link VectorQuantizedKernels} that multiply straight from the tiles, group by
 * group. One token's loops hold the group's 16 activation pairs in registers and run down the tiles
 * of some blocks, a tile of each in turn; those of two and four tokens hold their sums, and shift
 * each nibble into place once for all of them.
 *
 * <p>A row of shorts of a tile has 32 lanes, two for each of the tile's 16 rows. A vector holds all
 * of them, a half or a quarter: a call multiplies those from {@code lane} on, in every tile.
 *
 * <p>{@link VectorQuantizedKernels} says why the arithmetic stands inline, and what loops here must
 * stay loops. One token's loops multiply by vectors, not by single numbers: each number is one call
 * more to inline, and the loop over both planes of 8 bits is near the limit.
 */
final class VectorTileLoops {

  private static final VectorSpecies<Integer> INTS = VectorWidth.INTS;
  private static final VectorSpecies<Float> FLOATS = VectorWidth.FLOATS;
  private static final VectorSpecies<Short> HALVES = VectorWidth.HALVES;
  private static final ByteOrder ORDER = LittleEndian.ORDER;
  private static final int HALF_BITS = VectorQuantizedKernels.HALF_BITS;
  private static final float HALF_REBIAS = VectorQuantizedKernels.HALF_REBIAS;

  /** Lanes of a row of shorts that belong to one row of the tile. */
  private static final int LANES_OF_ROW = 2;

  /** Rows of shorts of a plane of nibbles. */
  private static final int SHORT_ROWS = 4;

  /** From one row of shorts of a tile to the next. */
  private static final int SHORT_ROW_BYTES = LANES_OF_ROW * ROWS * Short.BYTES;

  /** Nibbles of a short. */
  private static final int NIBBLES = 4;

  // The strides of the loops over tiles, hidden from the compiler in fields: seeing a constant, it
  // splits a loop of 8 tiles into several to take the checks of bounds out of one, and runs the
  // other parts, at 8 GB/s in the place of 20.
  private final long tileBytes4;
  private final long tileBytes8;

  VectorTileLoops() {
    tileBytes4 = TileFormat.Q4.tileBytes();
    tileBytes8 = TileFormat.Q8.tileBytes();
  }

  /** One token × one vector of each tile of some blocks of 4-bit weights. */
  void multiplyOne4(
      MemorySegment weights,
      long block,
      long stride,
      int blocks,
      int tiles,
      int lane,
      int groups,
      RoundedActivations x,
      int firstGroup,
      float[] sums) {
    IntVector halfBits = IntVector.broadcast(INTS, HALF_BITS);
    FloatVector rebias = FloatVector.broadcast(FLOATS, HALF_REBIAS);
    int[] pairs = x.pairs();
    int[] corrections = x.corrections();
    float[] scales = x.scales();
    long tileBytes = tileBytes4;
    long groupBytes = tiles * tileBytes;
    int firstRow = lane / LANES_OF_ROW;
    for (int g = 0; g < groups; g++) {
      int group = firstGroup + g;
      int pair = group * PAIRS;
      FloatVector xScale = FloatVector.broadcast(FLOATS, scales[group]);
      long firstTile = block + g * groupBytes;
      long nibbles = firstTile + lane * Short.BYTES;
      long halves = firstTile + 1 * NIBBLE_BYTES + firstRow * Short.BYTES;
      ShortVector correction = IntVector.broadcast(INTS, corrections[group]).reinterpretAsShorts();
      int second0 = pairs[pair + 1];
      int third0 = pairs[pair + 2];
      int fourth0 = pairs[pair + 3];
      ShortVector x0 =
          IntVector.broadcast(
                  INTS, pairs[pair + 0] - (second0 << 28) - (third0 << 24) - (fourth0 << 20))
              .reinterpretAsShorts();
      ShortVector x1 = IntVector.broadcast(INTS, second0).reinterpretAsShorts();
      ShortVector x2 = IntVector.broadcast(INTS, third0).reinterpretAsShorts();
      ShortVector x3 = IntVector.broadcast(INTS, fourth0).reinterpretAsShorts();
      int second1 = pairs[pair + 5];
      int third1 = pairs[pair + 6];
      int fourth1 = pairs[pair + 7];
      ShortVector x4 =
          IntVector.broadcast(
                  INTS, pairs[pair + 4] - (second1 << 28) - (third1 << 24) - (fourth1 << 20))
              .reinterpretAsShorts();
      ShortVector x5 = IntVector.broadcast(INTS, second1).reinterpretAsShorts();
      ShortVector x6 = IntVector.broadcast(INTS, third1).reinterpretAsShorts();
      ShortVector x7 = IntVector.broadcast(INTS, fourth1).reinterpretAsShorts();
      int second2 = pairs[pair + 9];
      int third2 = pairs[pair + 10];
      int fourth2 = pairs[pair + 11];
      ShortVector x8 =
          IntVector.broadcast(
                  INTS, pairs[pair + 8] - (second2 << 28) - (third2 << 24) - (fourth2 << 20))
              .reinterpretAsShorts();
      ShortVector x9 = IntVector.broadcast(INTS, second2).reinterpretAsShorts();
      ShortVector x10 = IntVector.broadcast(INTS, third2).reinterpretAsShorts();
      ShortVector x11 = IntVector.broadcast(INTS, fourth2).reinterpretAsShorts();
      int second3 = pairs[pair + 13];
      int third3 = pairs[pair + 14];
      int fourth3 = pairs[pair + 15];
      ShortVector x12 =
          IntVector.broadcast(
                  INTS, pairs[pair + 12] - (second3 << 28) - (third3 << 24) - (fourth3 << 20))
              .reinterpretAsShorts();
      ShortVector x13 = IntVector.broadcast(INTS, second3).reinterpretAsShorts();
      ShortVector x14 = IntVector.broadcast(INTS, third3).reinterpretAsShorts();
      ShortVector x15 = IntVector.broadcast(INTS, fourth3).reinterpretAsShorts();
      for (int t = 0; t < tiles; t++) {
        for (int b = 0; b < blocks; b++) {
          long toTile = b * stride + t * tileBytes;
          long tile = nibbles + toTile;
          IntVector highInts0 =
              IntVector.fromMemorySegment(INTS, weights, tile + 0 * SHORT_ROW_BYTES, ORDER);
          IntVector highInts1 =
              IntVector.fromMemorySegment(INTS, weights, tile + 1 * SHORT_ROW_BYTES, ORDER);
          IntVector highInts2 =
              IntVector.fromMemorySegment(INTS, weights, tile + 2 * SHORT_ROW_BYTES, ORDER);
          IntVector highInts3 =
              IntVector.fromMemorySegment(INTS, weights, tile + 3 * SHORT_ROW_BYTES, ORDER);
          ShortVector highEven = highInts0.reinterpretAsShorts().mul(x0);
          ShortVector highOdd = highInts0.lanewise(LSHR, 4).reinterpretAsShorts().mul(x1);
          highEven = highEven.add(highInts0.lanewise(LSHR, 8).reinterpretAsShorts().mul(x2));
          highOdd = highOdd.add(highInts0.lanewise(LSHR, 12).reinterpretAsShorts().mul(x3));
          highEven = highEven.add(highInts1.reinterpretAsShorts().mul(x4));
          highOdd = highOdd.add(highInts1.lanewise(LSHR, 4).reinterpretAsShorts().mul(x5));
          highEven = highEven.add(highInts1.lanewise(LSHR, 8).reinterpretAsShorts().mul(x6));
          highOdd = highOdd.add(highInts1.lanewise(LSHR, 12).reinterpretAsShorts().mul(x7));
          highEven = highEven.add(highInts2.reinterpretAsShorts().mul(x8));
          highOdd = highOdd.add(highInts2.lanewise(LSHR, 4).reinterpretAsShorts().mul(x9));
          highEven = highEven.add(highInts2.lanewise(LSHR, 8).reinterpretAsShorts().mul(x10));
          highOdd = highOdd.add(highInts2.lanewise(LSHR, 12).reinterpretAsShorts().mul(x11));
          highEven = highEven.add(highInts3.reinterpretAsShorts().mul(x12));
          highOdd = highOdd.add(highInts3.lanewise(LSHR, 4).reinterpretAsShorts().mul(x13));
          highEven = highEven.add(highInts3.lanewise(LSHR, 8).reinterpretAsShorts().mul(x14));
          highOdd = highOdd.add(highInts3.lanewise(LSHR, 12).reinterpretAsShorts().mul(x15));
          IntVector highTotalsLanes = highEven.add(highOdd).add(correction).reinterpretAsInts();
          IntVector highTotals =
              highTotalsLanes.add(highTotalsLanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
          FloatVector scale =
              ((IntVector)
                      ShortVector.fromMemorySegment(HALVES, weights, halves + toTile, ORDER)
                          .convertShape(S2I, INTS, 0))
                  .lanewise(LSHL, 13)
                  .and(halfBits)
                  .reinterpretAsFloats()
                  .mul(rebias);
          ((FloatVector) highTotals.convert(I2F, 0))
              .fma(
                  scale.mul(xScale),
                  FloatVector.fromArray(FLOATS, sums, b * SUMS + firstRow + t * ROWS))
              .intoArray(sums, b * SUMS + firstRow + t * ROWS);
        }
      }
    }
  }

  /** One token × one vector of each tile of some blocks of 8-bit weights. */
  void multiplyOne8(
      MemorySegment weights,
      long block,
      long stride,
      int blocks,
      int tiles,
      int lane,
      int groups,
      RoundedActivations x,
      int firstGroup,
      float[] sums) {
    int[] pairs = x.pairs();
    int[] corrections = x.corrections();
    float[] scales = x.scales();
    long tileBytes = tileBytes8;
    long groupBytes = tiles * tileBytes;
    int firstRow = lane / LANES_OF_ROW;
    for (int g = 0; g < groups; g++) {
      int group = firstGroup + g;
      int pair = group * PAIRS;
      FloatVector xScale = FloatVector.broadcast(FLOATS, scales[group]);
      long firstTile = block + g * groupBytes;
      long nibbles = firstTile + lane * Short.BYTES;
      long halves = firstTile + 2 * NIBBLE_BYTES + firstRow * Short.BYTES;
      ShortVector correction = IntVector.broadcast(INTS, corrections[group]).reinterpretAsShorts();
      int second0 = pairs[pair + 1];
      int third0 = pairs[pair + 2];
      int fourth0 = pairs[pair + 3];
      ShortVector x0 =
          IntVector.broadcast(
                  INTS, pairs[pair + 0] - (second0 << 28) - (third0 << 24) - (fourth0 << 20))
              .reinterpretAsShorts();
      ShortVector x1 = IntVector.broadcast(INTS, second0).reinterpretAsShorts();
      ShortVector x2 = IntVector.broadcast(INTS, third0).reinterpretAsShorts();
      ShortVector x3 = IntVector.broadcast(INTS, fourth0).reinterpretAsShorts();
      int second1 = pairs[pair + 5];
      int third1 = pairs[pair + 6];
      int fourth1 = pairs[pair + 7];
      ShortVector x4 =
          IntVector.broadcast(
                  INTS, pairs[pair + 4] - (second1 << 28) - (third1 << 24) - (fourth1 << 20))
              .reinterpretAsShorts();
      ShortVector x5 = IntVector.broadcast(INTS, second1).reinterpretAsShorts();
      ShortVector x6 = IntVector.broadcast(INTS, third1).reinterpretAsShorts();
      ShortVector x7 = IntVector.broadcast(INTS, fourth1).reinterpretAsShorts();
      int second2 = pairs[pair + 9];
      int third2 = pairs[pair + 10];
      int fourth2 = pairs[pair + 11];
      ShortVector x8 =
          IntVector.broadcast(
                  INTS, pairs[pair + 8] - (second2 << 28) - (third2 << 24) - (fourth2 << 20))
              .reinterpretAsShorts();
      ShortVector x9 = IntVector.broadcast(INTS, second2).reinterpretAsShorts();
      ShortVector x10 = IntVector.broadcast(INTS, third2).reinterpretAsShorts();
      ShortVector x11 = IntVector.broadcast(INTS, fourth2).reinterpretAsShorts();
      int second3 = pairs[pair + 13];
      int third3 = pairs[pair + 14];
      int fourth3 = pairs[pair + 15];
      ShortVector x12 =
          IntVector.broadcast(
                  INTS, pairs[pair + 12] - (second3 << 28) - (third3 << 24) - (fourth3 << 20))
              .reinterpretAsShorts();
      ShortVector x13 = IntVector.broadcast(INTS, second3).reinterpretAsShorts();
      ShortVector x14 = IntVector.broadcast(INTS, third3).reinterpretAsShorts();
      ShortVector x15 = IntVector.broadcast(INTS, fourth3).reinterpretAsShorts();
      // Low nibbles have no sign: 8 is subtracted as from the high ones, then added.
      IntVector lowCorrection =
          IntVector.broadcast(
              INTS, -((short) corrections[group] + (corrections[group] >> Short.SIZE)));
      for (int t = 0; t < tiles; t++) {
        for (int b = 0; b < blocks; b++) {
          long toTile = b * stride + t * tileBytes;
          long tile = nibbles + toTile;
          long lowTile = tile + NIBBLE_BYTES;
          IntVector highInts0 =
              IntVector.fromMemorySegment(INTS, weights, tile + 0 * SHORT_ROW_BYTES, ORDER);
          IntVector highInts1 =
              IntVector.fromMemorySegment(INTS, weights, tile + 1 * SHORT_ROW_BYTES, ORDER);
          IntVector highInts2 =
              IntVector.fromMemorySegment(INTS, weights, tile + 2 * SHORT_ROW_BYTES, ORDER);
          IntVector highInts3 =
              IntVector.fromMemorySegment(INTS, weights, tile + 3 * SHORT_ROW_BYTES, ORDER);
          ShortVector highEven = highInts0.reinterpretAsShorts().mul(x0);
          ShortVector highOdd = highInts0.lanewise(LSHR, 4).reinterpretAsShorts().mul(x1);
          highEven = highEven.add(highInts0.lanewise(LSHR, 8).reinterpretAsShorts().mul(x2));
          highOdd = highOdd.add(highInts0.lanewise(LSHR, 12).reinterpretAsShorts().mul(x3));
          highEven = highEven.add(highInts1.reinterpretAsShorts().mul(x4));
          highOdd = highOdd.add(highInts1.lanewise(LSHR, 4).reinterpretAsShorts().mul(x5));
          highEven = highEven.add(highInts1.lanewise(LSHR, 8).reinterpretAsShorts().mul(x6));
          highOdd = highOdd.add(highInts1.lanewise(LSHR, 12).reinterpretAsShorts().mul(x7));
          highEven = highEven.add(highInts2.reinterpretAsShorts().mul(x8));
          highOdd = highOdd.add(highInts2.lanewise(LSHR, 4).reinterpretAsShorts().mul(x9));
          highEven = highEven.add(highInts2.lanewise(LSHR, 8).reinterpretAsShorts().mul(x10));
          highOdd = highOdd.add(highInts2.lanewise(LSHR, 12).reinterpretAsShorts().mul(x11));
          highEven = highEven.add(highInts3.reinterpretAsShorts().mul(x12));
          highOdd = highOdd.add(highInts3.lanewise(LSHR, 4).reinterpretAsShorts().mul(x13));
          highEven = highEven.add(highInts3.lanewise(LSHR, 8).reinterpretAsShorts().mul(x14));
          highOdd = highOdd.add(highInts3.lanewise(LSHR, 12).reinterpretAsShorts().mul(x15));
          IntVector lowInts0 =
              IntVector.fromMemorySegment(INTS, weights, lowTile + 0 * SHORT_ROW_BYTES, ORDER);
          IntVector lowInts1 =
              IntVector.fromMemorySegment(INTS, weights, lowTile + 1 * SHORT_ROW_BYTES, ORDER);
          IntVector lowInts2 =
              IntVector.fromMemorySegment(INTS, weights, lowTile + 2 * SHORT_ROW_BYTES, ORDER);
          IntVector lowInts3 =
              IntVector.fromMemorySegment(INTS, weights, lowTile + 3 * SHORT_ROW_BYTES, ORDER);
          ShortVector lowEven = lowInts0.reinterpretAsShorts().mul(x0);
          ShortVector lowOdd = lowInts0.lanewise(LSHR, 4).reinterpretAsShorts().mul(x1);
          lowEven = lowEven.add(lowInts0.lanewise(LSHR, 8).reinterpretAsShorts().mul(x2));
          lowOdd = lowOdd.add(lowInts0.lanewise(LSHR, 12).reinterpretAsShorts().mul(x3));
          lowEven = lowEven.add(lowInts1.reinterpretAsShorts().mul(x4));
          lowOdd = lowOdd.add(lowInts1.lanewise(LSHR, 4).reinterpretAsShorts().mul(x5));
          lowEven = lowEven.add(lowInts1.lanewise(LSHR, 8).reinterpretAsShorts().mul(x6));
          lowOdd = lowOdd.add(lowInts1.lanewise(LSHR, 12).reinterpretAsShorts().mul(x7));
          lowEven = lowEven.add(lowInts2.reinterpretAsShorts().mul(x8));
          lowOdd = lowOdd.add(lowInts2.lanewise(LSHR, 4).reinterpretAsShorts().mul(x9));
          lowEven = lowEven.add(lowInts2.lanewise(LSHR, 8).reinterpretAsShorts().mul(x10));
          lowOdd = lowOdd.add(lowInts2.lanewise(LSHR, 12).reinterpretAsShorts().mul(x11));
          lowEven = lowEven.add(lowInts3.reinterpretAsShorts().mul(x12));
          lowOdd = lowOdd.add(lowInts3.lanewise(LSHR, 4).reinterpretAsShorts().mul(x13));
          lowEven = lowEven.add(lowInts3.lanewise(LSHR, 8).reinterpretAsShorts().mul(x14));
          lowOdd = lowOdd.add(lowInts3.lanewise(LSHR, 12).reinterpretAsShorts().mul(x15));
          IntVector highTotalsLanes = highEven.add(highOdd).add(correction).reinterpretAsInts();
          IntVector highTotals =
              highTotalsLanes.add(highTotalsLanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
          IntVector lowTotalsLanes = lowEven.add(lowOdd).add(correction).reinterpretAsInts();
          IntVector lowTotals =
              lowTotalsLanes.add(lowTotalsLanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
          IntVector totals = highTotals.lanewise(LSHL, 4).add(lowTotals).add(lowCorrection);
          IntVector scaleInts =
              (IntVector)
                  ShortVector.fromMemorySegment(HALVES, weights, halves + toTile, ORDER)
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
          ((FloatVector) totals.convert(I2F, 0))
              .fma(
                  scale.mul(xScale),
                  FloatVector.fromArray(FLOATS, sums, b * SUMS + firstRow + t * ROWS))
              .intoArray(sums, b * SUMS + firstRow + t * ROWS);
        }
      }
    }
  }

  /** Two tokens × one vector of two tiles each. */
  void multiplyTwo4(
      MemorySegment weights,
      long block,
      int lane,
      int tiles,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    int[] pairs = x.pairs();
    int[] corrections = x.corrections();
    float[] scales = x.scales();
    long tileBytes = tileBytes4;
    long groupBytes = tiles * tileBytes;
    int firstRow = lane / LANES_OF_ROW;
    IntVector halfBits = IntVector.broadcast(INTS, HALF_BITS);
    FloatVector rebias = FloatVector.broadcast(FLOATS, HALF_REBIAS);
    int group0 = firstGroups[0];
    int group1 = firstGroups[1];
    for (int g = 0; g < groups; g++) {
      int pair = g * PAIRS;
      for (int tile = 0; tile < tiles; tile += 2) {
        long firstTile = block + g * groupBytes + tile * tileBytes;
        long nibbles = firstTile + lane * Short.BYTES;
        long halves = firstTile + NIBBLE_BYTES + firstRow * Short.BYTES;
        ShortVector lanes0of0 =
            IntVector.broadcast(INTS, corrections[group0 + g]).reinterpretAsShorts();
        ShortVector lanes0of1 = lanes0of0;
        ShortVector lanes1of0 =
            IntVector.broadcast(INTS, corrections[group1 + g]).reinterpretAsShorts();
        ShortVector lanes1of1 = lanes1of0;
        for (int j = 0; j < SHORT_ROWS; j++) {
          long at = nibbles + j * SHORT_ROW_BYTES;
          IntVector ints0 = IntVector.fromMemorySegment(INTS, weights, at, ORDER);
          IntVector ints1 = IntVector.fromMemorySegment(INTS, weights, at + tileBytes, ORDER);
          for (int i = NIBBLES * j; i < NIBBLES * j + NIBBLES; i++) {
            ShortVector x0 =
                IntVector.broadcast(INTS, pairs[group0 * PAIRS + pair + i]).reinterpretAsShorts();
            lanes0of0 = lanes0of0.add(ints0.reinterpretAsShorts().mul(x0));
            lanes0of1 = lanes0of1.add(ints1.reinterpretAsShorts().mul(x0));
            ShortVector x1 =
                IntVector.broadcast(INTS, pairs[group1 * PAIRS + pair + i]).reinterpretAsShorts();
            lanes1of0 = lanes1of0.add(ints0.reinterpretAsShorts().mul(x1));
            lanes1of1 = lanes1of1.add(ints1.reinterpretAsShorts().mul(x1));
            ints0 = ints0.lanewise(LSHR, 4).and(VectorQuantizedKernels.OWN_BITS_1);
            ints1 = ints1.lanewise(LSHR, 4).and(VectorQuantizedKernels.OWN_BITS_1);
          }
        }
        FloatVector scale0 =
            ((IntVector)
                    ShortVector.fromMemorySegment(HALVES, weights, halves, ORDER)
                        .convertShape(S2I, INTS, 0))
                .lanewise(LSHL, 13)
                .and(halfBits)
                .reinterpretAsFloats()
                .mul(rebias);
        FloatVector scale1 =
            ((IntVector)
                    ShortVector.fromMemorySegment(HALVES, weights, halves + tileBytes, ORDER)
                        .convertShape(S2I, INTS, 0))
                .lanewise(LSHL, 13)
                .and(halfBits)
                .reinterpretAsFloats()
                .mul(rebias);
        int to = sumsOffset + tile * ROWS + firstRow;
        float xScale0 = scales[group0 + g];
        IntVector totals0of0Lanes = lanes0of0.reinterpretAsInts();
        IntVector totals0of0 =
            totals0of0Lanes.add(totals0of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
        ((FloatVector) totals0of0.convert(I2F, 0))
            .fma(scale0.mul(xScale0), FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 0 * ROWS))
            .intoArray(sums, to + 0 * SUMS + 0 * ROWS);
        IntVector totals0of1Lanes = lanes0of1.reinterpretAsInts();
        IntVector totals0of1 =
            totals0of1Lanes.add(totals0of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
        ((FloatVector) totals0of1.convert(I2F, 0))
            .fma(scale1.mul(xScale0), FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 1 * ROWS))
            .intoArray(sums, to + 0 * SUMS + 1 * ROWS);
        float xScale1 = scales[group1 + g];
        IntVector totals1of0Lanes = lanes1of0.reinterpretAsInts();
        IntVector totals1of0 =
            totals1of0Lanes.add(totals1of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
        ((FloatVector) totals1of0.convert(I2F, 0))
            .fma(scale0.mul(xScale1), FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 0 * ROWS))
            .intoArray(sums, to + 1 * SUMS + 0 * ROWS);
        IntVector totals1of1Lanes = lanes1of1.reinterpretAsInts();
        IntVector totals1of1 =
            totals1of1Lanes.add(totals1of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
        ((FloatVector) totals1of1.convert(I2F, 0))
            .fma(scale1.mul(xScale1), FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 1 * ROWS))
            .intoArray(sums, to + 1 * SUMS + 1 * ROWS);
      }
    }
  }

  /** Four tokens × one vector of two tiles each. */
  void multiplyFour4(
      MemorySegment weights,
      long block,
      int lane,
      int tiles,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    int[] pairs = x.pairs();
    int[] corrections = x.corrections();
    float[] scales = x.scales();
    long tileBytes = tileBytes4;
    long groupBytes = tiles * tileBytes;
    int firstRow = lane / LANES_OF_ROW;
    IntVector halfBits = IntVector.broadcast(INTS, HALF_BITS);
    FloatVector rebias = FloatVector.broadcast(FLOATS, HALF_REBIAS);
    int group0 = firstGroups[0];
    int group1 = firstGroups[1];
    int group2 = firstGroups[2];
    int group3 = firstGroups[3];
    for (int g = 0; g < groups; g++) {
      int pair = g * PAIRS;
      for (int tile = 0; tile < tiles; tile += 2) {
        long firstTile = block + g * groupBytes + tile * tileBytes;
        long nibbles = firstTile + lane * Short.BYTES;
        long halves = firstTile + NIBBLE_BYTES + firstRow * Short.BYTES;
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
        for (int j = 0; j < SHORT_ROWS; j++) {
          long at = nibbles + j * SHORT_ROW_BYTES;
          IntVector ints0 = IntVector.fromMemorySegment(INTS, weights, at, ORDER);
          IntVector ints1 = IntVector.fromMemorySegment(INTS, weights, at + tileBytes, ORDER);
          for (int i = NIBBLES * j; i < NIBBLES * j + NIBBLES; i++) {
            ShortVector x0 =
                IntVector.broadcast(INTS, pairs[group0 * PAIRS + pair + i]).reinterpretAsShorts();
            lanes0of0 = lanes0of0.add(ints0.reinterpretAsShorts().mul(x0));
            lanes0of1 = lanes0of1.add(ints1.reinterpretAsShorts().mul(x0));
            ShortVector x1 =
                IntVector.broadcast(INTS, pairs[group1 * PAIRS + pair + i]).reinterpretAsShorts();
            lanes1of0 = lanes1of0.add(ints0.reinterpretAsShorts().mul(x1));
            lanes1of1 = lanes1of1.add(ints1.reinterpretAsShorts().mul(x1));
            ShortVector x2 =
                IntVector.broadcast(INTS, pairs[group2 * PAIRS + pair + i]).reinterpretAsShorts();
            lanes2of0 = lanes2of0.add(ints0.reinterpretAsShorts().mul(x2));
            lanes2of1 = lanes2of1.add(ints1.reinterpretAsShorts().mul(x2));
            ShortVector x3 =
                IntVector.broadcast(INTS, pairs[group3 * PAIRS + pair + i]).reinterpretAsShorts();
            lanes3of0 = lanes3of0.add(ints0.reinterpretAsShorts().mul(x3));
            lanes3of1 = lanes3of1.add(ints1.reinterpretAsShorts().mul(x3));
            ints0 = ints0.lanewise(LSHR, 4).and(VectorQuantizedKernels.OWN_BITS_1);
            ints1 = ints1.lanewise(LSHR, 4).and(VectorQuantizedKernels.OWN_BITS_1);
          }
        }
        FloatVector scale0 =
            ((IntVector)
                    ShortVector.fromMemorySegment(HALVES, weights, halves, ORDER)
                        .convertShape(S2I, INTS, 0))
                .lanewise(LSHL, 13)
                .and(halfBits)
                .reinterpretAsFloats()
                .mul(rebias);
        FloatVector scale1 =
            ((IntVector)
                    ShortVector.fromMemorySegment(HALVES, weights, halves + tileBytes, ORDER)
                        .convertShape(S2I, INTS, 0))
                .lanewise(LSHL, 13)
                .and(halfBits)
                .reinterpretAsFloats()
                .mul(rebias);
        int to = sumsOffset + tile * ROWS + firstRow;
        float xScale0 = scales[group0 + g];
        IntVector totals0of0Lanes = lanes0of0.reinterpretAsInts();
        IntVector totals0of0 =
            totals0of0Lanes.add(totals0of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
        ((FloatVector) totals0of0.convert(I2F, 0))
            .fma(scale0.mul(xScale0), FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 0 * ROWS))
            .intoArray(sums, to + 0 * SUMS + 0 * ROWS);
        IntVector totals0of1Lanes = lanes0of1.reinterpretAsInts();
        IntVector totals0of1 =
            totals0of1Lanes.add(totals0of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
        ((FloatVector) totals0of1.convert(I2F, 0))
            .fma(scale1.mul(xScale0), FloatVector.fromArray(FLOATS, sums, to + 0 * SUMS + 1 * ROWS))
            .intoArray(sums, to + 0 * SUMS + 1 * ROWS);
        float xScale1 = scales[group1 + g];
        IntVector totals1of0Lanes = lanes1of0.reinterpretAsInts();
        IntVector totals1of0 =
            totals1of0Lanes.add(totals1of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
        ((FloatVector) totals1of0.convert(I2F, 0))
            .fma(scale0.mul(xScale1), FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 0 * ROWS))
            .intoArray(sums, to + 1 * SUMS + 0 * ROWS);
        IntVector totals1of1Lanes = lanes1of1.reinterpretAsInts();
        IntVector totals1of1 =
            totals1of1Lanes.add(totals1of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
        ((FloatVector) totals1of1.convert(I2F, 0))
            .fma(scale1.mul(xScale1), FloatVector.fromArray(FLOATS, sums, to + 1 * SUMS + 1 * ROWS))
            .intoArray(sums, to + 1 * SUMS + 1 * ROWS);
        float xScale2 = scales[group2 + g];
        IntVector totals2of0Lanes = lanes2of0.reinterpretAsInts();
        IntVector totals2of0 =
            totals2of0Lanes.add(totals2of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
        ((FloatVector) totals2of0.convert(I2F, 0))
            .fma(scale0.mul(xScale2), FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 0 * ROWS))
            .intoArray(sums, to + 2 * SUMS + 0 * ROWS);
        IntVector totals2of1Lanes = lanes2of1.reinterpretAsInts();
        IntVector totals2of1 =
            totals2of1Lanes.add(totals2of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
        ((FloatVector) totals2of1.convert(I2F, 0))
            .fma(scale1.mul(xScale2), FloatVector.fromArray(FLOATS, sums, to + 2 * SUMS + 1 * ROWS))
            .intoArray(sums, to + 2 * SUMS + 1 * ROWS);
        float xScale3 = scales[group3 + g];
        IntVector totals3of0Lanes = lanes3of0.reinterpretAsInts();
        IntVector totals3of0 =
            totals3of0Lanes.add(totals3of0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
        ((FloatVector) totals3of0.convert(I2F, 0))
            .fma(scale0.mul(xScale3), FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 0 * ROWS))
            .intoArray(sums, to + 3 * SUMS + 0 * ROWS);
        IntVector totals3of1Lanes = lanes3of1.reinterpretAsInts();
        IntVector totals3of1 =
            totals3of1Lanes.add(totals3of1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
        ((FloatVector) totals3of1.convert(I2F, 0))
            .fma(scale1.mul(xScale3), FloatVector.fromArray(FLOATS, sums, to + 3 * SUMS + 1 * ROWS))
            .intoArray(sums, to + 3 * SUMS + 1 * ROWS);
      }
    }
  }
}
