package io.github.jmixtral.kernel;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link QuantizedKernels} on the machine's widest vectors: a vector of shorts is a tile's 32 lanes
 * on 512-bit machines, a half or a quarter of them on others.
 *
 * <p>The one-token loops hold the group's 16 activation pairs in registers and run down the tiles
 * of a block; the panel loops hold 6 tokens × 2 vectors of sums. The arithmetic stands inline in
 * every loop: a helper that takes or returns vectors can miss the compiler's inlining budget, and a
 * loop over more operations than these misses its budget for nodes.
 */
final class VectorQuantizedKernels implements QuantizedKernels {

  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorWidth.FLOATS.vectorShape());
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, SHORTS.vectorShape());
  private static final VectorSpecies<Float> FLOATS = VectorWidth.FLOATS;

  /** As many shorts as {@link #FLOATS} has lanes. */
  private static final VectorSpecies<Short> HALVES =
      VectorSpecies.of(short.class, VectorShape.forBitSize(SHORTS.vectorBitSize() / 2));

  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  /** Lanes of a tile's row of shorts: two for each of its rows. */
  private static final int TILE_LANES = 2 * ROWS;

  private static final int SHORT_LANES = SHORTS.length();
  private static final int FLOAT_LANES = FLOATS.length();

  /** From one row of shorts of a tile to the next. */
  private static final int ROW_BYTES = TILE_LANES * Short.BYTES;

  /** What is left of a half's bits, shifted to a float's place, without the copies of its sign. */
  private static final int HALF_BITS = 0x8fffe000;

  /** A half's exponent bias is 15, a float's 127. */
  private static final float HALF_REBIAS = 0x1p112f;

  private static final float ROUND = Exponential.ROUND;
  private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);

  /** Each int lane takes the one before it. */
  private static final VectorShuffle<Integer> BEFORE =
      VectorShuffle.fromOp(INTS, lane -> Math.max(0, lane - 1));

  /** All bits, but none in the lanes whose pair is the lowest nibble of its short. */
  private static final int[] HAS_PAIR_BEFORE = hasPairBefore();

  private static int[] hasPairBefore() {
    int[] mask = new int[FLOAT_LANES];
    for (int lane = 0; lane < FLOAT_LANES; lane++) {
      mask[lane] = lane % 4 == 0 ? 0 : -1;
    }
    return mask;
  }

  // The stride of the loops over tiles, hidden from the compiler in fields: seeing a constant, it
  // splits a loop of 8 tiles into several to take the checks of bounds out of one, and runs the
  // other parts, at 8 GB/s in the place of 20.
  private final long tileBytes4;
  private final long tileBytes8;

  VectorQuantizedKernels() {
    tileBytes4 = TILE_BYTES_4;
    tileBytes8 = TILE_BYTES_8;
  }

  @Override
  public void quantize(
      float[] x,
      int xOffset,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int firstGroup) {
    for (int g = 0; g < groups; g++) {
      int from = xOffset + g * GROUP;
      float largest = largest(x, from);
      scales[firstGroup + g] = largest / 127;
      corrections[firstGroup + g] =
          quantizeGroup(x, from, largest == 0 ? 0 : 127 / largest, pairs, (firstGroup + g) * PAIRS);
    }
  }

  private static float largest(float[] x, int from) {
    FloatVector largest = FloatVector.zero(FLOATS);
    for (int c = 0; c < GROUP; c += FLOAT_LANES) {
      largest = largest.max(FloatVector.fromArray(FLOATS, x, from + c).abs());
    }
    // Which of several equal maxima is found makes no difference: the order is free here.
    return largest.reduceLanes(VectorOperators.MAX);
  }

  /** Rounds, packs and transforms a group; returns its correction. */
  private static int quantizeGroup(float[] x, int from, float inverse, int[] pairs, int to) {
    IntVector mask = IntVector.fromArray(INTS, HAS_PAIR_BEFORE, 0);
    int evenSum = 0;
    int oddSum = 0;
    for (int c = 0; c < GROUP; c += SHORT_LANES) {
      IntVector low =
          FloatVector.fromArray(FLOATS, x, from + c)
              .mul(inverse)
              .add(ROUND)
              .reinterpretAsInts()
              .sub(ROUND_BITS);
      IntVector high =
          FloatVector.fromArray(FLOATS, x, from + c + FLOAT_LANES)
              .mul(inverse)
              .add(ROUND)
              .reinterpretAsInts()
              .sub(ROUND_BITS);
      ShortVector packed =
          ((ShortVector) low.convertShape(VectorOperators.I2S, SHORTS, 0))
              .or((ShortVector) high.convertShape(VectorOperators.I2S, SHORTS, -1));
      IntVector pair = packed.reinterpretAsInts();
      evenSum +=
          pair.lanewise(VectorOperators.LSHL, 16)
              .lanewise(VectorOperators.ASHR, 16)
              .reduceLanes(VectorOperators.ADD);
      oddSum += pair.lanewise(VectorOperators.ASHR, 16).reduceLanes(VectorOperators.ADD);
      ShortVector before = pair.rearrange(BEFORE).and(mask).reinterpretAsShorts();
      packed
          .sub(before.lanewise(VectorOperators.LSHL, 4))
          .reinterpretAsInts()
          .intoArray(pairs, to + c / 2);
    }
    return (-8 * evenSum & 0xffff) | -8 * oddSum << 16;
  }

  @Override
  public void multiply4(
      MemorySegment weights,
      long block,
      int tiles,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int firstGroup,
      float[] sums) {
    for (int part = 0; part < TILE_LANES; part += SHORT_LANES) {
      multiplyPartOfBlock4(
          weights,
          block,
          part,
          tiles,
          tileBytes4,
          groups,
          pairs,
          corrections,
          scales,
          firstGroup,
          sums);
    }
  }

  private static void multiplyPartOfBlock4(
      MemorySegment weights,
      long block,
      int part,
      int tiles,
      long tileBytes,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int firstGroup,
      float[] sums) {
    long groupBytes = tiles * tileBytes;
    for (int g = 0; g < groups; g++) {
      int group = firstGroup + g;
      int pair = group * PAIRS;
      float xScale = scales[group];
      long nibbles = block + g * groupBytes + part * Short.BYTES;
      long halves = block + g * groupBytes + NIBBLE_BYTES + part;
      ShortVector start = IntVector.broadcast(INTS, corrections[group]).reinterpretAsShorts();
      ShortVector x0 = IntVector.broadcast(INTS, pairs[pair]).reinterpretAsShorts();
      ShortVector x1 = IntVector.broadcast(INTS, pairs[pair + 1]).reinterpretAsShorts();
      ShortVector x2 = IntVector.broadcast(INTS, pairs[pair + 2]).reinterpretAsShorts();
      ShortVector x3 = IntVector.broadcast(INTS, pairs[pair + 3]).reinterpretAsShorts();
      ShortVector x4 = IntVector.broadcast(INTS, pairs[pair + 4]).reinterpretAsShorts();
      ShortVector x5 = IntVector.broadcast(INTS, pairs[pair + 5]).reinterpretAsShorts();
      ShortVector x6 = IntVector.broadcast(INTS, pairs[pair + 6]).reinterpretAsShorts();
      ShortVector x7 = IntVector.broadcast(INTS, pairs[pair + 7]).reinterpretAsShorts();
      ShortVector x8 = IntVector.broadcast(INTS, pairs[pair + 8]).reinterpretAsShorts();
      ShortVector x9 = IntVector.broadcast(INTS, pairs[pair + 9]).reinterpretAsShorts();
      ShortVector x10 = IntVector.broadcast(INTS, pairs[pair + 10]).reinterpretAsShorts();
      ShortVector x11 = IntVector.broadcast(INTS, pairs[pair + 11]).reinterpretAsShorts();
      ShortVector x12 = IntVector.broadcast(INTS, pairs[pair + 12]).reinterpretAsShorts();
      ShortVector x13 = IntVector.broadcast(INTS, pairs[pair + 13]).reinterpretAsShorts();
      ShortVector x14 = IntVector.broadcast(INTS, pairs[pair + 14]).reinterpretAsShorts();
      ShortVector x15 = IntVector.broadcast(INTS, pairs[pair + 15]).reinterpretAsShorts();
      for (int t = 0; t < tiles; t++) {
        long tile = nibbles + t * tileBytes;
        ShortVector q0 = ShortVector.fromMemorySegment(SHORTS, weights, tile, ORDER);
        ShortVector q1 = ShortVector.fromMemorySegment(SHORTS, weights, tile + ROW_BYTES, ORDER);
        ShortVector q2 =
            ShortVector.fromMemorySegment(SHORTS, weights, tile + 2 * ROW_BYTES, ORDER);
        ShortVector q3 =
            ShortVector.fromMemorySegment(SHORTS, weights, tile + 3 * ROW_BYTES, ORDER);
        ShortVector even = start.add(q0.mul(x0));
        ShortVector odd = q0.lanewise(VectorOperators.LSHR, 4).mul(x1);
        even = even.add(q0.lanewise(VectorOperators.LSHR, 8).mul(x2));
        odd = odd.add(q0.lanewise(VectorOperators.LSHR, 12).mul(x3));
        even = even.add(q1.mul(x4));
        odd = odd.add(q1.lanewise(VectorOperators.LSHR, 4).mul(x5));
        even = even.add(q1.lanewise(VectorOperators.LSHR, 8).mul(x6));
        odd = odd.add(q1.lanewise(VectorOperators.LSHR, 12).mul(x7));
        even = even.add(q2.mul(x8));
        odd = odd.add(q2.lanewise(VectorOperators.LSHR, 4).mul(x9));
        even = even.add(q2.lanewise(VectorOperators.LSHR, 8).mul(x10));
        odd = odd.add(q2.lanewise(VectorOperators.LSHR, 12).mul(x11));
        even = even.add(q3.mul(x12));
        odd = odd.add(q3.lanewise(VectorOperators.LSHR, 4).mul(x13));
        even = even.add(q3.lanewise(VectorOperators.LSHR, 8).mul(x14));
        odd = odd.add(q3.lanewise(VectorOperators.LSHR, 12).mul(x15));
        IntVector totals = even.add(odd).reinterpretAsInts();
        FloatVector scale =
            ((IntVector)
                    ShortVector.fromMemorySegment(HALVES, weights, halves + t * tileBytes, ORDER)
                        .convertShape(VectorOperators.S2I, INTS, 0))
                .lanewise(VectorOperators.LSHL, 13)
                .and(HALF_BITS)
                .reinterpretAsFloats()
                .mul(HALF_REBIAS)
                .mul(xScale);
        ((FloatVector)
                totals
                    .lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 16)
                    .add(totals.lanewise(VectorOperators.ASHR, 16))
                    .convert(VectorOperators.I2F, 0))
            .fma(scale, FloatVector.fromArray(FLOATS, sums, part / 2 + t * ROWS))
            .intoArray(sums, part / 2 + t * ROWS);
      }
    }
  }

  @Override
  public void multiply8(
      MemorySegment weights,
      long block,
      int tiles,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int firstGroup,
      float[] sums) {
    for (int part = 0; part < TILE_LANES; part += SHORT_LANES) {
      multiplyPartOfBlock8(
          weights,
          block,
          part,
          tiles,
          tileBytes8,
          groups,
          pairs,
          corrections,
          scales,
          firstGroup,
          sums);
    }
  }

  private static void multiplyPartOfBlock8(
      MemorySegment weights,
      long block,
      int part,
      int tiles,
      long tileBytes,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int firstGroup,
      float[] sums) {
    long groupBytes = tiles * tileBytes;
    for (int g = 0; g < groups; g++) {
      int group = firstGroup + g;
      int pair = group * PAIRS;
      float xScale = scales[group];
      long nibbles = block + g * groupBytes + part * Short.BYTES;
      long halves = block + g * groupBytes + 2 * NIBBLE_BYTES + part;
      ShortVector start = IntVector.broadcast(INTS, corrections[group]).reinterpretAsShorts();
      ShortVector x0 = IntVector.broadcast(INTS, pairs[pair]).reinterpretAsShorts();
      ShortVector x1 = IntVector.broadcast(INTS, pairs[pair + 1]).reinterpretAsShorts();
      ShortVector x2 = IntVector.broadcast(INTS, pairs[pair + 2]).reinterpretAsShorts();
      ShortVector x3 = IntVector.broadcast(INTS, pairs[pair + 3]).reinterpretAsShorts();
      ShortVector x4 = IntVector.broadcast(INTS, pairs[pair + 4]).reinterpretAsShorts();
      ShortVector x5 = IntVector.broadcast(INTS, pairs[pair + 5]).reinterpretAsShorts();
      ShortVector x6 = IntVector.broadcast(INTS, pairs[pair + 6]).reinterpretAsShorts();
      ShortVector x7 = IntVector.broadcast(INTS, pairs[pair + 7]).reinterpretAsShorts();
      ShortVector x8 = IntVector.broadcast(INTS, pairs[pair + 8]).reinterpretAsShorts();
      ShortVector x9 = IntVector.broadcast(INTS, pairs[pair + 9]).reinterpretAsShorts();
      ShortVector x10 = IntVector.broadcast(INTS, pairs[pair + 10]).reinterpretAsShorts();
      ShortVector x11 = IntVector.broadcast(INTS, pairs[pair + 11]).reinterpretAsShorts();
      ShortVector x12 = IntVector.broadcast(INTS, pairs[pair + 12]).reinterpretAsShorts();
      ShortVector x13 = IntVector.broadcast(INTS, pairs[pair + 13]).reinterpretAsShorts();
      ShortVector x14 = IntVector.broadcast(INTS, pairs[pair + 14]).reinterpretAsShorts();
      ShortVector x15 = IntVector.broadcast(INTS, pairs[pair + 15]).reinterpretAsShorts();
      for (int t = 0; t < tiles; t++) {
        long tile = nibbles + t * tileBytes;
        ShortVector highq0 = ShortVector.fromMemorySegment(SHORTS, weights, tile, ORDER);
        ShortVector highq1 =
            ShortVector.fromMemorySegment(SHORTS, weights, tile + ROW_BYTES, ORDER);
        ShortVector highq2 =
            ShortVector.fromMemorySegment(SHORTS, weights, tile + 2 * ROW_BYTES, ORDER);
        ShortVector highq3 =
            ShortVector.fromMemorySegment(SHORTS, weights, tile + 3 * ROW_BYTES, ORDER);
        ShortVector higheven = start.add(highq0.mul(x0));
        ShortVector highodd = highq0.lanewise(VectorOperators.LSHR, 4).mul(x1);
        higheven = higheven.add(highq0.lanewise(VectorOperators.LSHR, 8).mul(x2));
        highodd = highodd.add(highq0.lanewise(VectorOperators.LSHR, 12).mul(x3));
        higheven = higheven.add(highq1.mul(x4));
        highodd = highodd.add(highq1.lanewise(VectorOperators.LSHR, 4).mul(x5));
        higheven = higheven.add(highq1.lanewise(VectorOperators.LSHR, 8).mul(x6));
        highodd = highodd.add(highq1.lanewise(VectorOperators.LSHR, 12).mul(x7));
        higheven = higheven.add(highq2.mul(x8));
        highodd = highodd.add(highq2.lanewise(VectorOperators.LSHR, 4).mul(x9));
        higheven = higheven.add(highq2.lanewise(VectorOperators.LSHR, 8).mul(x10));
        highodd = highodd.add(highq2.lanewise(VectorOperators.LSHR, 12).mul(x11));
        higheven = higheven.add(highq3.mul(x12));
        highodd = highodd.add(highq3.lanewise(VectorOperators.LSHR, 4).mul(x13));
        higheven = higheven.add(highq3.lanewise(VectorOperators.LSHR, 8).mul(x14));
        highodd = highodd.add(highq3.lanewise(VectorOperators.LSHR, 12).mul(x15));
        IntVector highsums = higheven.add(highodd).reinterpretAsInts();
        long lowTile = tile + NIBBLE_BYTES;
        ShortVector lowq0 = ShortVector.fromMemorySegment(SHORTS, weights, lowTile, ORDER);
        ShortVector lowq1 =
            ShortVector.fromMemorySegment(SHORTS, weights, lowTile + ROW_BYTES, ORDER);
        ShortVector lowq2 =
            ShortVector.fromMemorySegment(SHORTS, weights, lowTile + 2 * ROW_BYTES, ORDER);
        ShortVector lowq3 =
            ShortVector.fromMemorySegment(SHORTS, weights, lowTile + 3 * ROW_BYTES, ORDER);
        ShortVector loweven = lowq0.mul(x0);
        ShortVector lowodd = lowq0.lanewise(VectorOperators.LSHR, 4).mul(x1);
        loweven = loweven.add(lowq0.lanewise(VectorOperators.LSHR, 8).mul(x2));
        lowodd = lowodd.add(lowq0.lanewise(VectorOperators.LSHR, 12).mul(x3));
        loweven = loweven.add(lowq1.mul(x4));
        lowodd = lowodd.add(lowq1.lanewise(VectorOperators.LSHR, 4).mul(x5));
        loweven = loweven.add(lowq1.lanewise(VectorOperators.LSHR, 8).mul(x6));
        lowodd = lowodd.add(lowq1.lanewise(VectorOperators.LSHR, 12).mul(x7));
        loweven = loweven.add(lowq2.mul(x8));
        lowodd = lowodd.add(lowq2.lanewise(VectorOperators.LSHR, 4).mul(x9));
        loweven = loweven.add(lowq2.lanewise(VectorOperators.LSHR, 8).mul(x10));
        lowodd = lowodd.add(lowq2.lanewise(VectorOperators.LSHR, 12).mul(x11));
        loweven = loweven.add(lowq3.mul(x12));
        lowodd = lowodd.add(lowq3.lanewise(VectorOperators.LSHR, 4).mul(x13));
        loweven = loweven.add(lowq3.lanewise(VectorOperators.LSHR, 8).mul(x14));
        lowodd = lowodd.add(lowq3.lanewise(VectorOperators.LSHR, 12).mul(x15));
        IntVector lowsums = loweven.add(lowodd).reinterpretAsInts();
        IntVector totals =
            highsums
                .lanewise(VectorOperators.LSHL, 16)
                .lanewise(VectorOperators.ASHR, 16)
                .add(highsums.lanewise(VectorOperators.ASHR, 16))
                .lanewise(VectorOperators.LSHL, 4)
                .add(
                    lowsums
                        .lanewise(VectorOperators.LSHL, 16)
                        .lanewise(VectorOperators.ASHR, 16)
                        .add(lowsums.lanewise(VectorOperators.ASHR, 16)));
        FloatVector scale =
            ((IntVector)
                    ShortVector.fromMemorySegment(HALVES, weights, halves + t * tileBytes, ORDER)
                        .convertShape(VectorOperators.S2I, INTS, 0))
                .lanewise(VectorOperators.LSHL, 13)
                .and(HALF_BITS)
                .reinterpretAsFloats()
                .mul(HALF_REBIAS)
                .mul(xScale);
        ((FloatVector) totals.convert(VectorOperators.I2F, 0))
            .fma(scale, FloatVector.fromArray(FLOATS, sums, part / 2 + t * ROWS))
            .intoArray(sums, part / 2 + t * ROWS);
      }
    }
  }

  @Override
  public void unpackNibbles(
      MemorySegment weights,
      long plane,
      long groupBytes,
      int groups,
      short[] panel,
      int panelOffset) {
    for (int part = 0; part < TILE_LANES; part += SHORT_LANES) {
      unpackPart(
          weights, plane + part * Short.BYTES, groupBytes, groups, panel, panelOffset + part);
    }
  }

  private static void unpackPart(
      MemorySegment weights, long at, long groupBytes, int groups, short[] panel, int to) {
    for (int g = 0; g < groups; g++) {
      long tile = at + g * groupBytes;
      int group = to + g * PANEL_GROUP;
      ShortVector q0 = ShortVector.fromMemorySegment(SHORTS, weights, tile, ORDER);
      q0.intoArray(panel, group);
      q0.lanewise(VectorOperators.LSHR, 4).intoArray(panel, group + 2 * PANEL_ROWS);
      q0.lanewise(VectorOperators.LSHR, 8).intoArray(panel, group + 4 * PANEL_ROWS);
      q0.lanewise(VectorOperators.LSHR, 12).intoArray(panel, group + 6 * PANEL_ROWS);
      ShortVector q1 = ShortVector.fromMemorySegment(SHORTS, weights, tile + ROW_BYTES, ORDER);
      q1.intoArray(panel, group + 8 * PANEL_ROWS);
      q1.lanewise(VectorOperators.LSHR, 4).intoArray(panel, group + 10 * PANEL_ROWS);
      q1.lanewise(VectorOperators.LSHR, 8).intoArray(panel, group + 12 * PANEL_ROWS);
      q1.lanewise(VectorOperators.LSHR, 12).intoArray(panel, group + 14 * PANEL_ROWS);
      ShortVector q2 = ShortVector.fromMemorySegment(SHORTS, weights, tile + 2 * ROW_BYTES, ORDER);
      q2.intoArray(panel, group + 16 * PANEL_ROWS);
      q2.lanewise(VectorOperators.LSHR, 4).intoArray(panel, group + 18 * PANEL_ROWS);
      q2.lanewise(VectorOperators.LSHR, 8).intoArray(panel, group + 20 * PANEL_ROWS);
      q2.lanewise(VectorOperators.LSHR, 12).intoArray(panel, group + 22 * PANEL_ROWS);
      ShortVector q3 = ShortVector.fromMemorySegment(SHORTS, weights, tile + 3 * ROW_BYTES, ORDER);
      q3.intoArray(panel, group + 24 * PANEL_ROWS);
      q3.lanewise(VectorOperators.LSHR, 4).intoArray(panel, group + 26 * PANEL_ROWS);
      q3.lanewise(VectorOperators.LSHR, 8).intoArray(panel, group + 28 * PANEL_ROWS);
      q3.lanewise(VectorOperators.LSHR, 12).intoArray(panel, group + 30 * PANEL_ROWS);
    }
  }

  @Override
  public void unpackScales(
      MemorySegment weights, long at, long groupBytes, int groups, float[] scales, int offset) {
    for (int g = 0; g < groups; g++) {
      long halves = at + g * groupBytes;
      for (int r = 0; r < ROWS; r += FLOAT_LANES) {
        ((IntVector)
                ShortVector.fromMemorySegment(HALVES, weights, halves + r * Short.BYTES, ORDER)
                    .convertShape(VectorOperators.S2I, INTS, 0))
            .lanewise(VectorOperators.LSHL, 13)
            .and(HALF_BITS)
            .reinterpretAsFloats()
            .mul(HALF_REBIAS)
            .intoArray(scales, offset + g * PANEL_ROWS + r);
      }
    }
  }

  @Override
  public void multiplyPanel4(
      short[] panel,
      float[] panelScales,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int[] firstGroups,
      float[] sums,
      int sumsOffset,
      int sumsStride) {
    int lanes = 2 * SHORT_LANES;
    for (int part = 0; part < 2 * PANEL_ROWS; part += lanes) {
      multiplyPart4(
          panel,
          part,
          panelScales,
          groups,
          pairs,
          corrections,
          scales,
          firstGroups,
          sums,
          sumsOffset + part / 2,
          sumsStride);
    }
  }

  /** Two vectors of rows × six tokens. */
  private static void multiplyPart4(
      short[] panel,
      int part,
      float[] panelScales,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int[] firstGroups,
      float[] sums,
      int o0,
      int sumsStride) {
    int g0 = firstGroups[0];
    int g1 = firstGroups[1];
    int g2 = firstGroups[2];
    int g3 = firstGroups[3];
    int g4 = firstGroups[4];
    int g5 = firstGroups[5];
    int o1 = o0 + sumsStride;
    int o2 = o1 + sumsStride;
    int o3 = o2 + sumsStride;
    int o4 = o3 + sumsStride;
    int o5 = o4 + sumsStride;
    FloatVector f00 = FloatVector.fromArray(FLOATS, sums, o0);
    FloatVector f01 = FloatVector.fromArray(FLOATS, sums, o0 + FLOAT_LANES);
    FloatVector f10 = FloatVector.fromArray(FLOATS, sums, o1);
    FloatVector f11 = FloatVector.fromArray(FLOATS, sums, o1 + FLOAT_LANES);
    FloatVector f20 = FloatVector.fromArray(FLOATS, sums, o2);
    FloatVector f21 = FloatVector.fromArray(FLOATS, sums, o2 + FLOAT_LANES);
    FloatVector f30 = FloatVector.fromArray(FLOATS, sums, o3);
    FloatVector f31 = FloatVector.fromArray(FLOATS, sums, o3 + FLOAT_LANES);
    FloatVector f40 = FloatVector.fromArray(FLOATS, sums, o4);
    FloatVector f41 = FloatVector.fromArray(FLOATS, sums, o4 + FLOAT_LANES);
    FloatVector f50 = FloatVector.fromArray(FLOATS, sums, o5);
    FloatVector f51 = FloatVector.fromArray(FLOATS, sums, o5 + FLOAT_LANES);
    for (int g = 0; g < groups; g++) {
      ShortVector a00 = IntVector.broadcast(INTS, corrections[g0 + g]).reinterpretAsShorts();
      ShortVector a01 = a00;
      ShortVector a10 = IntVector.broadcast(INTS, corrections[g1 + g]).reinterpretAsShorts();
      ShortVector a11 = a10;
      ShortVector a20 = IntVector.broadcast(INTS, corrections[g2 + g]).reinterpretAsShorts();
      ShortVector a21 = a20;
      ShortVector a30 = IntVector.broadcast(INTS, corrections[g3 + g]).reinterpretAsShorts();
      ShortVector a31 = a30;
      ShortVector a40 = IntVector.broadcast(INTS, corrections[g4 + g]).reinterpretAsShorts();
      ShortVector a41 = a40;
      ShortVector a50 = IntVector.broadcast(INTS, corrections[g5 + g]).reinterpretAsShorts();
      ShortVector a51 = a50;
      int weight = g * PANEL_GROUP + part;
      int pair = g * PAIRS;
      for (int i = 0; i < PAIRS; i++) {
        ShortVector w0 = ShortVector.fromArray(SHORTS, panel, weight + i * 2 * PANEL_ROWS);
        ShortVector w1 =
            ShortVector.fromArray(SHORTS, panel, weight + i * 2 * PANEL_ROWS + SHORT_LANES);
        ShortVector x;
        x = IntVector.broadcast(INTS, pairs[g0 * PAIRS + pair + i]).reinterpretAsShorts();
        a00 = a00.add(w0.mul(x));
        a01 = a01.add(w1.mul(x));
        x = IntVector.broadcast(INTS, pairs[g1 * PAIRS + pair + i]).reinterpretAsShorts();
        a10 = a10.add(w0.mul(x));
        a11 = a11.add(w1.mul(x));
        x = IntVector.broadcast(INTS, pairs[g2 * PAIRS + pair + i]).reinterpretAsShorts();
        a20 = a20.add(w0.mul(x));
        a21 = a21.add(w1.mul(x));
        x = IntVector.broadcast(INTS, pairs[g3 * PAIRS + pair + i]).reinterpretAsShorts();
        a30 = a30.add(w0.mul(x));
        a31 = a31.add(w1.mul(x));
        x = IntVector.broadcast(INTS, pairs[g4 * PAIRS + pair + i]).reinterpretAsShorts();
        a40 = a40.add(w0.mul(x));
        a41 = a41.add(w1.mul(x));
        x = IntVector.broadcast(INTS, pairs[g5 * PAIRS + pair + i]).reinterpretAsShorts();
        a50 = a50.add(w0.mul(x));
        a51 = a51.add(w1.mul(x));
      }
      FloatVector scale0 = FloatVector.fromArray(FLOATS, panelScales, g * PANEL_ROWS + part / 2);
      FloatVector scale1 =
          FloatVector.fromArray(FLOATS, panelScales, g * PANEL_ROWS + part / 2 + FLOAT_LANES);
      IntVector v;
      v = a00.reinterpretAsInts();
      f00 =
          ((FloatVector)
                  v.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 16)
                      .add(v.lanewise(VectorOperators.ASHR, 16))
                      .convert(VectorOperators.I2F, 0))
              .fma(scale0.mul(scales[g0 + g]), f00);
      v = a01.reinterpretAsInts();
      f01 =
          ((FloatVector)
                  v.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 16)
                      .add(v.lanewise(VectorOperators.ASHR, 16))
                      .convert(VectorOperators.I2F, 0))
              .fma(scale1.mul(scales[g0 + g]), f01);
      v = a10.reinterpretAsInts();
      f10 =
          ((FloatVector)
                  v.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 16)
                      .add(v.lanewise(VectorOperators.ASHR, 16))
                      .convert(VectorOperators.I2F, 0))
              .fma(scale0.mul(scales[g1 + g]), f10);
      v = a11.reinterpretAsInts();
      f11 =
          ((FloatVector)
                  v.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 16)
                      .add(v.lanewise(VectorOperators.ASHR, 16))
                      .convert(VectorOperators.I2F, 0))
              .fma(scale1.mul(scales[g1 + g]), f11);
      v = a20.reinterpretAsInts();
      f20 =
          ((FloatVector)
                  v.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 16)
                      .add(v.lanewise(VectorOperators.ASHR, 16))
                      .convert(VectorOperators.I2F, 0))
              .fma(scale0.mul(scales[g2 + g]), f20);
      v = a21.reinterpretAsInts();
      f21 =
          ((FloatVector)
                  v.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 16)
                      .add(v.lanewise(VectorOperators.ASHR, 16))
                      .convert(VectorOperators.I2F, 0))
              .fma(scale1.mul(scales[g2 + g]), f21);
      v = a30.reinterpretAsInts();
      f30 =
          ((FloatVector)
                  v.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 16)
                      .add(v.lanewise(VectorOperators.ASHR, 16))
                      .convert(VectorOperators.I2F, 0))
              .fma(scale0.mul(scales[g3 + g]), f30);
      v = a31.reinterpretAsInts();
      f31 =
          ((FloatVector)
                  v.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 16)
                      .add(v.lanewise(VectorOperators.ASHR, 16))
                      .convert(VectorOperators.I2F, 0))
              .fma(scale1.mul(scales[g3 + g]), f31);
      v = a40.reinterpretAsInts();
      f40 =
          ((FloatVector)
                  v.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 16)
                      .add(v.lanewise(VectorOperators.ASHR, 16))
                      .convert(VectorOperators.I2F, 0))
              .fma(scale0.mul(scales[g4 + g]), f40);
      v = a41.reinterpretAsInts();
      f41 =
          ((FloatVector)
                  v.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 16)
                      .add(v.lanewise(VectorOperators.ASHR, 16))
                      .convert(VectorOperators.I2F, 0))
              .fma(scale1.mul(scales[g4 + g]), f41);
      v = a50.reinterpretAsInts();
      f50 =
          ((FloatVector)
                  v.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 16)
                      .add(v.lanewise(VectorOperators.ASHR, 16))
                      .convert(VectorOperators.I2F, 0))
              .fma(scale0.mul(scales[g5 + g]), f50);
      v = a51.reinterpretAsInts();
      f51 =
          ((FloatVector)
                  v.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 16)
                      .add(v.lanewise(VectorOperators.ASHR, 16))
                      .convert(VectorOperators.I2F, 0))
              .fma(scale1.mul(scales[g5 + g]), f51);
    }
    f00.intoArray(sums, o0);
    f01.intoArray(sums, o0 + FLOAT_LANES);
    f10.intoArray(sums, o1);
    f11.intoArray(sums, o1 + FLOAT_LANES);
    f20.intoArray(sums, o2);
    f21.intoArray(sums, o2 + FLOAT_LANES);
    f30.intoArray(sums, o3);
    f31.intoArray(sums, o3 + FLOAT_LANES);
    f40.intoArray(sums, o4);
    f41.intoArray(sums, o4 + FLOAT_LANES);
    f50.intoArray(sums, o5);
    f51.intoArray(sums, o5 + FLOAT_LANES);
  }

  @Override
  public void multiplyPanel8(
      short[] high,
      short[] low,
      float[] panelScales,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int[] firstGroups,
      float[] sums,
      int sumsOffset,
      int sumsStride) {
    int lanes = SHORT_LANES;
    for (int part = 0; part < 2 * PANEL_ROWS; part += lanes) {
      multiplyPart8(
          high,
          low,
          part,
          panelScales,
          groups,
          pairs,
          corrections,
          scales,
          firstGroups,
          sums,
          sumsOffset + part / 2,
          sumsStride);
    }
  }

  /** One vector of rows × six tokens: the two planes take the place of the second. */
  private static void multiplyPart8(
      short[] high,
      short[] low,
      int part,
      float[] panelScales,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int[] firstGroups,
      float[] sums,
      int o0,
      int sumsStride) {
    int g0 = firstGroups[0];
    int g1 = firstGroups[1];
    int g2 = firstGroups[2];
    int g3 = firstGroups[3];
    int g4 = firstGroups[4];
    int g5 = firstGroups[5];
    int o1 = o0 + sumsStride;
    int o2 = o1 + sumsStride;
    int o3 = o2 + sumsStride;
    int o4 = o3 + sumsStride;
    int o5 = o4 + sumsStride;
    FloatVector f0 = FloatVector.fromArray(FLOATS, sums, o0);
    FloatVector f1 = FloatVector.fromArray(FLOATS, sums, o1);
    FloatVector f2 = FloatVector.fromArray(FLOATS, sums, o2);
    FloatVector f3 = FloatVector.fromArray(FLOATS, sums, o3);
    FloatVector f4 = FloatVector.fromArray(FLOATS, sums, o4);
    FloatVector f5 = FloatVector.fromArray(FLOATS, sums, o5);
    for (int g = 0; g < groups; g++) {
      ShortVector h0 = IntVector.broadcast(INTS, corrections[g0 + g]).reinterpretAsShorts();
      ShortVector l0 = ShortVector.zero(SHORTS);
      ShortVector h1 = IntVector.broadcast(INTS, corrections[g1 + g]).reinterpretAsShorts();
      ShortVector l1 = ShortVector.zero(SHORTS);
      ShortVector h2 = IntVector.broadcast(INTS, corrections[g2 + g]).reinterpretAsShorts();
      ShortVector l2 = ShortVector.zero(SHORTS);
      ShortVector h3 = IntVector.broadcast(INTS, corrections[g3 + g]).reinterpretAsShorts();
      ShortVector l3 = ShortVector.zero(SHORTS);
      ShortVector h4 = IntVector.broadcast(INTS, corrections[g4 + g]).reinterpretAsShorts();
      ShortVector l4 = ShortVector.zero(SHORTS);
      ShortVector h5 = IntVector.broadcast(INTS, corrections[g5 + g]).reinterpretAsShorts();
      ShortVector l5 = ShortVector.zero(SHORTS);
      int weight = g * PANEL_GROUP + part;
      int pair = g * PAIRS;
      for (int i = 0; i < PAIRS; i++) {
        ShortVector w = ShortVector.fromArray(SHORTS, high, weight + i * 2 * PANEL_ROWS);
        ShortVector v = ShortVector.fromArray(SHORTS, low, weight + i * 2 * PANEL_ROWS);
        ShortVector x;
        x = IntVector.broadcast(INTS, pairs[g0 * PAIRS + pair + i]).reinterpretAsShorts();
        h0 = h0.add(w.mul(x));
        l0 = l0.add(v.mul(x));
        x = IntVector.broadcast(INTS, pairs[g1 * PAIRS + pair + i]).reinterpretAsShorts();
        h1 = h1.add(w.mul(x));
        l1 = l1.add(v.mul(x));
        x = IntVector.broadcast(INTS, pairs[g2 * PAIRS + pair + i]).reinterpretAsShorts();
        h2 = h2.add(w.mul(x));
        l2 = l2.add(v.mul(x));
        x = IntVector.broadcast(INTS, pairs[g3 * PAIRS + pair + i]).reinterpretAsShorts();
        h3 = h3.add(w.mul(x));
        l3 = l3.add(v.mul(x));
        x = IntVector.broadcast(INTS, pairs[g4 * PAIRS + pair + i]).reinterpretAsShorts();
        h4 = h4.add(w.mul(x));
        l4 = l4.add(v.mul(x));
        x = IntVector.broadcast(INTS, pairs[g5 * PAIRS + pair + i]).reinterpretAsShorts();
        h5 = h5.add(w.mul(x));
        l5 = l5.add(v.mul(x));
      }
      FloatVector scale = FloatVector.fromArray(FLOATS, panelScales, g * PANEL_ROWS + part / 2);
      IntVector hi;
      IntVector lo;
      hi = h0.reinterpretAsInts();
      lo = l0.reinterpretAsInts();
      f0 =
          ((FloatVector)
                  hi.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 16)
                      .add(hi.lanewise(VectorOperators.ASHR, 16))
                      .lanewise(VectorOperators.LSHL, 4)
                      .add(lo.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                      .add(lo.lanewise(VectorOperators.ASHR, 16))
                      .convert(VectorOperators.I2F, 0))
              .fma(scale.mul(scales[g0 + g]), f0);
      hi = h1.reinterpretAsInts();
      lo = l1.reinterpretAsInts();
      f1 =
          ((FloatVector)
                  hi.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 16)
                      .add(hi.lanewise(VectorOperators.ASHR, 16))
                      .lanewise(VectorOperators.LSHL, 4)
                      .add(lo.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                      .add(lo.lanewise(VectorOperators.ASHR, 16))
                      .convert(VectorOperators.I2F, 0))
              .fma(scale.mul(scales[g1 + g]), f1);
      hi = h2.reinterpretAsInts();
      lo = l2.reinterpretAsInts();
      f2 =
          ((FloatVector)
                  hi.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 16)
                      .add(hi.lanewise(VectorOperators.ASHR, 16))
                      .lanewise(VectorOperators.LSHL, 4)
                      .add(lo.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                      .add(lo.lanewise(VectorOperators.ASHR, 16))
                      .convert(VectorOperators.I2F, 0))
              .fma(scale.mul(scales[g2 + g]), f2);
      hi = h3.reinterpretAsInts();
      lo = l3.reinterpretAsInts();
      f3 =
          ((FloatVector)
                  hi.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 16)
                      .add(hi.lanewise(VectorOperators.ASHR, 16))
                      .lanewise(VectorOperators.LSHL, 4)
                      .add(lo.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                      .add(lo.lanewise(VectorOperators.ASHR, 16))
                      .convert(VectorOperators.I2F, 0))
              .fma(scale.mul(scales[g3 + g]), f3);
      hi = h4.reinterpretAsInts();
      lo = l4.reinterpretAsInts();
      f4 =
          ((FloatVector)
                  hi.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 16)
                      .add(hi.lanewise(VectorOperators.ASHR, 16))
                      .lanewise(VectorOperators.LSHL, 4)
                      .add(lo.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                      .add(lo.lanewise(VectorOperators.ASHR, 16))
                      .convert(VectorOperators.I2F, 0))
              .fma(scale.mul(scales[g4 + g]), f4);
      hi = h5.reinterpretAsInts();
      lo = l5.reinterpretAsInts();
      f5 =
          ((FloatVector)
                  hi.lanewise(VectorOperators.LSHL, 16)
                      .lanewise(VectorOperators.ASHR, 16)
                      .add(hi.lanewise(VectorOperators.ASHR, 16))
                      .lanewise(VectorOperators.LSHL, 4)
                      .add(lo.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16))
                      .add(lo.lanewise(VectorOperators.ASHR, 16))
                      .convert(VectorOperators.I2F, 0))
              .fma(scale.mul(scales[g5 + g]), f5);
    }
    f0.intoArray(sums, o0);
    f1.intoArray(sums, o1);
    f2.intoArray(sums, o2);
    f3.intoArray(sums, o3);
    f4.intoArray(sums, o4);
    f5.intoArray(sums, o5);
  }
}
