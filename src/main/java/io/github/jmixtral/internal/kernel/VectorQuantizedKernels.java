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
 * weights are in two rooms of their own, straight from the tiles and over panels.
 */
final class VectorQuantizedKernels implements QuantizedKernels {

  private static final VectorSpecies<Short> SHORTS = VectorWidth.SHORTS;
  private static final VectorSpecies<Integer> INTS = VectorWidth.INTS;
  private static final VectorSpecies<Float> FLOATS = VectorWidth.FLOATS;

  /** Lanes of a tile's row of shorts: two for each of its rows. */
  private static final int TILE_LANES = 2 * ROWS;

  private static final int SHORT_LANES = SHORTS.length();
  private static final int FLOAT_LANES = FLOATS.length();

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
      VectorTileLoops.multiplyPart4(
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

  @Override
  public void multiplyFew4(
      MemorySegment weights,
      long block,
      int tiles,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int[] firstGroups,
      int tokens,
      float[] sums,
      int sumsOffset,
      int sumsStride) {
    for (int part = 0; part < TILE_LANES; part += SHORT_LANES) {
      if (tokens == 2) {
        VectorTileLoops.multiplyTwo(
            weights,
            block,
            part,
            tiles,
            tileBytes4,
            groups,
            pairs,
            corrections,
            scales,
            firstGroups,
            sums,
            sumsOffset,
            sumsStride);
      } else {
        VectorTileLoops.multiplyFour(
            weights,
            block,
            part,
            tiles,
            tileBytes4,
            groups,
            pairs,
            corrections,
            scales,
            firstGroups,
            sums,
            sumsOffset,
            sumsStride);
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
      VectorTileLoops.multiplyPart8(
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

  @Override
  public void unpackNibbles(
      MemorySegment weights,
      long plane,
      long groupBytes,
      int groups,
      short[] panel,
      int panelOffset) {
    for (int part = 0; part < TILE_LANES; part += SHORT_LANES) {
      VectorPanelLoops.unpackPart(
          weights, plane + part * Short.BYTES, groupBytes, groups, panel, panelOffset + part);
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
      int[] pairs,
      int[] corrections,
      float[] scales,
      int[] firstGroups,
      float[] sums,
      int sumsOffset,
      int sumsStride) {
    int lanes = 2 * SHORT_LANES;
    for (int part = 0; part < 2 * PANEL_ROWS; part += lanes) {
      VectorPanelLoops.multiplyPart4(
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
      VectorPanelLoops.multiplyPart8(
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
}
