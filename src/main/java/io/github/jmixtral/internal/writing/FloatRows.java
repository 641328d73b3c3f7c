package io.github.jmixtral.internal.writing;

import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.SafetensorsWriter;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.FloatMatrix;
import io.github.jmixtral.internal.tensor.RearrangedRows;
import io.github.jmixtral.internal.tensor.ReorderedMatrix;
import io.github.jmixtral.internal.tensor.SuperBlockMatrix;
import io.github.jmixtral.internal.tensor.TiledMatrix;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.internal.tensor.WeightRows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Writes matrices as floats, in bounded memory. */
final class FloatRows {
  /** Rows that are put in order at once: what transposing likes best. */
  private static final int BLOCK_ROWS = 64;

  private FloatRows() {}

  /**
   * The narrowest format that holds every weight exactly; a tile's scale times its level is F32.
   */
  static FloatFormat narrowestExact(WeightMatrix matrix) {
    return switch (matrix) {
      case FloatMatrix floats -> floats.format();
      case TiledMatrix _, SuperBlockMatrix _, ReorderedMatrix _ -> FloatFormat.F32;
      case EncodedMatrix encoded -> encoded.exactIn();
    };
  }

  /**
   * Writes all rows: bit for bit where the format is the matrix's own, else rounded to the nearest.
   *
   * @throws UnsupportedCheckpointException when a weight is too large for the format
   */
  static void write(
      WeightMatrix matrix, FloatFormat format, SafetensorsWriter writer, String name) {
    if (format != narrowestExact(matrix)) {
      writeRows(matrix, format, writer, name);
      return;
    }
    switch (matrix) {
      case FloatMatrix floats -> writer.write(name, floats.data());
      case TiledMatrix _, SuperBlockMatrix _, ReorderedMatrix _ ->
          writeRows(matrix, format, writer, name);
      case EncodedMatrix encoded -> {
        if (encoded.decoder() instanceof RearrangedRows rearranged) {
          writeInOrder(encoded, rearranged, writer, name);
        } else {
          writeRows(matrix, format, writer, name);
        }
      }
    }
  }

  private static void writeInOrder(
      EncodedMatrix matrix, RearrangedRows rearranged, SafetensorsWriter writer, String name) {
    long rowBytes = (long) matrix.cols() * matrix.exactIn().byteSize();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment block = arena.allocate(BLOCK_ROWS * rowBytes);
      for (int row = 0; row < matrix.rows(); row += BLOCK_ROWS) {
        int count = Math.min(BLOCK_ROWS, matrix.rows() - row);
        rearranged.copyRows(row, count, block);
        writer.write(name, block.asSlice(0, count * rowBytes));
      }
    }
  }

  private static void writeRows(
      WeightMatrix matrix, FloatFormat format, SafetensorsWriter writer, String name) {
    Kernels kernels = Kernels.detected();
    float[] row = new float[matrix.cols()];
    for (int i = 0; i < matrix.rows(); i++) {
      WeightRows.read(kernels.matrix(), matrix, i, row, 0);
      requireFits(row, format, name);
      writer.write(name, row);
    }
  }

  private static void requireFits(float[] row, FloatFormat format, String name) {
    if (format != FloatFormat.F16) {
      return;
    }
    for (float weight : row) {
      if (Float.isFinite(weight)
          && Float.isInfinite(Float.float16ToFloat(Float.floatToFloat16(weight)))) {
        throw new UnsupportedCheckpointException(
            "tensor '" + name + "'",
            "the weight " + weight + " is out of the range of half precision; write another dtype");
      }
    }
  }
}
