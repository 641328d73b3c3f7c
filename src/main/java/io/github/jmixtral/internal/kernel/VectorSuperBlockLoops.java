// Generated from scripts/kernels/VectorSuperBlockLoops.template: do not edit.
// Change the template and run scripts/GenerateKernels.java.
package io.github.jmixtral.internal.kernel;

import static io.github.jmixtral.internal.kernel.QuantizedKernels.PAIRS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.PANEL_GROUP;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.PANEL_ROWS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.ROWS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.STREAMS;
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
 * The loops of {@link VectorSuperBlockKernels} over tiles: one token times a group of 32 columns of
 * some tiles, and unpacking a tile's groups for {@link VectorSuperBlockPanelLoops}.
 *
 * <p>{@link VectorQuantizedKernels} says why the arithmetic stands inline.
 */
final class VectorSuperBlockLoops {

  private static final VectorSpecies<Integer> INTS = VectorWidth.INTS;
  private static final VectorSpecies<Float> FLOATS = VectorWidth.FLOATS;
  private static final VectorSpecies<Short> HALVES = VectorWidth.HALVES;
  private static final ByteOrder ORDER = LittleEndian.ORDER;
  private static final int FLOAT_LANES = FLOATS.length();

  /** Shorts of a pair of columns that belong to one row. */
  private static final int LANES_OF_ROW = 2;

  /** From one row of shorts of a tile to the next. */
  private static final int SHORT_ROW_BYTES = LANES_OF_ROW * ROWS * Short.BYTES;

  /** From one pair of columns of a panel to the next, in shorts. */
  private static final int PAIR = LANES_OF_ROW * PANEL_ROWS;

  /** Where parts, and those of the minima, begin among the sums of one token. */
  static final int PARTS = 2 * STREAMS * SUMS;

  static final int MINIMA_PARTS = 3 * STREAMS * SUMS;

  /** The lower two bits of each nibble. */
  private static final int TWO_BITS = 0x33333333;

  /** The lowest bit of each nibble, and the third. */
  private static final int ONE_BIT = 0x11111111;

  private static final int THIRD_BIT = 0x44444444;

  /** Of each byte, the nibble that lies lower, and what belongs above it. */
  private static final int NIBBLE_OF_BYTE = 0x0f0f0f0f;

  private static final int FIFTH_OF_BYTE = 0x10101010;
  private static final int UPPER_TWO_OF_BYTE = 0x30303030;

  /** What two shorts, shifted as an int, have of their own, without their lowest nibbles. */
  private static final int TIMES_SIXTEEN_0 = 0xfff0fff0;

  private static final int TIMES_SIXTEEN_2 = 0xfff00ff0;
  private static final int TIMES_SIXTEEN_3 = 0xfff000f0;

  private VectorSuperBlockLoops() {}

