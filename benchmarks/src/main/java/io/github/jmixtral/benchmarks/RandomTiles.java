package io.github.jmixtral.benchmarks;

import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.TileFormat;
import io.github.jmixtral.internal.tensor.QuantizedMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/** Quantised matrices of random weights. */
public final class RandomTiles {
  private static final int ALIGNMENT = 64;

  private RandomTiles() {}

  /**
   * Draws a matrix.
   *
   * @param bits 4 or 8
   */
  public static QuantizedMatrix draw(
      Arena arena, int bits, int rows, int cols, SplittableRandom random) {
    TileFormat format = bits == 4 ? TileFormat.Q4 : TileFormat.Q8;
    int tileBytes = format.tileBytes();
    long tiles = (long) QuantizedMatrix.tiles(rows) * (cols / QuantizedKernels.GROUP);
    MemorySegment data = arena.allocate(tiles * tileBytes, ALIGNMENT);
    for (long i = 0; i < data.byteSize() / Long.BYTES; i++) {
      data.setAtIndex(ValueLayout.JAVA_LONG, i, random.nextLong());
    }
    int scales = format.scalesOffset();
    for (long tile = 0; tile < tiles; tile++) {
      for (int row = 0; row < QuantizedKernels.ROWS; row++) {
        float scale = (float) (0.02 / bits * (0.5 + random.nextDouble()));
        long at = tile * tileBytes + scales + (long) row * Short.BYTES;
        data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(scale));
      }
    }
    return new QuantizedMatrix(format, data, rows, cols);
  }

  /** Draws activations of mean zero. */
  public static float[] activations(int count, SplittableRandom random) {
    float[] x = new float[count];
    for (int i = 0; i < count; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return x;
  }

  /** Refuses outputs of two variants that are not the same, bit for bit. */
  public static void requireSameBits(String what, float[] expected, float[] found, int count) {
    for (int i = 0; i < count; i++) {
      if (Float.floatToRawIntBits(expected[i]) != Float.floatToRawIntBits(found[i])) {
        throw new IllegalStateException(
            "%s: output %d: expected %s, found %s".formatted(what, i, expected[i], found[i]));
      }
    }
  }
}
