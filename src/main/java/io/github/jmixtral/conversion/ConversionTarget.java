package io.github.jmixtral.conversion;

import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.writing.CheckpointWriter;
import io.github.jmixtral.internal.writing.GgufEncoding;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * What {@link CheckpointConverter} makes of a checkpoint. Immutable; a wither returns a changed
 * copy: {@code ConversionTarget.hub().withDtype("float16")}.
 *
 * @since 0.1.0
 */
public final class ConversionTarget {
  private final Kind kind;

  /** The layouts. */
  sealed interface Kind permits Hub, Quantized, Gguf {}

  /**
   * A folder of floats.
   *
   * @param format of all weights; empty: of each the narrowest that loses nothing
   */
  record Hub(long maxShardBytes, Optional<FloatFormat> format) implements Kind {}

  /** A folder of tiles. */
  record Quantized(Recipe recipe) implements Kind {}

  /** A GGUF file. */
  record Gguf(GgufEncoding encoding) implements Kind {}

  private ConversionTarget(Kind kind) {
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }

  /**
   * A folder as the Hub lays it out, of floats, which every program reads: each matrix in the
   * narrowest format that loses nothing, in files of at most 5 GB.
   */
  public static ConversionTarget hub() {
    return new ConversionTarget(
        new Hub(CheckpointWriter.DEFAULT_MAX_SHARD_BYTES, Optional.empty()));
  }

  /** A folder of tiles, as {@link CheckpointQuantizer} writes it without a calibration. */
  public static ConversionTarget quantized(Recipe recipe) {
    return new ConversionTarget(new Quantized(Objects.requireNonNull(recipe, "recipe")));
  }

  /**
   * A GGUF file, which llama.cpp reads.
   *
   * @param type how matrices are stored: {@code f32}, {@code f16}, {@code bf16}, {@code q8_0} with
   *     8.5 bits a weight, or {@code q4_0}, which has 4.5 bits a weight for what {@link Recipe#Q4}
   *     stores in 4 bits and {@code q8_0} for the rest. The router and the norms are in single
   *     precision always, as llama.cpp has them
   * @throws IllegalArgumentException when the type is none of these
   */
  public static ConversionTarget gguf(String type) {
    Objects.requireNonNull(type, "type");
    return new ConversionTarget(
        new Gguf(
            GgufEncoding.of(type)
                .orElseThrow(
                    () ->
                        new IllegalArgumentException(
                            "type: expected one of %s, found '%s'"
                                .formatted(GgufEncoding.labels(), type)))));
  }

  /**
   * Sets the size above which the tensors of a Hub folder are spread over several files; a single
   * tensor is never split.
   *
   * @throws IllegalArgumentException when not positive
   * @throws IllegalStateException when the target is no Hub folder
   */
  public ConversionTarget withMaxShardBytes(long maxShardBytes) {
    if (maxShardBytes < 1) {
      throw new IllegalArgumentException(
          "shard size: expected a positive number of bytes, found " + maxShardBytes);
    }
    return new ConversionTarget(new Hub(maxShardBytes, requireHub().format()));
  }

  /**
   * Sets the format of all weights of a Hub folder.
   *
   * @param dtype {@code float32}, {@code float16} or {@code bfloat16}
   * @throws IllegalArgumentException when it is none of these
   * @throws IllegalStateException when the target is no Hub folder
   */
  public ConversionTarget withDtype(String dtype) {
    Objects.requireNonNull(dtype, "dtype");
    FloatFormat format =
        switch (dtype) {
          case "float32" -> FloatFormat.F32;
          case "float16" -> FloatFormat.F16;
          case "bfloat16" -> FloatFormat.BF16;
          default ->
              throw new IllegalArgumentException(
                  "dtype: '%s' is not one of %s"
                      .formatted(dtype, Arrays.asList("float32", "float16", "bfloat16")));
        };
    return new ConversionTarget(new Hub(requireHub().maxShardBytes(), Optional.of(format)));
  }

  private Hub requireHub() {
    if (kind instanceof Hub hub) {
      return hub;
    }
    throw new IllegalStateException("shard size and dtype are settings of a Hub folder only");
  }

  @Override
  public String toString() {
    return "ConversionTarget[" + kind + "]";
  }
}
