package io.github.jmixtral.internal.encoding;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import java.util.List;
import java.util.Optional;

/**
 * Finds out how another program encoded a weight, by the names and dtypes that stand beside it:
 * configurations do not tell reliably which weights are quantised.
 *
 * <pre>
 *   .qweight                                GPTQ, or AWQ by the shape
 *   .weight.absmax                          bitsandbytes, 4 bits
 *   .weight and .SCB                        bitsandbytes, 8 bits
 *   .weight_packed                          compressed-tensors, packed integers
 *   .weight and .weight_scale(_inv)         FP8, or compressed-tensors' bytes by the dtype
 *   .weight of 32-bit words and .scales     MLX
 * </pre>
 */
public final class ForeignWeights {
  private static final String WEIGHT = ".weight";
  private static final String SCALE = ".weight_scale";
  private static final String SCALE_INVERSE = ".weight_scale_inv";
  private static final String BIAS = ".bias";

  /** What stands beside a quantised weight and says nothing of the weight. */
  private static final List<String> ABOUT_ACTIVATIONS =
      List.of(
          ".input_scale",
          ".input_zero_point",
          ".input_global_scale",
          ".input_scale_ub",
          ".act_scale",
          ".output_scale",
          ".output_zero_point",
          ".k_scale",
          ".v_scale",
          ".kv_scale");

  private ForeignWeights() {}

  /**
   * Whether a weight is there in an encoding of these.
   *
   * @param tensors the tensors beside {@code STEM.weight}
   */
  public static boolean has(Companions tensors) {
    return tensors.has(GptqEncoding.WEIGHT)
        || tensors.has(NibbleEncoding.ABSMAX)
        || tensors.has(RowwiseInt8Encoding.SCALES)
        || tensors.has(PackedEncoding.WEIGHT)
        || MlxEncoding.fits(tensors)
        || tensors.has(SCALE)
        || tensors.has(SCALE_INVERSE);
  }

  /**
   * Reads a weight [rows, cols] where it lies.
   *
   * @return empty: it is in no encoding of these
   * @throws MalformedFileException when a part of it is missing, or has another dtype or shape
   * @throws UnsupportedCheckpointException when a part of it asks for something else
   */
  public static Optional<EncodedMatrix> read(
      Companions tensors, int rows, int cols, QuantizationSettings settings) {
    if (!has(tensors)) {
      return Optional.empty();
    }
    ABOUT_ACTIVATIONS.forEach(tensors::passOver);
    refuseBias(tensors, rows);
    return Optional.of(readAny(tensors, rows, cols, settings));
  }

  /**
   * Reads a stack of weights [depth, rows, cols] where it lies.
   *
   * @return empty: it is in no encoding that has stacks
   * @throws MalformedFileException when a part of it is missing, or has another dtype or shape
   * @throws UnsupportedCheckpointException when it is quantised in another way of the same program
   */
  public static Optional<List<EncodedMatrix>> readStack(
      Companions tensors, int depth, int rows, int cols) {
    return MlxEncoding.fits(tensors)
        ? Optional.of(MlxEncoding.readStack(tensors, depth, rows, cols))
        : Optional.empty();
  }

  private static EncodedMatrix readAny(
      Companions tensors, int rows, int cols, QuantizationSettings settings) {
    if (tensors.has(GptqEncoding.WEIGHT)) {
      return AwqEncoding.fits(tensors, rows, cols)
          ? AwqEncoding.read(tensors, rows, cols)
          : GptqEncoding.read(tensors, rows, cols, settings);
    }
    if (tensors.has(NibbleEncoding.ABSMAX)) {
      return NibbleEncoding.read(tensors, rows, cols);
    }
    if (tensors.has(RowwiseInt8Encoding.SCALES)) {
      return RowwiseInt8Encoding.read(tensors, rows, cols);
    }
    if (tensors.has(PackedEncoding.WEIGHT)) {
      return PackedEncoding.read(tensors, rows, cols, settings);
    }
    if (MlxEncoding.fits(tensors)) {
      return MlxEncoding.read(tensors, rows, cols);
    }
    if (tensors.has(WEIGHT, Dtype.I8)) {
      return SignedByteEncoding.read(tensors, rows, cols, settings);
    }
    String scale = tensors.has(SCALE) ? SCALE : SCALE_INVERSE;
    return Float8Encoding.read(tensors, scale, rows, cols, settings);
  }

  /** A Mixtral has no biases; some packers write zeros. */
  private static void refuseBias(Companions tensors, int rows) {
    if (tensors.has(BIAS)) {
      TensorEntry bias = tensors.take(BIAS, Elements.FLOATS, rows);
      for (int row = 0; row < rows; row++) {
        if (Elements.real(bias, row) != 0) {
          throw new UnsupportedCheckpointException(
              bias.place(),
              "a Mixtral has no bias, but this one is "
                  + Elements.real(bias, row)
                  + " in row "
                  + row);
        }
      }
    }
  }
}
