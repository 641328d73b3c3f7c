package io.github.jmixtral.internal.kernel;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link QuantizedKernels} on the machine's widest vectors: a vector of shorts is a tile's 32 lanes
 * on 512-bit machines, a half or a quarter of them on others. Rounding stands here; the loops over
 * weights are generated, straight from the tiles ({@link VectorTileLoops}) and over panels ({@link
 * VectorPanelLoops}).
 *
 * <p>The arithmetic of those stands inline: a call of the Vector API uses up a part of what C2 may
 * inline into a method, and a helper of our own that is called after some fifty of them stays a
 * call, whose vectors are objects. With the broadcast of activations and the addition of a group's
 * totals as helper methods, 10⁹ operations a second of one thread fell so (Temurin 25.0.3, Zen 4,
 * 512 bits; weights in the cache):
 *
 * <pre>
 *                    inline   helpers   bytes allocated for each product of 384 × 4096
 * one token, 4 bits    65        64             0
 * two tokens           70        22     1,769,472
 * four tokens          94        19     4,718,592
 * panels, 4 bits      106         4   395,108,352
 * panels, 8 bits       41         6   155,713,536
 * </pre>
 *
 * <p>For the same reason the nested loops over nibbles and pairs must stay loops: written out they
 * are more nodes than C2 takes, and run a hundred times slower.
 */
final class VectorQuantizedKernels implements QuantizedKernels {

  private static final VectorSpecies<Short> SHORTS = VectorWidth.SHORTS;
  private static final VectorSpecies<Integer> INTS = VectorWidth.INTS;
  private static final VectorSpecies<Float> FLOATS = VectorWidth.FLOATS;

  /** What is left of a half's bits, shifted to a float's place, without the copies of its sign. */
  static final int HALF_BITS = 0x8fffe000;

  /** A half's exponent bias is 15, a float's 127. */
  static final float HALF_REBIAS = 0x1p112f;

  /** What two shorts, shifted right as an int by one nibble, have of their own: all but 4 bits. */
  static final int OWN_BITS_1 = 0xffff0fff;

  /** By two nibbles. */
  static final int OWN_BITS_2 = 0xffff00ff;

  /** By three. */
  static final int OWN_BITS_3 = 0xffff000f;

  /** Lanes of a tile's row of shorts: two for each of its rows. */
  private static final int TILE_LANES = 2 * ROWS;

  private static final int SHORT_LANES = SHORTS.length();
  private static final int FLOAT_LANES = FLOATS.length();

  /**
   * Groups that all lanes of a tile pass before the next ones: of four blocks 144 KiB, or 272 KiB
   * at 8 bits, which stay in the second cache.
   */
  private static final int GROUPS_TOGETHER = 16;

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

  private final VectorTileLoops tileLoops = new VectorTileLoops();

  @Override
  public void quantize(float[] x, int xOffset, int groups, RoundedActivations out, int firstGroup) {
    assert Borders.holds(x.length, xOffset, groups * GROUP);
    assert Borders.holds(out.groups(), firstGroup, groups);
    for (int g = 0; g < groups; g++) {
      int from = xOffset + g * GROUP;
      int group = firstGroup + g;
      float largest = largest(x, from);
      float inverse = largest == 0 ? 0 : 127 / largest;
      out.scales()[group] = largest / 127;
      out.corrections()[group] = quantizeGroup(x, from, inverse, out.pairs(), group * PAIRS);
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
  public void multiplyOne(
      TileFormat format,
      MemorySegment weights,
      long block,
      long stride,
      int blocks,
      int tiles,
      int groups,
      RoundedActivations x,
      int firstGroup,
      float[] sums) {
    long groupBytes = (long) tiles * format.tileBytes();
    assert Borders.holds(weights, block, (blocks - 1) * stride + groups * groupBytes);
    assert Borders.holds(x.groups(), firstGroup, groups);
    assert blocks <= STREAMS && Borders.holds(sums.length, 0, (blocks - 1) * SUMS + tiles * ROWS);
    for (int g = 0; g < groups; g += GROUPS_TOGETHER) {
      int count = Math.min(GROUPS_TOGETHER, groups - g);
      for (int lane = 0; lane < TILE_LANES; lane += SHORT_LANES) {
        long at = block + g * groupBytes;
        int group = firstGroup + g;
        switch (format) {
          case Q4 ->
              tileLoops.multiplyOne4(
                  weights, at, stride, blocks, tiles, lane, count, x, group, sums);
          case Q8 ->
              tileLoops.multiplyOne8(
                  weights, at, stride, blocks, tiles, lane, count, x, group, sums);
        }
      }
    }
  }

  @Override
  public void multiplyTwo4(
      MemorySegment weights,
      long block,
      int tiles,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    assert tiles % 2 == 0 && Borders.holds(x, firstGroups, 2, groups);
    assert Borders.holds(weights, block, (long) groups * tiles * TileFormat.Q4.tileBytes());
    assert Borders.holds(sums.length, sumsOffset, SUMS + tiles * ROWS);
    for (int lane = 0; lane < TILE_LANES; lane += SHORT_LANES) {
      tileLoops.multiplyTwo4(weights, block, lane, tiles, groups, x, firstGroups, sums, sumsOffset);
    }
  }

  @Override
  public void multiplyFour4(
      MemorySegment weights,
      long block,
      int tiles,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    assert tiles % 2 == 0 && Borders.holds(x, firstGroups, 4, groups);
    assert Borders.holds(weights, block, (long) groups * tiles * TileFormat.Q4.tileBytes());
    assert Borders.holds(sums.length, sumsOffset, 3 * SUMS + tiles * ROWS);
    for (int lane = 0; lane < TILE_LANES; lane += SHORT_LANES) {
      tileLoops.multiplyFour4(
          weights, block, lane, tiles, groups, x, firstGroups, sums, sumsOffset);
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
    for (int lane = 0; lane < TILE_LANES; lane += SHORT_LANES) {
      long at = plane + lane * Short.BYTES;
      VectorPanelLoops.unpackNibbles(weights, at, groupBytes, groups, panel, panelOffset + lane);
    }
  }

  @Override
  public void unpackScales(
      MemorySegment weights, long at, long groupBytes, int groups, float[] scales, int offset) {
    VectorPanelLoops.unpackScales(weights, at, groupBytes, groups, scales, offset);
  }

  @Override
  public void multiplyPanel4(
      short[] panel,
      float[] panelScales,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    assert Borders.holds(x, firstGroups, TOKENS, groups);
    assert Borders.holds(panel.length, 0, groups * PANEL_GROUP);
    for (int lane = 0; lane < 2 * PANEL_ROWS; lane += 2 * SHORT_LANES) {
      VectorPanelLoops.multiply4(
          panel, panelScales, lane, groups, x, firstGroups, sums, sumsOffset);
    }
  }

  @Override
  public void multiplyPanel8(
      short[] high,
      short[] low,
      float[] panelScales,
      int groups,
      RoundedActivations x,
      int[] firstGroups,
      float[] sums,
      int sumsOffset) {
    assert Borders.holds(x, firstGroups, TOKENS, groups);
    assert Borders.holds(high.length, 0, groups * PANEL_GROUP);
    assert Borders.holds(low.length, 0, groups * PANEL_GROUP);
    for (int lane = 0; lane < 2 * PANEL_ROWS; lane += SHORT_LANES) {
      VectorPanelLoops.multiply8(
          high, low, panelScales, lane, groups, x, firstGroups, sums, sumsOffset);
    }
  }
}
