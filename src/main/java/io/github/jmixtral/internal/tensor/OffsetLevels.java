package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.QuantizedKernels;
import java.util.Optional;

/**
 * The integers behind tiles with offsets, {@code q + offset / scale}, to store them in tiles or
 * blocks of 8 bits.
 *
 * @param matrix whose offsets are whole multiples of their scales
 */
public record OffsetLevels(OffsetMatrix matrix) implements Levels {
  /** Offsets reach no farther where a zero point made them: −7 … 8. */
  private static final int FARTHEST = Byte.MAX_VALUE - 7;

  /** The matrix with its integers; empty where there are none behind some offset. */
  public static Optional<EncodedMatrix> encode(OffsetMatrix matrix) {
    Levels levels = new OffsetLevels(matrix);
    for (int row = 0; row < matrix.rows(); row++) {
      for (int group = 0; group < matrix.tiles().groups(); group++) {
        float offset = matrix.offset(row, group * QuantizedKernels.GROUP);
        int steps = steps(offset, levels.scale(row, group));
        if (Math.abs(steps) > FARTHEST || steps * levels.scale(row, group) != offset) {
          return Optional.empty();
        }
      }
    }
    return Optional.of(
        new EncodedMatrix(
            matrix.rows(),
            matrix.cols(),
            matrix.byteSize(),
            FloatFormat.F32,
            (row, col, count, out, outOffset) -> {
              for (int i = 0; i < count; i++) {
                out[outOffset + i] = Tiles.weight(matrix, row, col + i);
              }
            },
            Optional.of(levels)));
  }

  private static int steps(float offset, float scale) {
    return offset == 0 ? 0 : Math.round(offset / scale);
  }

  @Override
  public void read(int row, int col, int count, int[] out, int outOffset) {
    for (int i = 0; i < count; i++) {
      int group = (col + i) / QuantizedKernels.GROUP;
      out[outOffset + i] =
          Tiles.level(matrix.tiles(), row, col + i)
              + steps(matrix.offset(row, col + i), scale(row, group));
    }
  }

  @Override
  public float scale(int row, int group) {
    return Tiles.scale(matrix.tiles(), row, group * QuantizedKernels.GROUP);
  }

  @Override
  public int lowest() {
    return Byte.MIN_VALUE;
  }

  @Override
  public int highest() {
    return Byte.MAX_VALUE;
  }
}
