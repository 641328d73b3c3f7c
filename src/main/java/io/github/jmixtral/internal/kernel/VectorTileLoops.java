package io.github.jmixtral.internal.kernel;

import static io.github.jmixtral.internal.kernel.QuantizedKernels.NIBBLE_BYTES;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.PAIRS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.ROWS;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loops of {@link VectorQuantizedKernels} that multiply straight from the tiles, group by
 * group, in the order of memory. One token's loops hold the group's 16 activation pairs in
 * registers and run down the tiles of a block; those of a few tokens hold their sums, and cut each
 * nibble out once for all of them.
 *
 * <p>The arithmetic stands inline in every loop: a helper that takes or returns vectors can miss
 * the compiler's inlining budget, and a loop over more operations than these misses its budget for
 * nodes. So the nested loops over nibbles must stay loops, too: written out they run a hundred
 * times slower. One token's loops multiply by vectors, not by single numbers: each number is one
 * call more to inline, and the loop over both planes of 8 bits, near the limit, is then less often
 * compiled in a way that leaves a vector or two of each tile arrays on the heap, seen with vectors
 * of 128 and 256 bits. A loop for each plane avoids that, at two thirds of the speed.
 */
final class VectorTileLoops {

  private static final VectorSpecies<Short> SHORTS = VectorWidth.SHORTS;
  private static final VectorSpecies<Integer> INTS = VectorWidth.INTS;
  private static final VectorSpecies<Float> FLOATS = VectorWidth.FLOATS;
  private static final VectorSpecies<Short> HALVES = VectorWidth.HALVES;
  private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  /** From one row of shorts of a tile to the next. */
  private static final int ROW_BYTES = 2 * ROWS * Short.BYTES;

  /** What is left of a half's bits, shifted to a float's place, without the copies of its sign. */
  private static final int HALF_BITS = 0x8fffe000;

  /** A half's exponent bias is 15, a float's 127. */
  private static final float HALF_REBIAS = 0x1p112f;

  /** Shorts of a row that stand behind each other in a tile. */
  private static final int NUMBERS = 4;

  /** Nibbles of a short. */
  private static final int NIBBLES = 4;

  private VectorTileLoops() {}

