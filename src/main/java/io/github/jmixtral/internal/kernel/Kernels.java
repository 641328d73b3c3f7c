package io.github.jmixtral.internal.kernel;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The inner loops of a process: on SIMD vectors where these are fast, else their scalar twins.
 *
 * @param matrix products with weight matrices
 * @param quantized products with 4- and 8-bit weights
 * @param superBlocks products with weights of 2 to 6 bits in super-blocks
 * @param rounding rounding weights to 4 and 8 bits
 * @param attention attention over a block of the key/value cache
 * @param row normalisation and activation of one token
 * @param vectorBits width of a vector in bits; 0 for the scalar twins
 */
public record Kernels(
    MatrixKernels matrix,
    QuantizedKernels quantized,
    SuperBlockKernels superBlocks,
    RoundingKernels rounding,
    AttentionKernels attention,
    RowKernels row,
    int vectorBits) {

  /** The kernels of this process, chosen once; a message is logged where they could be faster. */
  private static final class Detected {
    private static final Logger LOGGER = LoggerFactory.getLogger(Kernels.class);

    static final Kernels KERNELS = choose(VectorDetection.current());

    private static Kernels choose(VectorDetection vectors) {
      LOGGER.atLevel(vectors.level()).log(vectors.message());
      return vectors.bits() == 0 ? scalar() : simd(vectors.bits());
    }
  }

  /**
   * The fastest kernels that this process can run: the SIMD ones where {@link VectorDetection}
   * finds that they are fast.
   *
   * @throws IllegalArgumentException when the system property {@value VectorDetection#PROPERTY} is
   *     wrong
   */
  public static Kernels detected() {
    VectorDetection.current();
    return Detected.KERNELS;
  }

  private static Kernels simd(int vectorBits) {
    return new Kernels(
        new VectorMatrixKernels(),
        new VectorQuantizedKernels(),
        new VectorSuperBlockKernels(),
        new VectorRoundingKernels(),
        new VectorAttentionKernels(),
        new VectorRowKernels(),
        vectorBits);
  }

  /** The plain loops that specify what the others compute. */
  public static Kernels scalar() {
    return new Kernels(
        new ScalarMatrixKernels(),
        new ScalarQuantizedKernels(),
        new ScalarSuperBlockKernels(),
        new ScalarRoundingKernels(),
        new ScalarAttentionKernels(),
        new ScalarRowKernels(),
        0);
  }
}
