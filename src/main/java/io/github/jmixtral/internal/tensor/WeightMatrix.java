package io.github.jmixtral.internal.tensor;

/**
 * A weight matrix [rows, cols] as it lies in its file, one record per number format. A product with
 * it is {@code out[t] = W · x[t]}: rows are outputs, cols are inputs.
 */
public sealed interface WeightMatrix
    permits FloatMatrix, TiledMatrix, SuperBlockMatrix, EncodedMatrix, ReorderedMatrix {

  /** Number of outputs. */
  int rows();

  /** Number of inputs. */
  int cols();

  /** Bytes that one pass over the whole matrix reads. */
  long byteSize();

  /** Whether it lies in tiles, its columns in their own order or in another. */
  default boolean isTiled() {
    return switch (this) {
      case TiledMatrix _, SuperBlockMatrix _, ReorderedMatrix _ -> true;
      case FloatMatrix _, EncodedMatrix _ -> false;
    };
  }
}
