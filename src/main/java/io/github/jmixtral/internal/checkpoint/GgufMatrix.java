package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.internal.format.GgufBlocks;
import io.github.jmixtral.internal.format.GgufKBlocks;
import io.github.jmixtral.internal.format.GgufType;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.FloatMatrix;
import io.github.jmixtral.internal.tensor.Levels;
import io.github.jmixtral.internal.tensor.RowDecoder;
import io.github.jmixtral.internal.tensor.SuperBlocks;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A matrix of a GGUF file.
 *
 * @param type how its elements are stored
 * @param data its blocks, row-major
 * @param rows number of outputs
 * @param cols number of inputs, whole blocks
 * @param order where its rows lie
 */
public record GgufMatrix(GgufType type, MemorySegment data, int rows, int cols, RowOrder order)
    implements RowDecoder, Levels, SuperBlocks {

  /** The order of a matrix's rows in the file. */
  public sealed interface RowOrder {
    /** The row of the file that holds a row. */
    int stored(int row);

    /** The row that a row of the file holds. */
    int held(int stored);

    /** As they are. */
    record Same() implements RowOrder {
      @Override
      public int stored(int row) {
        return row;
      }

      @Override
      public int held(int stored) {
        return stored;
      }
    }

    /**
     * As queries and keys have them: ggml rotates neighbours where the reference rotates halves, so
     * that row {@code 2i + j} of a head is row {@code j · headDim / 2 + i} of the reference's.
     *
     * @param headDim width of a head, even
     */
    record Interleaved(int headDim) implements RowOrder {
      @Override
      public int stored(int row) {
        int inner = row % headDim;
        int half = headDim / 2;
        return row - inner + 2 * (inner % half) + inner / half;
      }

      @Override
      public int held(int stored) {
        int inner = stored % headDim;
        return stored - inner + inner % 2 * (headDim / 2) + inner / 2;
      }
    }
  }

  /** The matrix for the model: used in place where a kernel can read it there. */
  WeightMatrix weights() {
    if (order instanceof RowOrder.Same) {
      switch (type) {
        case F32, F16, BF16 -> {
          return new FloatMatrix(exactIn(), data, rows, cols);
        }
        case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS -> {}
      }
    }
    return new EncodedMatrix(
        rows,
        cols,
        data.byteSize(),
        exactIn(),
        this,
        GgufBlocks.hasLevels(type) ? Optional.of(this) : Optional.empty(),
        superBlockFormat(type).isPresent() ? Optional.of(this) : Optional.empty());
  }

  /** The narrowest format of floats that holds every weight. */
  private FloatFormat exactIn() {
    return switch (type) {
      case F16 -> FloatFormat.F16;
      case BF16 -> FloatFormat.BF16;
      case F32, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS ->
          FloatFormat.F32;
    };
  }

  @Override
  public void decode(int row, int col, int count, float[] out, int outOffset) {
    GgufBlocks.unpack(type, data, first(row) + col, count, out, outOffset);
  }

  @Override
  public void read(int row, int col, int count, int[] out, int outOffset) {
    GgufBlocks.levels(type, data, first(row) + col, count, out, outOffset);
  }

  @Override
  public float scale(int row, int group) {
    return GgufBlocks.scale(type, data, first(row) / type.blockElements() + group);
  }

  @Override
  public int lowest() {
    return GgufBlocks.lowestLevel(type);
  }

  @Override
  public int highest() {
    return GgufBlocks.highestLevel(type);
  }

  /** The super-blocks that hold a type's blocks exactly. */
  private static Optional<SuperBlockFormat> superBlockFormat(GgufType type) {
    return switch (type) {
      case Q2_K -> Optional.of(SuperBlockFormat.Q2);
      case Q3_K -> Optional.of(SuperBlockFormat.Q3);
      case Q4_K -> Optional.of(SuperBlockFormat.Q4);
      case Q5_K -> Optional.of(SuperBlockFormat.Q5);
      case Q6_K -> Optional.of(SuperBlockFormat.Q6);
      case F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, IQ4_NL, IQ4_XS -> Optional.empty();
    };
  }

  @Override
  public SuperBlockFormat format() {
    return superBlockFormat(type).orElseThrow();
  }

  @Override
  public SuperBlocks.Reader reader() {
    GgufKBlocks blocks = new GgufKBlocks(type, data);
    return (row, number, levels, scales, minima, halves) ->
        blocks.read(first(row) / type.blockElements() + number, levels, scales, minima, halves);
  }

  /** The number of a row's first element in the file. */
  private long first(int row) {
    return (long) order.stored(row) * cols;
  }
}
