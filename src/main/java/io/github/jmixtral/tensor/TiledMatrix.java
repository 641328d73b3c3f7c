package io.github.jmixtral.tensor;

/** Weights in tiles, with or without offsets beside them: what rounded activations multiply. */
public sealed interface TiledMatrix extends WeightMatrix permits QuantizedMatrix, OffsetMatrix {

  /** The tiles alone. */
  QuantizedMatrix quantized();
}
