package io.github.jmixtral.internal.tensor;

/** Weights in tiles, with or without offsets beside them: what rounded activations multiply. */
public sealed interface TiledMatrix extends WeightMatrix permits QuantizedMatrix, OffsetMatrix {

  /** Where the memory of a matrix to fill begins: at a cache line. */
  long ALIGNMENT = 64;

  /** The tiles alone. */
  QuantizedMatrix quantized();
}