  /** One token × one vector of each tile of a block of 4-bit weights. */
  static void multiplyPart4(
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
    IntVector halfBits = IntVector.broadcast(INTS, HALF_BITS);
    FloatVector rebias = FloatVector.broadcast(FLOATS, HALF_REBIAS);
    for (int g = 0; g < groups; g++) {
      int group = firstGroup + g;
      int pair = group * PAIRS;
      FloatVector xScale = FloatVector.broadcast(FLOATS, scales[group]);
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
                .and(halfBits)
                .reinterpretAsFloats()
                .mul(rebias)
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

  /** Two tokens × one vector of two tiles each. */
  static void multiplyTwo(
      MemorySegment weights,
      long block,
      int part,
      int tiles,
      long tileBytes,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int[] firstGroups,
      float[] sums,
      int sumsOffset,
      int sumsStride) {
    long groupBytes = tiles * tileBytes;
    IntVector halfBits = IntVector.broadcast(INTS, HALF_BITS);
    FloatVector rebias = FloatVector.broadcast(FLOATS, HALF_REBIAS);
    int g0 = firstGroups[0];
    int g1 = firstGroups[1];
    for (int g = 0; g < groups; g++) {
      int pair = g * PAIRS;
      for (int tile = 0; tile < tiles; tile += 2) {
        long at = block + g * groupBytes + tile * tileBytes + part * Short.BYTES;
        ShortVector a00 = IntVector.broadcast(INTS, corrections[g0 + g]).reinterpretAsShorts();
        ShortVector a01 = a00;
        ShortVector a10 = IntVector.broadcast(INTS, corrections[g1 + g]).reinterpretAsShorts();
        ShortVector a11 = a10;
        for (int j = 0; j < NUMBERS; j++) {
          ShortVector q0 =
              ShortVector.fromMemorySegment(SHORTS, weights, at + j * ROW_BYTES, ORDER);
          ShortVector q1 =
              ShortVector.fromMemorySegment(SHORTS, weights, at + tileBytes + j * ROW_BYTES, ORDER);
          for (int i = NIBBLES * j; i < NIBBLES * j + NIBBLES; i++) {
            ShortVector x;
            x = IntVector.broadcast(INTS, pairs[g0 * PAIRS + pair + i]).reinterpretAsShorts();
            a00 = a00.add(q0.mul(x));
            a01 = a01.add(q1.mul(x));
            x = IntVector.broadcast(INTS, pairs[g1 * PAIRS + pair + i]).reinterpretAsShorts();
            a10 = a10.add(q0.mul(x));
            a11 = a11.add(q1.mul(x));
            q0 = q0.lanewise(VectorOperators.LSHR, 4);
            q1 = q1.lanewise(VectorOperators.LSHR, 4);
          }
        }
        long halves = at + NIBBLE_BYTES - part;
        FloatVector scale0 =
            ((IntVector)
                    ShortVector.fromMemorySegment(HALVES, weights, halves, ORDER)
                        .convertShape(VectorOperators.S2I, INTS, 0))
                .lanewise(VectorOperators.LSHL, 13)
                .and(halfBits)
                .reinterpretAsFloats()
                .mul(rebias);
        FloatVector scale1 =
            ((IntVector)
                    ShortVector.fromMemorySegment(HALVES, weights, halves + tileBytes, ORDER)
                        .convertShape(VectorOperators.S2I, INTS, 0))
                .lanewise(VectorOperators.LSHL, 13)
                .and(halfBits)
                .reinterpretAsFloats()
                .mul(rebias);
        int to = sumsOffset + tile * ROWS + part / 2;
        IntVector v;
        v = a00.reinterpretAsInts();
        ((FloatVector)
                v.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 16)
                    .add(v.lanewise(VectorOperators.ASHR, 16))
                    .convert(VectorOperators.I2F, 0))
            .fma(scale0.mul(scales[g0 + g]), FloatVector.fromArray(FLOATS, sums, to))
            .intoArray(sums, to);
        v = a01.reinterpretAsInts();
        ((FloatVector)
                v.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 16)
                    .add(v.lanewise(VectorOperators.ASHR, 16))
                    .convert(VectorOperators.I2F, 0))
            .fma(scale1.mul(scales[g0 + g]), FloatVector.fromArray(FLOATS, sums, to + ROWS))
            .intoArray(sums, to + ROWS);
        to += sumsStride;
        v = a10.reinterpretAsInts();
        ((FloatVector)
                v.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 16)
                    .add(v.lanewise(VectorOperators.ASHR, 16))
                    .convert(VectorOperators.I2F, 0))
            .fma(scale0.mul(scales[g1 + g]), FloatVector.fromArray(FLOATS, sums, to))
            .intoArray(sums, to);
        v = a11.reinterpretAsInts();
        ((FloatVector)
                v.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 16)
                    .add(v.lanewise(VectorOperators.ASHR, 16))
                    .convert(VectorOperators.I2F, 0))
            .fma(scale1.mul(scales[g1 + g]), FloatVector.fromArray(FLOATS, sums, to + ROWS))
            .intoArray(sums, to + ROWS);
      }
    }
  }

  /** Four tokens × one vector of two tiles each. */
  static void multiplyFour(
      MemorySegment weights,
      long block,
      int part,
      int tiles,
      long tileBytes,
      int groups,
      int[] pairs,
      int[] corrections,
      float[] scales,
      int[] firstGroups,
      float[] sums,
      int sumsOffset,
      int sumsStride) {
    long groupBytes = tiles * tileBytes;
    IntVector halfBits = IntVector.broadcast(INTS, HALF_BITS);
    FloatVector rebias = FloatVector.broadcast(FLOATS, HALF_REBIAS);
    int g0 = firstGroups[0];
    int g1 = firstGroups[1];
    int g2 = firstGroups[2];
    int g3 = firstGroups[3];
    for (int g = 0; g < groups; g++) {
      int pair = g * PAIRS;
      for (int tile = 0; tile < tiles; tile += 2) {
        long at = block + g * groupBytes + tile * tileBytes + part * Short.BYTES;
        ShortVector a00 = IntVector.broadcast(INTS, corrections[g0 + g]).reinterpretAsShorts();
        ShortVector a01 = a00;
        ShortVector a10 = IntVector.broadcast(INTS, corrections[g1 + g]).reinterpretAsShorts();
        ShortVector a11 = a10;
        ShortVector a20 = IntVector.broadcast(INTS, corrections[g2 + g]).reinterpretAsShorts();
        ShortVector a21 = a20;
        ShortVector a30 = IntVector.broadcast(INTS, corrections[g3 + g]).reinterpretAsShorts();
        ShortVector a31 = a30;
        for (int j = 0; j < NUMBERS; j++) {
          ShortVector q0 =
              ShortVector.fromMemorySegment(SHORTS, weights, at + j * ROW_BYTES, ORDER);
          ShortVector q1 =
              ShortVector.fromMemorySegment(SHORTS, weights, at + tileBytes + j * ROW_BYTES, ORDER);
          for (int i = NIBBLES * j; i < NIBBLES * j + NIBBLES; i++) {
            ShortVector x;
            x = IntVector.broadcast(INTS, pairs[g0 * PAIRS + pair + i]).reinterpretAsShorts();
            a00 = a00.add(q0.mul(x));
            a01 = a01.add(q1.mul(x));
            x = IntVector.broadcast(INTS, pairs[g1 * PAIRS + pair + i]).reinterpretAsShorts();
            a10 = a10.add(q0.mul(x));
            a11 = a11.add(q1.mul(x));
            x = IntVector.broadcast(INTS, pairs[g2 * PAIRS + pair + i]).reinterpretAsShorts();
            a20 = a20.add(q0.mul(x));
            a21 = a21.add(q1.mul(x));
            x = IntVector.broadcast(INTS, pairs[g3 * PAIRS + pair + i]).reinterpretAsShorts();
            a30 = a30.add(q0.mul(x));
            a31 = a31.add(q1.mul(x));
            q0 = q0.lanewise(VectorOperators.LSHR, 4);
            q1 = q1.lanewise(VectorOperators.LSHR, 4);
          }
        }
        long halves = at + NIBBLE_BYTES - part;
        FloatVector scale0 =
            ((IntVector)
                    ShortVector.fromMemorySegment(HALVES, weights, halves, ORDER)
                        .convertShape(VectorOperators.S2I, INTS, 0))
                .lanewise(VectorOperators.LSHL, 13)
                .and(halfBits)
                .reinterpretAsFloats()
                .mul(rebias);
        FloatVector scale1 =
            ((IntVector)
                    ShortVector.fromMemorySegment(HALVES, weights, halves + tileBytes, ORDER)
                        .convertShape(VectorOperators.S2I, INTS, 0))
                .lanewise(VectorOperators.LSHL, 13)
                .and(halfBits)
                .reinterpretAsFloats()
                .mul(rebias);
        int to = sumsOffset + tile * ROWS + part / 2;
        IntVector v;
        v = a00.reinterpretAsInts();
        ((FloatVector)
                v.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 16)
                    .add(v.lanewise(VectorOperators.ASHR, 16))
                    .convert(VectorOperators.I2F, 0))
            .fma(scale0.mul(scales[g0 + g]), FloatVector.fromArray(FLOATS, sums, to))
            .intoArray(sums, to);
        v = a01.reinterpretAsInts();
        ((FloatVector)
                v.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 16)
                    .add(v.lanewise(VectorOperators.ASHR, 16))
                    .convert(VectorOperators.I2F, 0))
            .fma(scale1.mul(scales[g0 + g]), FloatVector.fromArray(FLOATS, sums, to + ROWS))
            .intoArray(sums, to + ROWS);
        to += sumsStride;
        v = a10.reinterpretAsInts();
        ((FloatVector)
                v.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 16)
                    .add(v.lanewise(VectorOperators.ASHR, 16))
                    .convert(VectorOperators.I2F, 0))
            .fma(scale0.mul(scales[g1 + g]), FloatVector.fromArray(FLOATS, sums, to))
            .intoArray(sums, to);
        v = a11.reinterpretAsInts();
        ((FloatVector)
                v.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 16)
                    .add(v.lanewise(VectorOperators.ASHR, 16))
                    .convert(VectorOperators.I2F, 0))
            .fma(scale1.mul(scales[g1 + g]), FloatVector.fromArray(FLOATS, sums, to + ROWS))
            .intoArray(sums, to + ROWS);
        to += sumsStride;
        v = a20.reinterpretAsInts();
        ((FloatVector)
                v.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 16)
                    .add(v.lanewise(VectorOperators.ASHR, 16))
                    .convert(VectorOperators.I2F, 0))
            .fma(scale0.mul(scales[g2 + g]), FloatVector.fromArray(FLOATS, sums, to))
            .intoArray(sums, to);
        v = a21.reinterpretAsInts();
        ((FloatVector)
                v.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 16)
                    .add(v.lanewise(VectorOperators.ASHR, 16))
                    .convert(VectorOperators.I2F, 0))
            .fma(scale1.mul(scales[g2 + g]), FloatVector.fromArray(FLOATS, sums, to + ROWS))
            .intoArray(sums, to + ROWS);
        to += sumsStride;
        v = a30.reinterpretAsInts();
        ((FloatVector)
                v.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 16)
                    .add(v.lanewise(VectorOperators.ASHR, 16))
                    .convert(VectorOperators.I2F, 0))
            .fma(scale0.mul(scales[g3 + g]), FloatVector.fromArray(FLOATS, sums, to))
            .intoArray(sums, to);
        v = a31.reinterpretAsInts();
        ((FloatVector)
                v.lanewise(VectorOperators.LSHL, 16)
                    .lanewise(VectorOperators.ASHR, 16)
                    .add(v.lanewise(VectorOperators.ASHR, 16))
                    .convert(VectorOperators.I2F, 0))
            .fma(scale1.mul(scales[g3 + g]), FloatVector.fromArray(FLOATS, sums, to + ROWS))
            .intoArray(sums, to + ROWS);
      }
    }
  }

  /** One token × one vector of each tile of a block of 8-bit weights. */
  static void multiplyPart8(
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
    IntVector halfBits = IntVector.broadcast(INTS, HALF_BITS);
    FloatVector rebias = FloatVector.broadcast(FLOATS, HALF_REBIAS);
    for (int g = 0; g < groups; g++) {
      int group = firstGroup + g;
      int pair = group * PAIRS;
      FloatVector xScale = FloatVector.broadcast(FLOATS, scales[group]);
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
                .and(halfBits)
                .reinterpretAsFloats()
                .mul(rebias)
                .mul(xScale);
        ((FloatVector) totals.convert(VectorOperators.I2F, 0))
            .fma(scale, FloatVector.fromArray(FLOATS, sums, part / 2 + t * ROWS))
            .intoArray(sums, part / 2 + t * ROWS);
      }
    }
  }
}