  /** One token × one vector of a group of each tile of some blocks. */
  static void multiplyOne2(
      MemorySegment weights,
      long header,
      long levels,
      long stride,
      int blocks,
      int tiles,
      int number,
      int lane,
      RoundedActivations x,
      int group,
      float[] sums) {
    int[] pairs = x.pairs();
    int firstRow = lane / LANES_OF_ROW;
    int groupBytes = SuperBlockFormat.Q2.groupBytes();
    int headerBytes = SuperBlockFormat.Q2.headerBytes();
    int pair = group * PAIRS;
    float xScale = x.scales()[group];
    int sum0 = x.halfSums()[2 * group];
    int sum1 = x.halfSums()[2 * group + 1];
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
    float xSum0 = sum0 * xScale;
    float xSum1 = sum1 * xScale;
    long scalesAt =
        header
            + SuperBlockFormat.Q2.scalesOffset()
            + (number / 2 * ROWS + firstRow) * Integer.BYTES;
    int up = 24 - number % 2 * 16;
    for (int t = 0; t < tiles; t++) {
      for (int b = 0; b < blocks; b++) {
        long tile = levels + b * stride + t * groupBytes + lane * Short.BYTES;
        int row = b * SUMS + t * ROWS + firstRow;
        int part = PARTS + row;
        IntVector lowBits0 = IntVector.fromMemorySegment(INTS, weights, tile, ORDER);
        IntVector lowBits1 =
            IntVector.fromMemorySegment(INTS, weights, tile + SHORT_ROW_BYTES, ORDER);
        IntVector low0 = lowBits0.and(TWO_BITS);
        IntVector low1 = lowBits0.lanewise(LSHR, 2).and(TWO_BITS);
        IntVector low2 = lowBits1.and(TWO_BITS);
        IntVector low3 = lowBits1.lanewise(LSHR, 2).and(TWO_BITS);
        ShortVector total0Low = low0.reinterpretAsShorts().mul(x0);
        total0Low = total0Low.add(low0.lanewise(LSHR, 4).reinterpretAsShorts().mul(x1));
        total0Low = total0Low.add(low0.lanewise(LSHR, 8).reinterpretAsShorts().mul(x2));
        total0Low = total0Low.add(low0.lanewise(LSHR, 12).reinterpretAsShorts().mul(x3));
        total0Low = total0Low.add(low1.reinterpretAsShorts().mul(x4));
        total0Low = total0Low.add(low1.lanewise(LSHR, 4).reinterpretAsShorts().mul(x5));
        total0Low = total0Low.add(low1.lanewise(LSHR, 8).reinterpretAsShorts().mul(x6));
        total0Low = total0Low.add(low1.lanewise(LSHR, 12).reinterpretAsShorts().mul(x7));
        IntVector total0Lanes = total0Low.reinterpretAsInts();
        IntVector total0 = total0Lanes.add(total0Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
        ShortVector total1Low = low2.reinterpretAsShorts().mul(x8);
        total1Low = total1Low.add(low2.lanewise(LSHR, 4).reinterpretAsShorts().mul(x9));
        total1Low = total1Low.add(low2.lanewise(LSHR, 8).reinterpretAsShorts().mul(x10));
        total1Low = total1Low.add(low2.lanewise(LSHR, 12).reinterpretAsShorts().mul(x11));
        total1Low = total1Low.add(low3.reinterpretAsShorts().mul(x12));
        total1Low = total1Low.add(low3.lanewise(LSHR, 4).reinterpretAsShorts().mul(x13));
        total1Low = total1Low.add(low3.lanewise(LSHR, 8).reinterpretAsShorts().mul(x14));
        total1Low = total1Low.add(low3.lanewise(LSHR, 12).reinterpretAsShorts().mul(x15));
        IntVector total1Lanes = total1Low.reinterpretAsInts();
        IntVector total1 = total1Lanes.add(total1Lanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
        IntVector ints =
            IntVector.fromMemorySegment(
                INTS, weights, scalesAt + b * stride + t * headerBytes, ORDER);
        FloatVector scale0 =
            (FloatVector) ints.lanewise(LSHL, up + 4).lanewise(LSHR, 28).convert(I2F, 0);
        FloatVector scale1 =
            (FloatVector) ints.lanewise(LSHL, up - 4).lanewise(LSHR, 28).convert(I2F, 0);
        FloatVector before = FloatVector.fromArray(FLOATS, sums, part);
        FloatVector between =
            ((FloatVector) total0.convert(I2F, 0))
                .mul(scale0)
                .fma(FloatVector.broadcast(FLOATS, xScale), before);
        ((FloatVector) total1.convert(I2F, 0))
            .mul(scale1)
            .fma(FloatVector.broadcast(FLOATS, xScale), between)
            .intoArray(sums, part);
        FloatVector minimum0 =
            (FloatVector) ints.lanewise(LSHL, up).lanewise(LSHR, 28).convert(I2F, 0);
        FloatVector minimum1 =
            (FloatVector) ints.lanewise(LSHL, up - 8).lanewise(LSHR, 28).convert(I2F, 0);
        int minimaPart = MINIMA_PARTS + row;
        minimum1
            .fma(
                FloatVector.broadcast(FLOATS, xSum1),
                minimum0.fma(
                    FloatVector.broadcast(FLOATS, xSum0),
                    FloatVector.fromArray(FLOATS, sums, minimaPart)))
            .intoArray(sums, minimaPart);
      }
    }
  }

  /** One token × one vector of a group of each tile of some blocks. */
  static void multiplyOne3(
      MemorySegment weights,
      long header,
      long levels,
      long stride,
      int blocks,
      int tiles,
      int number,
      int lane,
      RoundedActivations x,
      int group,
      float[] sums) {
    int[] pairs = x.pairs();
    int firstRow = lane / LANES_OF_ROW;
    int groupBytes = SuperBlockFormat.Q3.groupBytes();
    int headerBytes = SuperBlockFormat.Q3.headerBytes();
    int pair = group * PAIRS;
    float xScale = x.scales()[group];
    int sum0 = x.halfSums()[2 * group];
    int sum1 = x.halfSums()[2 * group + 1];
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
    long scalesAt =
        header
            + SuperBlockFormat.Q3.scalesOffset()
            + (number / 2 * ROWS + firstRow) * Integer.BYTES;
    int up = 24 - number % 2 * 16;
    for (int t = 0; t < tiles; t++) {
      for (int b = 0; b < blocks; b++) {
        long tile = levels + b * stride + t * groupBytes + lane * Short.BYTES;
        int row = b * SUMS + t * ROWS + firstRow;
        int part = PARTS + row;
        IntVector twoBits0 = IntVector.fromMemorySegment(INTS, weights, tile, ORDER);
        IntVector twoBits1 =
            IntVector.fromMemorySegment(INTS, weights, tile + SHORT_ROW_BYTES, ORDER);
        IntVector two0 = twoBits0.and(TWO_BITS);
        IntVector two1 = twoBits0.lanewise(LSHR, 2).and(TWO_BITS);
        IntVector two2 = twoBits1.and(TWO_BITS);
        IntVector two3 = twoBits1.lanewise(LSHR, 2).and(TWO_BITS);
        IntVector third =
            IntVector.fromMemorySegment(INTS, weights, tile + 2 * SHORT_ROW_BYTES, ORDER);
        IntVector low0 = two0.or(third.lanewise(LSHL, 2).and(THIRD_BIT));
        IntVector low1 = two1.or(third.lanewise(LSHL, 1).and(THIRD_BIT));
        IntVector low2 = two2.or(third.and(THIRD_BIT));
        IntVector low3 = two3.or(third.lanewise(LSHR, 1).and(THIRD_BIT));
        ShortVector total0StoredLow = low0.reinterpretAsShorts().mul(x0);
        total0StoredLow = total0StoredLow.add(low0.lanewise(LSHR, 4).reinterpretAsShorts().mul(x1));
        total0StoredLow = total0StoredLow.add(low0.lanewise(LSHR, 8).reinterpretAsShorts().mul(x2));
        total0StoredLow =
            total0StoredLow.add(low0.lanewise(LSHR, 12).reinterpretAsShorts().mul(x3));
        total0StoredLow = total0StoredLow.add(low1.reinterpretAsShorts().mul(x4));
        total0StoredLow = total0StoredLow.add(low1.lanewise(LSHR, 4).reinterpretAsShorts().mul(x5));
        total0StoredLow = total0StoredLow.add(low1.lanewise(LSHR, 8).reinterpretAsShorts().mul(x6));
        total0StoredLow =
            total0StoredLow.add(low1.lanewise(LSHR, 12).reinterpretAsShorts().mul(x7));
        IntVector total0StoredLanes = total0StoredLow.reinterpretAsInts();
        IntVector total0Stored =
            total0StoredLanes.add(total0StoredLanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
        IntVector total0 = total0Stored.sub(4 * sum0);
        ShortVector total1StoredLow = low2.reinterpretAsShorts().mul(x8);
        total1StoredLow = total1StoredLow.add(low2.lanewise(LSHR, 4).reinterpretAsShorts().mul(x9));
        total1StoredLow =
            total1StoredLow.add(low2.lanewise(LSHR, 8).reinterpretAsShorts().mul(x10));
        total1StoredLow =
            total1StoredLow.add(low2.lanewise(LSHR, 12).reinterpretAsShorts().mul(x11));
        total1StoredLow = total1StoredLow.add(low3.reinterpretAsShorts().mul(x12));
        total1StoredLow =
            total1StoredLow.add(low3.lanewise(LSHR, 4).reinterpretAsShorts().mul(x13));
        total1StoredLow =
            total1StoredLow.add(low3.lanewise(LSHR, 8).reinterpretAsShorts().mul(x14));
        total1StoredLow =
            total1StoredLow.add(low3.lanewise(LSHR, 12).reinterpretAsShorts().mul(x15));
        IntVector total1StoredLanes = total1StoredLow.reinterpretAsInts();
        IntVector total1Stored =
            total1StoredLanes.add(total1StoredLanes.lanewise(LSHL, 16)).lanewise(ASHR, 16);
        IntVector total1 = total1Stored.sub(4 * sum1);
        IntVector ints =
            IntVector.fromMemorySegment(
                INTS, weights, scalesAt + b * stride + t * headerBytes, ORDER);
        FloatVector scale0 =
            (FloatVector) ints.lanewise(LSHL, up).lanewise(ASHR, 24).convert(I2F, 0);
        FloatVector scale1 =
            (FloatVector) ints.lanewise(LSHL, up - 8).lanewise(ASHR, 24).convert(I2F, 0);
        FloatVector before = FloatVector.fromArray(FLOATS, sums, part);
        FloatVector between =
            ((FloatVector) total0.convert(I2F, 0))
                .mul(scale0)
                .fma(FloatVector.broadcast(FLOATS, xScale), before);
        ((FloatVector) total1.convert(I2F, 0))
            .mul(scale1)
            .fma(FloatVector.broadcast(FLOATS, xScale), between)
            .intoArray(sums, part);
      }
    }
  }

  /** One token × one vector of a group of each tile of some blocks. */
  static void multiplyOne6(
      MemorySegment weights,
      long header,
      long levels,
      long stride,
      int blocks,
      int tiles,
      int number,
      int lane,
      RoundedActivations x,
      int group,
      float[] sums) {
    int[] pairs = x.pairs();
    int firstRow = lane / LANES_OF_ROW;
    int groupBytes = SuperBlockFormat.Q6.groupBytes();
    int headerBytes = SuperBlockFormat.Q6.headerBytes();
    int pair = group * PAIRS;
    float xScale = x.scales()[group];
    int x0half0 = (short) (pairs[pair + 0] >> 0);
    int x0half1 = (short) (pairs[pair + 0] >> 16);
    int x1half0 = (short) (pairs[pair + 1] >> 0) + 16 * x0half0;
    int x2half0 = (short) (pairs[pair + 2] >> 0) + 16 * x1half0;
    int x3half0 = (short) (pairs[pair + 3] >> 0) + 16 * x2half0;
    int x1half1 = (short) (pairs[pair + 1] >> 16) + 16 * x0half1;
    int x2half1 = (short) (pairs[pair + 2] >> 16) + 16 * x1half1;
    int x3half1 = (short) (pairs[pair + 3] >> 16) + 16 * x2half1;
    ShortVector x0 =
        IntVector.broadcast(INTS, pack(x0half0, x0half1 - 256 * x2half0)).reinterpretAsShorts();
    ShortVector x1 =
        IntVector.broadcast(INTS, pack(x1half0, x1half1 - 256 * x3half0)).reinterpretAsShorts();
    ShortVector x2 =
        IntVector.broadcast(INTS, pack(x2half0 - 256 * x0half0, x2half1 - 256 * x0half1))
            .reinterpretAsShorts();
    ShortVector x3 =
        IntVector.broadcast(INTS, pack(x3half0 - 256 * x1half0, x3half1 - 256 * x1half1))
            .reinterpretAsShorts();
    int quarterSum0 = x0half0 + x0half1 + x1half0 + x1half1 + x2half0 + x2half1 + x3half0 + x3half1;
    int x4half0 = (short) (pairs[pair + 4] >> 0);
    int x4half1 = (short) (pairs[pair + 4] >> 16);
    int x5half0 = (short) (pairs[pair + 5] >> 0) + 16 * x4half0;
    int x6half0 = (short) (pairs[pair + 6] >> 0) + 16 * x5half0;
    int x7half0 = (short) (pairs[pair + 7] >> 0) + 16 * x6half0;
    int x5half1 = (short) (pairs[pair + 5] >> 16) + 16 * x4half1;
    int x6half1 = (short) (pairs[pair + 6] >> 16) + 16 * x5half1;
    int x7half1 = (short) (pairs[pair + 7] >> 16) + 16 * x6half1;
    ShortVector x4 =
        IntVector.broadcast(INTS, pack(x4half0, x4half1 - 256 * x6half0)).reinterpretAsShorts();
    ShortVector x5 =
        IntVector.broadcast(INTS, pack(x5half0, x5half1 - 256 * x7half0)).reinterpretAsShorts();
    ShortVector x6 =
        IntVector.broadcast(INTS, pack(x6half0 - 256 * x4half0, x6half1 - 256 * x4half1))
            .reinterpretAsShorts();
    ShortVector x7 =
        IntVector.broadcast(INTS, pack(x7half0 - 256 * x5half0, x7half1 - 256 * x5half1))
            .reinterpretAsShorts();
    int quarterSum1 = x4half0 + x4half1 + x5half0 + x5half1 + x6half0 + x6half1 + x7half0 + x7half1;
    int x8half0 = (short) (pairs[pair + 8] >> 0);
    int x8half1 = (short) (pairs[pair + 8] >> 16);
    int x9half0 = (short) (pairs[pair + 9] >> 0) + 16 * x8half0;
    int x10half0 = (short) (pairs[pair + 10] >> 0) + 16 * x9half0;
    int x11half0 = (short) (pairs[pair + 11] >> 0) + 16 * x10half0;
    int x9half1 = (short) (pairs[pair + 9] >> 16) + 16 * x8half1;
    int x10half1 = (short) (pairs[pair + 10] >> 16) + 16 * x9half1;
    int x11half1 = (short) (pairs[pair + 11] >> 16) + 16 * x10half1;
    ShortVector x8 =
        IntVector.broadcast(INTS, pack(x8half0, x8half1 - 256 * x10half0)).reinterpretAsShorts();
    ShortVector x9 =
        IntVector.broadcast(INTS, pack(x9half0, x9half1 - 256 * x11half0)).reinterpretAsShorts();
    ShortVector x10 =
        IntVector.broadcast(INTS, pack(x10half0 - 256 * x8half0, x10half1 - 256 * x8half1))
            .reinterpretAsShorts();
    ShortVector x11 =
        IntVector.broadcast(INTS, pack(x11half0 - 256 * x9half0, x11half1 - 256 * x9half1))
            .reinterpretAsShorts();
    int quarterSum2 =
        x8half0 + x8half1 + x9half0 + x9half1 + x10half0 + x10half1 + x11half0 + x11half1;
    int x12half0 = (short) (pairs[pair + 12] >> 0);
    int x12half1 = (short) (pairs[pair + 12] >> 16);
    int x13half0 = (short) (pairs[pair + 13] >> 0) + 16 * x12half0;
    int x14half0 = (short) (pairs[pair + 14] >> 0) + 16 * x13half0;
    int x15half0 = (short) (pairs[pair + 15] >> 0) + 16 * x14half0;
    int x13half1 = (short) (pairs[pair + 13] >> 16) + 16 * x12half1;
    int x14half1 = (short) (pairs[pair + 14] >> 16) + 16 * x13half1;
    int x15half1 = (short) (pairs[pair + 15] >> 16) + 16 * x14half1;
    ShortVector x12 =
        IntVector.broadcast(INTS, pack(x12half0, x12half1 - 256 * x14half0)).reinterpretAsShorts();
    ShortVector x13 =
        IntVector.broadcast(INTS, pack(x13half0, x13half1 - 256 * x15half0)).reinterpretAsShorts();
    ShortVector x14 =
        IntVector.broadcast(INTS, pack(x14half0 - 256 * x12half0, x14half1 - 256 * x12half1))
            .reinterpretAsShorts();
    ShortVector x15 =
        IntVector.broadcast(INTS, pack(x15half0 - 256 * x13half0, x15half1 - 256 * x13half1))
            .reinterpretAsShorts();
    int quarterSum3 =
        x12half0 + x12half1 + x13half0 + x13half1 + x14half0 + x14half1 + x15half0 + x15half1;
    long scalesAt =
        header
            + SuperBlockFormat.Q6.scalesOffset()
            + (number / 2 * ROWS + firstRow) * Integer.BYTES;
    int up = 24 - number % 2 * 16;
    for (int t = 0; t < tiles; t++) {
      for (int b = 0; b < blocks; b++) {
        long tile = levels + b * stride + t * groupBytes + lane * Short.BYTES;
        int row = b * SUMS + t * ROWS + firstRow;
        int part = PARTS + row;
        IntVector low0 =
            IntVector.fromMemorySegment(INTS, weights, tile + 0 * SHORT_ROW_BYTES, ORDER);
        IntVector low1 =
            IntVector.fromMemorySegment(INTS, weights, tile + 1 * SHORT_ROW_BYTES, ORDER);
        IntVector low2 =
            IntVector.fromMemorySegment(INTS, weights, tile + 2 * SHORT_ROW_BYTES, ORDER);
        IntVector low3 =
            IntVector.fromMemorySegment(INTS, weights, tile + 3 * SHORT_ROW_BYTES, ORDER);
        IntVector high0 =
            IntVector.fromMemorySegment(INTS, weights, tile + 4 * SHORT_ROW_BYTES, ORDER);
        IntVector high1 =
            IntVector.fromMemorySegment(INTS, weights, tile + 5 * SHORT_ROW_BYTES, ORDER);
        IntVector even0 =
            low0.and(NIBBLE_OF_BYTE).or(high0.lanewise(LSHL, 4).and(UPPER_TWO_OF_BYTE));
        IntVector odd0 =
            low0.lanewise(LSHR, 4).and(NIBBLE_OF_BYTE).or(high0.and(UPPER_TWO_OF_BYTE));
        ShortVector quarter0 =
            even0
                .reinterpretAsShorts()
                .mul(x0)
                .add(odd0.reinterpretAsShorts().mul(x1))
                .add(even0.lanewise(LSHR, 8).reinterpretAsShorts().mul(x2))
                .add(odd0.lanewise(LSHR, 8).reinterpretAsShorts().mul(x3));
        IntVector even1 =
            low1.and(NIBBLE_OF_BYTE).or(high0.lanewise(LSHL, 2).and(UPPER_TWO_OF_BYTE));
        IntVector odd1 =
            low1.lanewise(LSHR, 4)
                .and(NIBBLE_OF_BYTE)
                .or(high0.lanewise(LSHR, 2).and(UPPER_TWO_OF_BYTE));
        ShortVector quarter1 =
            even1
                .reinterpretAsShorts()
                .mul(x4)
                .add(odd1.reinterpretAsShorts().mul(x5))
                .add(even1.lanewise(LSHR, 8).reinterpretAsShorts().mul(x6))
                .add(odd1.lanewise(LSHR, 8).reinterpretAsShorts().mul(x7));
        IntVector even2 =
            low2.and(NIBBLE_OF_BYTE).or(high1.lanewise(LSHL, 4).and(UPPER_TWO_OF_BYTE));
        IntVector odd2 =
            low2.lanewise(LSHR, 4).and(NIBBLE_OF_BYTE).or(high1.and(UPPER_TWO_OF_BYTE));
        ShortVector quarter2 =
            even2
                .reinterpretAsShorts()
                .mul(x8)
                .add(odd2.reinterpretAsShorts().mul(x9))
                .add(even2.lanewise(LSHR, 8).reinterpretAsShorts().mul(x10))
                .add(odd2.lanewise(LSHR, 8).reinterpretAsShorts().mul(x11));
        IntVector even3 =
            low3.and(NIBBLE_OF_BYTE).or(high1.lanewise(LSHL, 2).and(UPPER_TWO_OF_BYTE));
        IntVector odd3 =
            low3.lanewise(LSHR, 4)
                .and(NIBBLE_OF_BYTE)
                .or(high1.lanewise(LSHR, 2).and(UPPER_TWO_OF_BYTE));
        ShortVector quarter3 =
            even3
                .reinterpretAsShorts()
                .mul(x12)
                .add(odd3.reinterpretAsShorts().mul(x13))
                .add(even3.lanewise(LSHR, 8).reinterpretAsShorts().mul(x14))
                .add(odd3.lanewise(LSHR, 8).reinterpretAsShorts().mul(x15));
        IntVector quarterTotal0Lanes = quarter0.reinterpretAsInts();
        IntVector quarterTotal0 =
            quarterTotal0Lanes
                .add(quarterTotal0Lanes.lanewise(LSHL, 16))
                .sub((32 * quarterSum0) << 16)
                .lanewise(ASHR, 16);
        IntVector quarterTotal1Lanes = quarter1.reinterpretAsInts();
        IntVector quarterTotal1 =
            quarterTotal1Lanes
                .add(quarterTotal1Lanes.lanewise(LSHL, 16))
                .sub((32 * quarterSum1) << 16)
                .lanewise(ASHR, 16);
        IntVector quarterTotal2Lanes = quarter2.reinterpretAsInts();
        IntVector quarterTotal2 =
            quarterTotal2Lanes
                .add(quarterTotal2Lanes.lanewise(LSHL, 16))
                .sub((32 * quarterSum2) << 16)
                .lanewise(ASHR, 16);
        IntVector quarterTotal3Lanes = quarter3.reinterpretAsInts();
        IntVector quarterTotal3 =
            quarterTotal3Lanes
                .add(quarterTotal3Lanes.lanewise(LSHL, 16))
                .sub((32 * quarterSum3) << 16)
                .lanewise(ASHR, 16);
        IntVector total0 = quarterTotal0.add(quarterTotal1);
        IntVector total1 = quarterTotal2.add(quarterTotal3);
        IntVector ints =
            IntVector.fromMemorySegment(
                INTS, weights, scalesAt + b * stride + t * headerBytes, ORDER);
        FloatVector scale0 =
            (FloatVector) ints.lanewise(LSHL, up).lanewise(ASHR, 24).convert(I2F, 0);
        FloatVector scale1 =
            (FloatVector) ints.lanewise(LSHL, up - 8).lanewise(ASHR, 24).convert(I2F, 0);
        FloatVector before = FloatVector.fromArray(FLOATS, sums, part);
        FloatVector between =
            ((FloatVector) total0.convert(I2F, 0))
                .mul(scale0)
                .fma(FloatVector.broadcast(FLOATS, xScale), before);
        ((FloatVector) total1.convert(I2F, 0))
            .mul(scale1)
            .fma(FloatVector.broadcast(FLOATS, xScale), between)
            .intoArray(sums, part);
      }
    }
  }

  /** One token × one vector of a group of each tile of some blocks. */
  static void multiplyOne4(
      MemorySegment weights,
      long header,
      long levels,
      long stride,
      int blocks,
      int tiles,
      int number,
      int lane,
      RoundedActivations x,
      int group,
      float[] sums) {
    int[] pairs = x.pairs();
    int firstRow = lane / LANES_OF_ROW;
    int groupBytes = SuperBlockFormat.Q4.groupBytes();
    int headerBytes = SuperBlockFormat.Q4.headerBytes();
    int pair = group * PAIRS;
    float xScale = x.scales()[group];
    int sum0 = x.halfSums()[2 * group];
    int sum1 = x.halfSums()[2 * group + 1];
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
    int xSum = sum0 + sum1;
    float scaledSum = xSum * xScale;
    long scalesAt =
        header
            + SuperBlockFormat.Q4.scalesOffset()
            + (number / 4 * ROWS + firstRow) * Integer.BYTES;
    int toMinima = SuperBlockFormat.Q4.minimaOffset() - SuperBlockFormat.Q4.scalesOffset();
    int up = 24 - number % 4 * 8;
    for (int t = 0; t < tiles; t++) {
      for (int b = 0; b < blocks; b++) {
        long tile = levels + b * stride + t * groupBytes + lane * Short.BYTES;
        int row = b * SUMS + t * ROWS + firstRow;
        int part = PARTS + row;
        IntVector low0 =
            IntVector.fromMemorySegment(INTS, weights, tile + 0 * SHORT_ROW_BYTES, ORDER);
        IntVector low1 =
            IntVector.fromMemorySegment(INTS, weights, tile + 1 * SHORT_ROW_BYTES, ORDER);
        IntVector low2 =
            IntVector.fromMemorySegment(INTS, weights, tile + 2 * SHORT_ROW_BYTES, ORDER);
        IntVector low3 =
            IntVector.fromMemorySegment(INTS, weights, tile + 3 * SHORT_ROW_BYTES, ORDER);
        ShortVector lowFirst = low0.reinterpretAsShorts().mul(x0);
        lowFirst = lowFirst.add(low0.lanewise(LSHR, 4).reinterpretAsShorts().mul(x1));
        lowFirst = lowFirst.add(low0.lanewise(LSHR, 8).reinterpretAsShorts().mul(x2));
        lowFirst = lowFirst.add(low0.lanewise(LSHR, 12).reinterpretAsShorts().mul(x3));
        lowFirst = lowFirst.add(low1.reinterpretAsShorts().mul(x4));
        lowFirst = lowFirst.add(low1.lanewise(LSHR, 4).reinterpretAsShorts().mul(x5));
        lowFirst = lowFirst.add(low1.lanewise(LSHR, 8).reinterpretAsShorts().mul(x6));
        lowFirst = lowFirst.add(low1.lanewise(LSHR, 12).reinterpretAsShorts().mul(x7));
        ShortVector lowSecond = low2.reinterpretAsShorts().mul(x8);
        lowSecond = lowSecond.add(low2.lanewise(LSHR, 4).reinterpretAsShorts().mul(x9));
        lowSecond = lowSecond.add(low2.lanewise(LSHR, 8).reinterpretAsShorts().mul(x10));
        lowSecond = lowSecond.add(low2.lanewise(LSHR, 12).reinterpretAsShorts().mul(x11));
        lowSecond = lowSecond.add(low3.reinterpretAsShorts().mul(x12));
        lowSecond = lowSecond.add(low3.lanewise(LSHR, 4).reinterpretAsShorts().mul(x13));
        lowSecond = lowSecond.add(low3.lanewise(LSHR, 8).reinterpretAsShorts().mul(x14));
        lowSecond = lowSecond.add(low3.lanewise(LSHR, 12).reinterpretAsShorts().mul(x15));
        IntVector lessLanes = lowFirst.add(lowSecond).reinterpretAsInts();
        IntVector less =
            lessLanes.add(lessLanes.lanewise(LSHL, 16)).sub((8 * xSum) << 16).lanewise(ASHR, 16);
        IntVector total = less.add(8 * xSum);
        long at = scalesAt + b * stride + t * headerBytes;
        IntVector ints = IntVector.fromMemorySegment(INTS, weights, at, ORDER);
        FloatVector scale =
            (FloatVector) ints.lanewise(LSHL, up).lanewise(ASHR, 24).convert(I2F, 0);
        ((FloatVector) total.convert(I2F, 0))
            .mul(scale)
            .fma(FloatVector.broadcast(FLOATS, xScale), FloatVector.fromArray(FLOATS, sums, part))
            .intoArray(sums, part);
        IntVector minimaInts = IntVector.fromMemorySegment(INTS, weights, at + toMinima, ORDER);
        FloatVector minimum =
            (FloatVector) minimaInts.lanewise(LSHL, up).lanewise(ASHR, 24).convert(I2F, 0);
        int minimaPart = MINIMA_PARTS + row;
        minimum
            .fma(
                FloatVector.broadcast(FLOATS, scaledSum),
                FloatVector.fromArray(FLOATS, sums, minimaPart))
            .intoArray(sums, minimaPart);
      }
    }
  }

  /** One token × one vector of a group of each tile of some blocks. */
  static void multiplyOne5(
      MemorySegment weights,
      long header,
      long levels,
      long stride,
      int blocks,
      int tiles,
      int number,
      int lane,
      RoundedActivations x,
      int group,
      float[] sums) {
    int[] pairs = x.pairs();
    int firstRow = lane / LANES_OF_ROW;
    int groupBytes = SuperBlockFormat.Q5.groupBytes();
    int headerBytes = SuperBlockFormat.Q5.headerBytes();
    int pair = group * PAIRS;
    float xScale = x.scales()[group];
    int x0half0 = (short) (pairs[pair + 0] >> 0);
    int x0half1 = (short) (pairs[pair + 0] >> 16);
    int x1half0 = (short) (pairs[pair + 1] >> 0) + 16 * x0half0;
    int x2half0 = (short) (pairs[pair + 2] >> 0) + 16 * x1half0;
    int x3half0 = (short) (pairs[pair + 3] >> 0) + 16 * x2half0;
    int x1half1 = (short) (pairs[pair + 1] >> 16) + 16 * x0half1;
    int x2half1 = (short) (pairs[pair + 2] >> 16) + 16 * x1half1;
    int x3half1 = (short) (pairs[pair + 3] >> 16) + 16 * x2half1;
    ShortVector x0 =
        IntVector.broadcast(INTS, pack(x0half0, x0half1 - 256 * x2half0)).reinterpretAsShorts();
    ShortVector x1 =
        IntVector.broadcast(INTS, pack(x1half0, x1half1 - 256 * x3half0)).reinterpretAsShorts();
    ShortVector x2 =
        IntVector.broadcast(INTS, pack(x2half0 - 256 * x0half0, x2half1 - 256 * x0half1))
            .reinterpretAsShorts();
    ShortVector x3 =
        IntVector.broadcast(INTS, pack(x3half0 - 256 * x1half0, x3half1 - 256 * x1half1))
            .reinterpretAsShorts();
    int quarterSum0 = x0half0 + x0half1 + x1half0 + x1half1 + x2half0 + x2half1 + x3half0 + x3half1;
    int x4half0 = (short) (pairs[pair + 4] >> 0);
    int x4half1 = (short) (pairs[pair + 4] >> 16);
    int x5half0 = (short) (pairs[pair + 5] >> 0) + 16 * x4half0;
    int x6half0 = (short) (pairs[pair + 6] >> 0) + 16 * x5half0;
    int x7half0 = (short) (pairs[pair + 7] >> 0) + 16 * x6half0;
    int x5half1 = (short) (pairs[pair + 5] >> 16) + 16 * x4half1;
    int x6half1 = (short) (pairs[pair + 6] >> 16) + 16 * x5half1;
    int x7half1 = (short) (pairs[pair + 7] >> 16) + 16 * x6half1;
    ShortVector x4 =
        IntVector.broadcast(INTS, pack(x4half0, x4half1 - 256 * x6half0)).reinterpretAsShorts();
    ShortVector x5 =
        IntVector.broadcast(INTS, pack(x5half0, x5half1 - 256 * x7half0)).reinterpretAsShorts();
    ShortVector x6 =
        IntVector.broadcast(INTS, pack(x6half0 - 256 * x4half0, x6half1 - 256 * x4half1))
            .reinterpretAsShorts();
    ShortVector x7 =
        IntVector.broadcast(INTS, pack(x7half0 - 256 * x5half0, x7half1 - 256 * x5half1))
            .reinterpretAsShorts();
    int quarterSum1 = x4half0 + x4half1 + x5half0 + x5half1 + x6half0 + x6half1 + x7half0 + x7half1;
    int x8half0 = (short) (pairs[pair + 8] >> 0);
    int x8half1 = (short) (pairs[pair + 8] >> 16);
    int x9half0 = (short) (pairs[pair + 9] >> 0) + 16 * x8half0;
    int x10half0 = (short) (pairs[pair + 10] >> 0) + 16 * x9half0;
    int x11half0 = (short) (pairs[pair + 11] >> 0) + 16 * x10half0;
    int x9half1 = (short) (pairs[pair + 9] >> 16) + 16 * x8half1;
    int x10half1 = (short) (pairs[pair + 10] >> 16) + 16 * x9half1;
    int x11half1 = (short) (pairs[pair + 11] >> 16) + 16 * x10half1;
    ShortVector x8 =
        IntVector.broadcast(INTS, pack(x8half0, x8half1 - 256 * x10half0)).reinterpretAsShorts();
    ShortVector x9 =
        IntVector.broadcast(INTS, pack(x9half0, x9half1 - 256 * x11half0)).reinterpretAsShorts();
    ShortVector x10 =
        IntVector.broadcast(INTS, pack(x10half0 - 256 * x8half0, x10half1 - 256 * x8half1))
            .reinterpretAsShorts();
    ShortVector x11 =
        IntVector.broadcast(INTS, pack(x11half0 - 256 * x9half0, x11half1 - 256 * x9half1))
            .reinterpretAsShorts();
    int quarterSum2 =
        x8half0 + x8half1 + x9half0 + x9half1 + x10half0 + x10half1 + x11half0 + x11half1;
    int x12half0 = (short) (pairs[pair + 12] >> 0);
    int x12half1 = (short) (pairs[pair + 12] >> 16);
    int x13half0 = (short) (pairs[pair + 13] >> 0) + 16 * x12half0;
    int x14half0 = (short) (pairs[pair + 14] >> 0) + 16 * x13half0;
    int x15half0 = (short) (pairs[pair + 15] >> 0) + 16 * x14half0;
    int x13half1 = (short) (pairs[pair + 13] >> 16) + 16 * x12half1;
    int x14half1 = (short) (pairs[pair + 14] >> 16) + 16 * x13half1;
    int x15half1 = (short) (pairs[pair + 15] >> 16) + 16 * x14half1;
    ShortVector x12 =
        IntVector.broadcast(INTS, pack(x12half0, x12half1 - 256 * x14half0)).reinterpretAsShorts();
    ShortVector x13 =
        IntVector.broadcast(INTS, pack(x13half0, x13half1 - 256 * x15half0)).reinterpretAsShorts();
    ShortVector x14 =
        IntVector.broadcast(INTS, pack(x14half0 - 256 * x12half0, x14half1 - 256 * x12half1))
            .reinterpretAsShorts();
    ShortVector x15 =
        IntVector.broadcast(INTS, pack(x15half0 - 256 * x13half0, x15half1 - 256 * x13half1))
            .reinterpretAsShorts();
    int quarterSum3 =
        x12half0 + x12half1 + x13half0 + x13half1 + x14half0 + x14half1 + x15half0 + x15half1;
    int xSum = quarterSum0 + quarterSum1 + quarterSum2 + quarterSum3;
    float scaledSum = xSum * xScale;
    long scalesAt =
        header
            + SuperBlockFormat.Q5.scalesOffset()
            + (number / 4 * ROWS + firstRow) * Integer.BYTES;
    int toMinima = SuperBlockFormat.Q5.minimaOffset() - SuperBlockFormat.Q5.scalesOffset();
    int up = 24 - number % 4 * 8;
    for (int t = 0; t < tiles; t++) {
      for (int b = 0; b < blocks; b++) {
        long tile = levels + b * stride + t * groupBytes + lane * Short.BYTES;
        int row = b * SUMS + t * ROWS + firstRow;
        int part = PARTS + row;
        IntVector low0 =
            IntVector.fromMemorySegment(INTS, weights, tile + 0 * SHORT_ROW_BYTES, ORDER);
        IntVector low1 =
            IntVector.fromMemorySegment(INTS, weights, tile + 1 * SHORT_ROW_BYTES, ORDER);
        IntVector low2 =
            IntVector.fromMemorySegment(INTS, weights, tile + 2 * SHORT_ROW_BYTES, ORDER);
        IntVector low3 =
            IntVector.fromMemorySegment(INTS, weights, tile + 3 * SHORT_ROW_BYTES, ORDER);
        IntVector high =
            IntVector.fromMemorySegment(INTS, weights, tile + 4 * SHORT_ROW_BYTES, ORDER);
        IntVector even0 = low0.and(NIBBLE_OF_BYTE).or(high.lanewise(LSHL, 4).and(FIFTH_OF_BYTE));
        IntVector odd0 = low0.lanewise(LSHR, 4).and(NIBBLE_OF_BYTE).or(high.and(FIFTH_OF_BYTE));
        ShortVector quarter0 =
            even0
                .reinterpretAsShorts()
                .mul(x0)
                .add(odd0.reinterpretAsShorts().mul(x1))
                .add(even0.lanewise(LSHR, 8).reinterpretAsShorts().mul(x2))
                .add(odd0.lanewise(LSHR, 8).reinterpretAsShorts().mul(x3));
        IntVector even1 = low1.and(NIBBLE_OF_BYTE).or(high.lanewise(LSHL, 3).and(FIFTH_OF_BYTE));
        IntVector odd1 =
            low1.lanewise(LSHR, 4)
                .and(NIBBLE_OF_BYTE)
                .or(high.lanewise(LSHR, 1).and(FIFTH_OF_BYTE));
        ShortVector quarter1 =
            even1
                .reinterpretAsShorts()
                .mul(x4)
                .add(odd1.reinterpretAsShorts().mul(x5))
                .add(even1.lanewise(LSHR, 8).reinterpretAsShorts().mul(x6))
                .add(odd1.lanewise(LSHR, 8).reinterpretAsShorts().mul(x7));
        IntVector even2 = low2.and(NIBBLE_OF_BYTE).or(high.lanewise(LSHL, 2).and(FIFTH_OF_BYTE));
        IntVector odd2 =
            low2.lanewise(LSHR, 4)
                .and(NIBBLE_OF_BYTE)
                .or(high.lanewise(LSHR, 2).and(FIFTH_OF_BYTE));
        ShortVector quarter2 =
            even2
                .reinterpretAsShorts()
                .mul(x8)
                .add(odd2.reinterpretAsShorts().mul(x9))
                .add(even2.lanewise(LSHR, 8).reinterpretAsShorts().mul(x10))
                .add(odd2.lanewise(LSHR, 8).reinterpretAsShorts().mul(x11));
        IntVector even3 = low3.and(NIBBLE_OF_BYTE).or(high.lanewise(LSHL, 1).and(FIFTH_OF_BYTE));
        IntVector odd3 =
            low3.lanewise(LSHR, 4)
                .and(NIBBLE_OF_BYTE)
                .or(high.lanewise(LSHR, 3).and(FIFTH_OF_BYTE));
        ShortVector quarter3 =
            even3
                .reinterpretAsShorts()
                .mul(x12)
                .add(odd3.reinterpretAsShorts().mul(x13))
                .add(even3.lanewise(LSHR, 8).reinterpretAsShorts().mul(x14))
                .add(odd3.lanewise(LSHR, 8).reinterpretAsShorts().mul(x15));
        IntVector firstLanes = quarter0.add(quarter1).reinterpretAsInts();
        IntVector first =
            firstLanes
                .add(firstLanes.lanewise(LSHL, 16))
                .sub((16 * (quarterSum0 + quarterSum1)) << 16)
                .lanewise(ASHR, 16);
        IntVector secondLanes = quarter2.add(quarter3).reinterpretAsInts();
        IntVector second =
            secondLanes
                .add(secondLanes.lanewise(LSHL, 16))
                .sub((16 * (quarterSum2 + quarterSum3)) << 16)
                .lanewise(ASHR, 16);
        IntVector total = first.add(second).add(16 * xSum);
        long at = scalesAt + b * stride + t * headerBytes;
        IntVector ints = IntVector.fromMemorySegment(INTS, weights, at, ORDER);
        FloatVector scale =
            (FloatVector) ints.lanewise(LSHL, up).lanewise(ASHR, 24).convert(I2F, 0);
        ((FloatVector) total.convert(I2F, 0))
            .mul(scale)
            .fma(FloatVector.broadcast(FLOATS, xScale), FloatVector.fromArray(FLOATS, sums, part))
            .intoArray(sums, part);
        IntVector minimaInts = IntVector.fromMemorySegment(INTS, weights, at + toMinima, ORDER);
        FloatVector minimum =
            (FloatVector) minimaInts.lanewise(LSHL, up).lanewise(ASHR, 24).convert(I2F, 0);
        int minimaPart = MINIMA_PARTS + row;
        minimum
            .fma(
                FloatVector.broadcast(FLOATS, scaledSum),
                FloatVector.fromArray(FLOATS, sums, minimaPart))
            .intoArray(sums, minimaPart);
      }
    }
  }

  private static int pack(int even, int odd) {
    return even & 0xffff | odd << 16;
  }

  /** Sums += a half-precision number of each row × its part. */
  static void addParts(MemorySegment weights, long halvesAt, float[] sums, int part, int sum) {
    for (int r = 0; r < ROWS; r += FLOAT_LANES) {
      IntVector halfInts =
          (IntVector)
              ShortVector.fromMemorySegment(HALVES, weights, halvesAt + r * Short.BYTES, ORDER)
                  .convertShape(S2I, INTS, 0);
      IntVector halfBits =
          halfInts
              .and(VectorMatrixKernels.HALF_MAGNITUDE)
              .lanewise(LSHL, 13)
              .add(VectorMatrixKernels.HALF_EXPONENTS_APART);
      VectorMask<Integer> halfSubnormal =
          halfBits.compare(LT, VectorMatrixKernels.SMALLEST_NORMAL_BITS);
      FloatVector half =
          halfBits
              .add(VectorMatrixKernels.ONE_EXPONENT, halfSubnormal)
              .reinterpretAsFloats()
              .sub(VectorMatrixKernels.SMALLEST_NORMAL, halfSubnormal.cast(FLOATS))
              .reinterpretAsInts()
              .or(halfInts.and(VectorMatrixKernels.FLOAT_SIGN))
              .reinterpretAsFloats();
      half.fma(
              FloatVector.fromArray(FLOATS, sums, part + r),
              FloatVector.fromArray(FLOATS, sums, sum + r))
          .intoArray(sums, sum + r);
    }
  }

  /** The half-precision numbers of a tile's rows. */
  static void unpackHalves(MemorySegment weights, long at, float[] out, int to) {
    for (int r = 0; r < ROWS; r += FLOAT_LANES) {
      IntVector halfInts =
          (IntVector)
              ShortVector.fromMemorySegment(HALVES, weights, at + r * Short.BYTES, ORDER)
                  .convertShape(S2I, INTS, 0);
      IntVector halfBits =
          halfInts
              .and(VectorMatrixKernels.HALF_MAGNITUDE)
              .lanewise(LSHL, 13)
              .add(VectorMatrixKernels.HALF_EXPONENTS_APART);
      VectorMask<Integer> halfSubnormal =
          halfBits.compare(LT, VectorMatrixKernels.SMALLEST_NORMAL_BITS);
      FloatVector half =
          halfBits
              .add(VectorMatrixKernels.ONE_EXPONENT, halfSubnormal)
              .reinterpretAsFloats()
              .sub(VectorMatrixKernels.SMALLEST_NORMAL, halfSubnormal.cast(FLOATS))
              .reinterpretAsInts()
              .or(halfInts.and(VectorMatrixKernels.FLOAT_SIGN))
              .reinterpretAsFloats();
      half.intoArray(out, to + r);
    }
  }

  /** The integers of a tile's rows for one scale group: a byte of each int. */
  static void unpackBytes(MemorySegment weights, long at, int up, float[] out, int to) {
    for (int r = 0; r < ROWS; r += FLOAT_LANES) {
      IntVector ints = IntVector.fromMemorySegment(INTS, weights, at + r * Integer.BYTES, ORDER);
      FloatVector values = (FloatVector) ints.lanewise(LSHL, up).lanewise(ASHR, 24).convert(I2F, 0);
      values.intoArray(out, to + r);
    }
  }

  /** As {@link #unpackBytes}: half a byte of each int. */
  static void unpackHalfBytes(MemorySegment weights, long at, int up, float[] out, int to) {
    for (int r = 0; r < ROWS; r += FLOAT_LANES) {
      IntVector ints = IntVector.fromMemorySegment(INTS, weights, at + r * Integer.BYTES, ORDER);
      FloatVector values = (FloatVector) ints.lanewise(LSHL, up).lanewise(LSHR, 28).convert(I2F, 0);
      values.intoArray(out, to + r);
    }
  }

  /** One vector of each row of shorts of a tile's groups, stride bytes apart. */
  static void unpack2(
      MemorySegment weights, long first, long stride, int groups, short[] panel, int panelOffset) {
    for (int g = 0; g < groups; g++) {
      long at = first + g * stride;
      int to = panelOffset + g * PANEL_GROUP;
      IntVector lowBits0 = IntVector.fromMemorySegment(INTS, weights, at, ORDER);
      IntVector lowBits1 = IntVector.fromMemorySegment(INTS, weights, at + SHORT_ROW_BYTES, ORDER);
      IntVector low0 = lowBits0.and(TWO_BITS);
      IntVector low1 = lowBits0.lanewise(LSHR, 2).and(TWO_BITS);
      IntVector low2 = lowBits1.and(TWO_BITS);
      IntVector low3 = lowBits1.lanewise(LSHR, 2).and(TWO_BITS);
      low0.reinterpretAsShorts().intoArray(panel, to + 0 * PAIR);
      ShortVector low0By1 =
          low0.lanewise(LSHR, 4).and(VectorQuantizedKernels.OWN_BITS_1).reinterpretAsShorts();
      low0By1.intoArray(panel, to + 1 * PAIR);
      ShortVector low0By2 =
          low0.lanewise(LSHR, 8).and(VectorQuantizedKernels.OWN_BITS_2).reinterpretAsShorts();
      low0By2.intoArray(panel, to + 2 * PAIR);
      ShortVector low0By3 =
          low0.lanewise(LSHR, 12).and(VectorQuantizedKernels.OWN_BITS_3).reinterpretAsShorts();
      low0By3.intoArray(panel, to + 3 * PAIR);
      low1.reinterpretAsShorts().intoArray(panel, to + 4 * PAIR);
      ShortVector low1By1 =
          low1.lanewise(LSHR, 4).and(VectorQuantizedKernels.OWN_BITS_1).reinterpretAsShorts();
      low1By1.intoArray(panel, to + 5 * PAIR);
      ShortVector low1By2 =
          low1.lanewise(LSHR, 8).and(VectorQuantizedKernels.OWN_BITS_2).reinterpretAsShorts();
      low1By2.intoArray(panel, to + 6 * PAIR);
      ShortVector low1By3 =
          low1.lanewise(LSHR, 12).and(VectorQuantizedKernels.OWN_BITS_3).reinterpretAsShorts();
      low1By3.intoArray(panel, to + 7 * PAIR);
      low2.reinterpretAsShorts().intoArray(panel, to + 8 * PAIR);
      ShortVector low2By1 =
          low2.lanewise(LSHR, 4).and(VectorQuantizedKernels.OWN_BITS_1).reinterpretAsShorts();
      low2By1.intoArray(panel, to + 9 * PAIR);
      ShortVector low2By2 =
          low2.lanewise(LSHR, 8).and(VectorQuantizedKernels.OWN_BITS_2).reinterpretAsShorts();
      low2By2.intoArray(panel, to + 10 * PAIR);
      ShortVector low2By3 =
          low2.lanewise(LSHR, 12).and(VectorQuantizedKernels.OWN_BITS_3).reinterpretAsShorts();
      low2By3.intoArray(panel, to + 11 * PAIR);
      low3.reinterpretAsShorts().intoArray(panel, to + 12 * PAIR);
      ShortVector low3By1 =
          low3.lanewise(LSHR, 4).and(VectorQuantizedKernels.OWN_BITS_1).reinterpretAsShorts();
      low3By1.intoArray(panel, to + 13 * PAIR);
      ShortVector low3By2 =
          low3.lanewise(LSHR, 8).and(VectorQuantizedKernels.OWN_BITS_2).reinterpretAsShorts();
      low3By2.intoArray(panel, to + 14 * PAIR);
      ShortVector low3By3 =
          low3.lanewise(LSHR, 12).and(VectorQuantizedKernels.OWN_BITS_3).reinterpretAsShorts();
      low3By3.intoArray(panel, to + 15 * PAIR);
    }
  }

  /** One vector of each row of shorts of a tile's groups, stride bytes apart. */
  static void unpack4(
      MemorySegment weights, long first, long stride, int groups, short[] panel, int panelOffset) {
    for (int g = 0; g < groups; g++) {
      long at = first + g * stride;
      int to = panelOffset + g * PANEL_GROUP;
      IntVector low0 = IntVector.fromMemorySegment(INTS, weights, at + 0 * SHORT_ROW_BYTES, ORDER);
      IntVector low1 = IntVector.fromMemorySegment(INTS, weights, at + 1 * SHORT_ROW_BYTES, ORDER);
      IntVector low2 = IntVector.fromMemorySegment(INTS, weights, at + 2 * SHORT_ROW_BYTES, ORDER);
      IntVector low3 = IntVector.fromMemorySegment(INTS, weights, at + 3 * SHORT_ROW_BYTES, ORDER);
      low0.reinterpretAsShorts().intoArray(panel, to + 0 * PAIR);
      ShortVector low0By1 =
          low0.lanewise(LSHR, 4).and(VectorQuantizedKernels.OWN_BITS_1).reinterpretAsShorts();
      low0By1.intoArray(panel, to + 1 * PAIR);
      ShortVector low0By2 =
          low0.lanewise(LSHR, 8).and(VectorQuantizedKernels.OWN_BITS_2).reinterpretAsShorts();
      low0By2.intoArray(panel, to + 2 * PAIR);
      ShortVector low0By3 =
          low0.lanewise(LSHR, 12).and(VectorQuantizedKernels.OWN_BITS_3).reinterpretAsShorts();
      low0By3.intoArray(panel, to + 3 * PAIR);
      low1.reinterpretAsShorts().intoArray(panel, to + 4 * PAIR);
      ShortVector low1By1 =
          low1.lanewise(LSHR, 4).and(VectorQuantizedKernels.OWN_BITS_1).reinterpretAsShorts();
      low1By1.intoArray(panel, to + 5 * PAIR);
      ShortVector low1By2 =
          low1.lanewise(LSHR, 8).and(VectorQuantizedKernels.OWN_BITS_2).reinterpretAsShorts();
      low1By2.intoArray(panel, to + 6 * PAIR);
      ShortVector low1By3 =
          low1.lanewise(LSHR, 12).and(VectorQuantizedKernels.OWN_BITS_3).reinterpretAsShorts();
      low1By3.intoArray(panel, to + 7 * PAIR);
      low2.reinterpretAsShorts().intoArray(panel, to + 8 * PAIR);
      ShortVector low2By1 =
          low2.lanewise(LSHR, 4).and(VectorQuantizedKernels.OWN_BITS_1).reinterpretAsShorts();
      low2By1.intoArray(panel, to + 9 * PAIR);
      ShortVector low2By2 =
          low2.lanewise(LSHR, 8).and(VectorQuantizedKernels.OWN_BITS_2).reinterpretAsShorts();
      low2By2.intoArray(panel, to + 10 * PAIR);
      ShortVector low2By3 =
          low2.lanewise(LSHR, 12).and(VectorQuantizedKernels.OWN_BITS_3).reinterpretAsShorts();
      low2By3.intoArray(panel, to + 11 * PAIR);
      low3.reinterpretAsShorts().intoArray(panel, to + 12 * PAIR);
      ShortVector low3By1 =
          low3.lanewise(LSHR, 4).and(VectorQuantizedKernels.OWN_BITS_1).reinterpretAsShorts();
      low3By1.intoArray(panel, to + 13 * PAIR);
      ShortVector low3By2 =
          low3.lanewise(LSHR, 8).and(VectorQuantizedKernels.OWN_BITS_2).reinterpretAsShorts();
      low3By2.intoArray(panel, to + 14 * PAIR);
      ShortVector low3By3 =
          low3.lanewise(LSHR, 12).and(VectorQuantizedKernels.OWN_BITS_3).reinterpretAsShorts();
      low3By3.intoArray(panel, to + 15 * PAIR);
    }
  }

  /** One vector of each row of shorts of a tile's groups, stride bytes apart. */
  static void unpack3(
      MemorySegment weights, long first, long stride, int groups, short[] panel, int panelOffset) {
    for (int g = 0; g < groups; g++) {
      long at = first + g * stride;
      int to = panelOffset + g * PANEL_GROUP;
      IntVector twoBits0 = IntVector.fromMemorySegment(INTS, weights, at, ORDER);
      IntVector twoBits1 = IntVector.fromMemorySegment(INTS, weights, at + SHORT_ROW_BYTES, ORDER);
      IntVector two0 = twoBits0.and(TWO_BITS);
      IntVector two1 = twoBits0.lanewise(LSHR, 2).and(TWO_BITS);
      IntVector two2 = twoBits1.and(TWO_BITS);
      IntVector two3 = twoBits1.lanewise(LSHR, 2).and(TWO_BITS);
      IntVector third = IntVector.fromMemorySegment(INTS, weights, at + 2 * SHORT_ROW_BYTES, ORDER);
      IntVector low0 = two0.or(third.lanewise(LSHL, 2).and(THIRD_BIT));
      IntVector low1 = two1.or(third.lanewise(LSHL, 1).and(THIRD_BIT));
      IntVector low2 = two2.or(third.and(THIRD_BIT));
      IntVector low3 = two3.or(third.lanewise(LSHR, 1).and(THIRD_BIT));
      low0.reinterpretAsShorts().sub((short) (4 * 0x1111)).intoArray(panel, to + 0 * PAIR);
      low0.lanewise(LSHR, 4)
          .and(VectorQuantizedKernels.OWN_BITS_1)
          .reinterpretAsShorts()
          .sub((short) (4 * 0x111))
          .intoArray(panel, to + 1 * PAIR);
      low0.lanewise(LSHR, 8)
          .and(VectorQuantizedKernels.OWN_BITS_2)
          .reinterpretAsShorts()
          .sub((short) (4 * 0x11))
          .intoArray(panel, to + 2 * PAIR);
      low0.lanewise(LSHR, 12)
          .and(VectorQuantizedKernels.OWN_BITS_3)
          .reinterpretAsShorts()
          .sub((short) (4 * 0x1))
          .intoArray(panel, to + 3 * PAIR);
      low1.reinterpretAsShorts().sub((short) (4 * 0x1111)).intoArray(panel, to + 4 * PAIR);
      low1.lanewise(LSHR, 4)
          .and(VectorQuantizedKernels.OWN_BITS_1)
          .reinterpretAsShorts()
          .sub((short) (4 * 0x111))
          .intoArray(panel, to + 5 * PAIR);
      low1.lanewise(LSHR, 8)
          .and(VectorQuantizedKernels.OWN_BITS_2)
          .reinterpretAsShorts()
          .sub((short) (4 * 0x11))
          .intoArray(panel, to + 6 * PAIR);
      low1.lanewise(LSHR, 12)
          .and(VectorQuantizedKernels.OWN_BITS_3)
          .reinterpretAsShorts()
          .sub((short) (4 * 0x1))
          .intoArray(panel, to + 7 * PAIR);
      low2.reinterpretAsShorts().sub((short) (4 * 0x1111)).intoArray(panel, to + 8 * PAIR);
      low2.lanewise(LSHR, 4)
          .and(VectorQuantizedKernels.OWN_BITS_1)
          .reinterpretAsShorts()
          .sub((short) (4 * 0x111))
          .intoArray(panel, to + 9 * PAIR);
      low2.lanewise(LSHR, 8)
          .and(VectorQuantizedKernels.OWN_BITS_2)
          .reinterpretAsShorts()
          .sub((short) (4 * 0x11))
          .intoArray(panel, to + 10 * PAIR);
      low2.lanewise(LSHR, 12)
          .and(VectorQuantizedKernels.OWN_BITS_3)
          .reinterpretAsShorts()
          .sub((short) (4 * 0x1))
          .intoArray(panel, to + 11 * PAIR);
      low3.reinterpretAsShorts().sub((short) (4 * 0x1111)).intoArray(panel, to + 12 * PAIR);
      low3.lanewise(LSHR, 4)
          .and(VectorQuantizedKernels.OWN_BITS_1)
          .reinterpretAsShorts()
          .sub((short) (4 * 0x111))
          .intoArray(panel, to + 13 * PAIR);
      low3.lanewise(LSHR, 8)
          .and(VectorQuantizedKernels.OWN_BITS_2)
          .reinterpretAsShorts()
          .sub((short) (4 * 0x11))
          .intoArray(panel, to + 14 * PAIR);
      low3.lanewise(LSHR, 12)
          .and(VectorQuantizedKernels.OWN_BITS_3)
          .reinterpretAsShorts()
          .sub((short) (4 * 0x1))
          .intoArray(panel, to + 15 * PAIR);
    }
  }

  /** One vector of each row of shorts of a tile's groups, stride bytes apart. */
  static void unpack5(
      MemorySegment weights, long first, long stride, int groups, short[] panel, int panelOffset) {
    for (int g = 0; g < groups; g++) {
      long at = first + g * stride;
      int to = panelOffset + g * PANEL_GROUP;
      IntVector low0 = IntVector.fromMemorySegment(INTS, weights, at + 0 * SHORT_ROW_BYTES, ORDER);
      IntVector low1 = IntVector.fromMemorySegment(INTS, weights, at + 1 * SHORT_ROW_BYTES, ORDER);
      IntVector low2 = IntVector.fromMemorySegment(INTS, weights, at + 2 * SHORT_ROW_BYTES, ORDER);
      IntVector low3 = IntVector.fromMemorySegment(INTS, weights, at + 3 * SHORT_ROW_BYTES, ORDER);
      IntVector highBits =
          IntVector.fromMemorySegment(INTS, weights, at + 4 * SHORT_ROW_BYTES, ORDER);
      IntVector high0 = highBits.and(ONE_BIT);
      IntVector high1 = highBits.lanewise(LSHR, 1).and(ONE_BIT);
      IntVector high2 = highBits.lanewise(LSHR, 2).and(ONE_BIT);
      IntVector high3 = highBits.lanewise(LSHR, 3).and(ONE_BIT);
      low0.reinterpretAsShorts()
          .add(high0.lanewise(LSHL, 4).and(TIMES_SIXTEEN_0).reinterpretAsShorts())
          .sub((short) (16 * 0x1111))
          .intoArray(panel, to + 0 * PAIR);
      low0.lanewise(LSHR, 4)
          .and(VectorQuantizedKernels.OWN_BITS_1)
          .reinterpretAsShorts()
          .add(high0.and(TIMES_SIXTEEN_0).reinterpretAsShorts())
          .sub((short) (16 * 0x111))
          .intoArray(panel, to + 1 * PAIR);
      low0.lanewise(LSHR, 8)
          .and(VectorQuantizedKernels.OWN_BITS_2)
          .reinterpretAsShorts()
          .add(high0.lanewise(LSHR, 4).and(TIMES_SIXTEEN_2).reinterpretAsShorts())
          .sub((short) (16 * 0x11))
          .intoArray(panel, to + 2 * PAIR);
      low0.lanewise(LSHR, 12)
          .and(VectorQuantizedKernels.OWN_BITS_3)
          .reinterpretAsShorts()
          .add(high0.lanewise(LSHR, 8).and(TIMES_SIXTEEN_3).reinterpretAsShorts())
          .sub((short) (16 * 0x1))
          .intoArray(panel, to + 3 * PAIR);
      low1.reinterpretAsShorts()
          .add(high1.lanewise(LSHL, 4).and(TIMES_SIXTEEN_0).reinterpretAsShorts())
          .sub((short) (16 * 0x1111))
          .intoArray(panel, to + 4 * PAIR);
      low1.lanewise(LSHR, 4)
          .and(VectorQuantizedKernels.OWN_BITS_1)
          .reinterpretAsShorts()
          .add(high1.and(TIMES_SIXTEEN_0).reinterpretAsShorts())
          .sub((short) (16 * 0x111))
          .intoArray(panel, to + 5 * PAIR);
      low1.lanewise(LSHR, 8)
          .and(VectorQuantizedKernels.OWN_BITS_2)
          .reinterpretAsShorts()
          .add(high1.lanewise(LSHR, 4).and(TIMES_SIXTEEN_2).reinterpretAsShorts())
          .sub((short) (16 * 0x11))
          .intoArray(panel, to + 6 * PAIR);
      low1.lanewise(LSHR, 12)
          .and(VectorQuantizedKernels.OWN_BITS_3)
          .reinterpretAsShorts()
          .add(high1.lanewise(LSHR, 8).and(TIMES_SIXTEEN_3).reinterpretAsShorts())
          .sub((short) (16 * 0x1))
          .intoArray(panel, to + 7 * PAIR);
      low2.reinterpretAsShorts()
          .add(high2.lanewise(LSHL, 4).and(TIMES_SIXTEEN_0).reinterpretAsShorts())
          .sub((short) (16 * 0x1111))
          .intoArray(panel, to + 8 * PAIR);
      low2.lanewise(LSHR, 4)
          .and(VectorQuantizedKernels.OWN_BITS_1)
          .reinterpretAsShorts()
          .add(high2.and(TIMES_SIXTEEN_0).reinterpretAsShorts())
          .sub((short) (16 * 0x111))
          .intoArray(panel, to + 9 * PAIR);
      low2.lanewise(LSHR, 8)
          .and(VectorQuantizedKernels.OWN_BITS_2)
          .reinterpretAsShorts()
          .add(high2.lanewise(LSHR, 4).and(TIMES_SIXTEEN_2).reinterpretAsShorts())
          .sub((short) (16 * 0x11))
          .intoArray(panel, to + 10 * PAIR);
      low2.lanewise(LSHR, 12)
          .and(VectorQuantizedKernels.OWN_BITS_3)
          .reinterpretAsShorts()
          .add(high2.lanewise(LSHR, 8).and(TIMES_SIXTEEN_3).reinterpretAsShorts())
          .sub((short) (16 * 0x1))
          .intoArray(panel, to + 11 * PAIR);
      low3.reinterpretAsShorts()
          .add(high3.lanewise(LSHL, 4).and(TIMES_SIXTEEN_0).reinterpretAsShorts())
          .sub((short) (16 * 0x1111))
          .intoArray(panel, to + 12 * PAIR);
      low3.lanewise(LSHR, 4)
          .and(VectorQuantizedKernels.OWN_BITS_1)
          .reinterpretAsShorts()
          .add(high3.and(TIMES_SIXTEEN_0).reinterpretAsShorts())
          .sub((short) (16 * 0x111))
          .intoArray(panel, to + 13 * PAIR);
      low3.lanewise(LSHR, 8)
          .and(VectorQuantizedKernels.OWN_BITS_2)
          .reinterpretAsShorts()
          .add(high3.lanewise(LSHR, 4).and(TIMES_SIXTEEN_2).reinterpretAsShorts())
          .sub((short) (16 * 0x11))
          .intoArray(panel, to + 14 * PAIR);
      low3.lanewise(LSHR, 12)
          .and(VectorQuantizedKernels.OWN_BITS_3)
          .reinterpretAsShorts()
          .add(high3.lanewise(LSHR, 8).and(TIMES_SIXTEEN_3).reinterpretAsShorts())
          .sub((short) (16 * 0x1))
          .intoArray(panel, to + 15 * PAIR);
    }
  }

  /** One vector of each row of shorts of a tile's groups, stride bytes apart. */
  static void unpack6(
      MemorySegment weights, long first, long stride, int groups, short[] panel, int panelOffset) {
    for (int g = 0; g < groups; g++) {
      long at = first + g * stride;
      int to = panelOffset + g * PANEL_GROUP;
      IntVector low0 = IntVector.fromMemorySegment(INTS, weights, at + 0 * SHORT_ROW_BYTES, ORDER);
      IntVector low1 = IntVector.fromMemorySegment(INTS, weights, at + 1 * SHORT_ROW_BYTES, ORDER);
      IntVector low2 = IntVector.fromMemorySegment(INTS, weights, at + 2 * SHORT_ROW_BYTES, ORDER);
      IntVector low3 = IntVector.fromMemorySegment(INTS, weights, at + 3 * SHORT_ROW_BYTES, ORDER);
      IntVector highBits0 =
          IntVector.fromMemorySegment(INTS, weights, at + 4 * SHORT_ROW_BYTES, ORDER);
      IntVector highBits1 =
          IntVector.fromMemorySegment(
              INTS, weights, at + 4 * SHORT_ROW_BYTES + SHORT_ROW_BYTES, ORDER);
      IntVector high0 = highBits0.and(TWO_BITS);
      IntVector high1 = highBits0.lanewise(LSHR, 2).and(TWO_BITS);
      IntVector high2 = highBits1.and(TWO_BITS);
      IntVector high3 = highBits1.lanewise(LSHR, 2).and(TWO_BITS);
      low0.reinterpretAsShorts()
          .add(high0.lanewise(LSHL, 4).and(TIMES_SIXTEEN_0).reinterpretAsShorts())
          .sub((short) (32 * 0x1111))
          .intoArray(panel, to + 0 * PAIR);
      low0.lanewise(LSHR, 4)
          .and(VectorQuantizedKernels.OWN_BITS_1)
          .reinterpretAsShorts()
          .add(high0.and(TIMES_SIXTEEN_0).reinterpretAsShorts())
          .sub((short) (32 * 0x111))
          .intoArray(panel, to + 1 * PAIR);
      low0.lanewise(LSHR, 8)
          .and(VectorQuantizedKernels.OWN_BITS_2)
          .reinterpretAsShorts()
          .add(high0.lanewise(LSHR, 4).and(TIMES_SIXTEEN_2).reinterpretAsShorts())
          .sub((short) (32 * 0x11))
          .intoArray(panel, to + 2 * PAIR);
      low0.lanewise(LSHR, 12)
          .and(VectorQuantizedKernels.OWN_BITS_3)
          .reinterpretAsShorts()
          .add(high0.lanewise(LSHR, 8).and(TIMES_SIXTEEN_3).reinterpretAsShorts())
          .sub((short) (32 * 0x1))
          .intoArray(panel, to + 3 * PAIR);
      low1.reinterpretAsShorts()
          .add(high1.lanewise(LSHL, 4).and(TIMES_SIXTEEN_0).reinterpretAsShorts())
          .sub((short) (32 * 0x1111))
          .intoArray(panel, to + 4 * PAIR);
      low1.lanewise(LSHR, 4)
          .and(VectorQuantizedKernels.OWN_BITS_1)
          .reinterpretAsShorts()
          .add(high1.and(TIMES_SIXTEEN_0).reinterpretAsShorts())
          .sub((short) (32 * 0x111))
          .intoArray(panel, to + 5 * PAIR);
      low1.lanewise(LSHR, 8)
          .and(VectorQuantizedKernels.OWN_BITS_2)
          .reinterpretAsShorts()
          .add(high1.lanewise(LSHR, 4).and(TIMES_SIXTEEN_2).reinterpretAsShorts())
          .sub((short) (32 * 0x11))
          .intoArray(panel, to + 6 * PAIR);
      low1.lanewise(LSHR, 12)
          .and(VectorQuantizedKernels.OWN_BITS_3)
          .reinterpretAsShorts()
          .add(high1.lanewise(LSHR, 8).and(TIMES_SIXTEEN_3).reinterpretAsShorts())
          .sub((short) (32 * 0x1))
          .intoArray(panel, to + 7 * PAIR);
      low2.reinterpretAsShorts()
          .add(high2.lanewise(LSHL, 4).and(TIMES_SIXTEEN_0).reinterpretAsShorts())
          .sub((short) (32 * 0x1111))
          .intoArray(panel, to + 8 * PAIR);
      low2.lanewise(LSHR, 4)
          .and(VectorQuantizedKernels.OWN_BITS_1)
          .reinterpretAsShorts()
          .add(high2.and(TIMES_SIXTEEN_0).reinterpretAsShorts())
          .sub((short) (32 * 0x111))
          .intoArray(panel, to + 9 * PAIR);
      low2.lanewise(LSHR, 8)
          .and(VectorQuantizedKernels.OWN_BITS_2)
          .reinterpretAsShorts()
          .add(high2.lanewise(LSHR, 4).and(TIMES_SIXTEEN_2).reinterpretAsShorts())
          .sub((short) (32 * 0x11))
          .intoArray(panel, to + 10 * PAIR);
      low2.lanewise(LSHR, 12)
          .and(VectorQuantizedKernels.OWN_BITS_3)
          .reinterpretAsShorts()
          .add(high2.lanewise(LSHR, 8).and(TIMES_SIXTEEN_3).reinterpretAsShorts())
          .sub((short) (32 * 0x1))
          .intoArray(panel, to + 11 * PAIR);
      low3.reinterpretAsShorts()
          .add(high3.lanewise(LSHL, 4).and(TIMES_SIXTEEN_0).reinterpretAsShorts())
          .sub((short) (32 * 0x1111))
          .intoArray(panel, to + 12 * PAIR);
      low3.lanewise(LSHR, 4)
          .and(VectorQuantizedKernels.OWN_BITS_1)
          .reinterpretAsShorts()
          .add(high3.and(TIMES_SIXTEEN_0).reinterpretAsShorts())
          .sub((short) (32 * 0x111))
          .intoArray(panel, to + 13 * PAIR);
      low3.lanewise(LSHR, 8)
          .and(VectorQuantizedKernels.OWN_BITS_2)
          .reinterpretAsShorts()
          .add(high3.lanewise(LSHR, 4).and(TIMES_SIXTEEN_2).reinterpretAsShorts())
          .sub((short) (32 * 0x11))
          .intoArray(panel, to + 14 * PAIR);
      low3.lanewise(LSHR, 12)
          .and(VectorQuantizedKernels.OWN_BITS_3)
          .reinterpretAsShorts()
          .add(high3.lanewise(LSHR, 8).and(TIMES_SIXTEEN_3).reinterpretAsShorts())
          .sub((short) (32 * 0x1))
          .intoArray(panel, to + 15 * PAIR);
    }
  }
}
