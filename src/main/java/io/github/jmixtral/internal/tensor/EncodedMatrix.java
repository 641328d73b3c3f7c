package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.FloatFormat;
import java.util.Optional;

/**
 * Weights that are decoded row by row: right, but slow to multiply with. Loading a model puts them
 * into a format of the kernels' first.
 *
 * @param rows number of outputs
 * @param cols number of inputs
 * @param byteSize bytes of the encoded weights, with their scales
 * @param exactIn the narrowest format that holds every weight exactly
 * @param decoder reads the weights
 * @param levels the integers and scales behind them, where there are some for each 32 columns
 * @param superBlocks the numbers behind them, where they lie in super-blocks
 */
public record EncodedMatrix(
    int rows,
    int cols,
    long byteSize,
    FloatFormat exactIn,
    RowDecoder decoder,
    Optional<Levels> levels,
    Optional<SuperBlocks> superBlocks)
    implements WeightMatrix {

  /** Weights without integers behind them. */
  public EncodedMatrix(int rows, int cols, long byteSize, FloatFormat exactIn, RowDecoder decoder) {
    this(rows, cols, byteSize, exactIn, decoder, Optional.empty(), Optional.empty());
  }

  /** Weights that are not in super-blocks. */
  public EncodedMatrix(
      int rows,
      int cols,
      long byteSize,
      FloatFormat exactIn,
      RowDecoder decoder,
      Optional<Levels> levels) {
    this(rows, cols, byteSize, exactIn, decoder, levels, Optional.empty());
  }
}
