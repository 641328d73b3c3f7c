package io.github.jmixtral.internal.kernel;

import static io.github.jmixtral.internal.kernel.QuantizedKernels.PAIRS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.PANEL_GROUP;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.PANEL_ROWS;
import static io.github.jmixtral.internal.kernel.QuantizedKernels.ROWS;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loops of {@link VectorQuantizedKernels} over panels: unpacking tiles into one, and
 * multiplying it with 6 tokens × 2 vectors of sums in registers. The arithmetic stands inline, for
 * the reasons that {@link VectorTileLoops} gives.
 */
final class VectorPanelLoops {

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

  private static final int SHORT_LANES = SHORTS.length();
  private static final int FLOAT_LANES = FLOATS.length();

  private VectorPanelLoops() {}

  /** One vector of each row of shorts of a tile, for some groups. */
  static void unpackPart(
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

  /** The scales of a tile, for some groups. */
  static void unpackScales(
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

  /** Two vectors of rows × six tokens. */
  static void multiplyPart4(
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

  /** One vector of rows × six tokens: the two planes take the place of the second. */
  static void multiplyPart8(
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
