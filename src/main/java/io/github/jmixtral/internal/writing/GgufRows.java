package io.github.jmixtral.internal.writing;

import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.checkpoint.GgufMatrix;
import io.github.jmixtral.internal.format.Bfloat16;
import io.github.jmixtral.internal.format.GgufType;
import io.github.jmixtral.internal.format.GgufWriter;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.MatrixKernels;
import io.github.jmixtral.internal.tensor.QuantizedMatrix;
import io.github.jmixtral.internal.tensor.TileLevels;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.internal.tensor.WeightRows;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Appends matrices to a GGUF file, row by row: no more than one row is in the heap. */
final class GgufRows {
  private static final int GROUP = 32;

  private final MatrixKernels kernels = Kernels.detected().matrix();
  private final GgufWriter writer;

  GgufRows(GgufWriter writer) {
    this.writer = writer;
  }

  /** Appends a vector in single precision. */
  void writeVector(String name, float[] vector) {
    ByteBuffer bytes = buffer(Float.BYTES * vector.length);
    for (float value : vector) {
      bytes.putFloat(value);
    }
    writer.write(name, MemorySegment.ofBuffer(bytes.flip()));
  }

  /**
   * Appends a matrix as floats.
   *
   * @param type F32, F16 or BF16: weights are rounded to it
   * @throws UnsupportedCheckpointException when a weight is beyond half precision
   */
  void writeFloats(String name, GgufType type, WeightMatrix matrix, GgufMatrix.RowOrder order) {
    float[] row = new float[matrix.cols()];
    ByteBuffer bytes = buffer(Math.toIntExact(type.byteSize(matrix.cols())));
    for (int i = 0; i < matrix.rows(); i++) {
      WeightRows.read(kernels, matrix, order.held(i), row, 0);
      bytes.clear();
      for (float weight : row) {
        switch (type) {
          case F32 -> bytes.putFloat(weight);
          case F16 -> bytes.putShort(half(name, weight));
          case BF16 -> bytes.putShort(Bfloat16.ofFloat(weight));
          case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS ->
              throw new IllegalArgumentException(type + " is no format of floats");
        }
      }
      writer.write(name, MemorySegment.ofBuffer(bytes.flip()));
    }
  }

  private static short half(String name, float weight) {
    short half = Float.floatToFloat16(weight);
    if (Float.isFinite(weight) && Float.isInfinite(Float.float16ToFloat(half))) {
      throw new UnsupportedCheckpointException(
          "tensor '" + name + "'",
          "the weight " + weight + " is out of the range of half precision; write another dtype");
    }
    return half;
  }

  /**
   * Appends tiles as blocks of 32 columns, exactly.
   *
   * @param type Q8_0, or Q4_0 for tiles of 4 bits
   */
  void writeTiles(String name, GgufType type, QuantizedMatrix tiles, GgufMatrix.RowOrder order) {
    TileLevels levels = new TileLevels(tiles);
    int[] row = new int[tiles.cols()];
    ByteBuffer bytes = buffer(Math.toIntExact(type.byteSize(tiles.cols())));
    for (int i = 0; i < tiles.rows(); i++) {
      levels.read(order.held(i), 0, row.length, row, 0);
      bytes.clear();
      for (int col = 0; col < row.length; col += GROUP) {
        bytes.putShort(Float.floatToFloat16(levels.scale(order.held(i), col / GROUP)));
        switch (type) {
          case Q4_0 -> putNibbles(row, col, bytes);
          case Q8_0 -> {
            for (int c = col; c < col + GROUP; c++) {
              bytes.put((byte) row[c]);
            }
          }
          case F32, F16, BF16, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS ->
              throw new IllegalArgumentException(type + " is not what tiles become");
        }
      }
      writer.write(name, MemorySegment.ofBuffer(bytes.flip()));
    }
  }

  /** Appends the blocks of another GGUF file as they are. */
  void writeBlocks(String name, GgufMatrix matrix, GgufMatrix.RowOrder order) {
    long rowBytes = matrix.type().byteSize(matrix.cols());
    for (int i = 0; i < matrix.rows(); i++) {
      int stored = matrix.order().stored(order.held(i));
      writer.write(name, matrix.data().asSlice(stored * rowBytes, rowBytes));
    }
  }

  private static void putNibbles(int[] row, int col, ByteBuffer bytes) {
    for (int c = col; c < col + GROUP / 2; c++) {
      bytes.put((byte) (row[c] + 8 | row[c + GROUP / 2] + 8 << 4));
    }
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
