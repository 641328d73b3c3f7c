package io.github.jmixtral.conversion;

import io.github.jmixtral.config.GgufEncoding;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.internal.kernel.FloatFormat;
import java.util.Optional;

/** What {@link CheckpointConverter} makes of a checkpoint. */
public sealed interface ConversionTarget {

  /**
   * A folder as the Hub lays it out, of floats, which every program reads.
   *
   * @param maxShardBytes tensors of more bytes are spread over several files
   * @param format the format of all weights; empty: of each the narrowest that loses nothing
   */
  record Hub(long maxShardBytes, Optional<FloatFormat> format) implements ConversionTarget {
    /** Checks the size. */
    public Hub {
      if (maxShardBytes < 1) {
        throw new IllegalArgumentException(
            "shard size: expected a positive number of bytes, found " + maxShardBytes);
      }
    }
  }

  /**
   * A folder of tiles.
   *
   * @param recipe which weights take how many bits
   */
  record Quantized(Recipe recipe) implements ConversionTarget {}

  /**
   * A GGUF file, which llama.cpp reads.
   *
   * @param encoding how the matrices are stored
   */
  record Gguf(GgufEncoding encoding) implements ConversionTarget {}
}
