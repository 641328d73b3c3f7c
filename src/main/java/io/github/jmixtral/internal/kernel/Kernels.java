package io.github.jmixtral.internal.kernel;

/**
 * The inner loops that this process uses: the SIMD ones where the module {@code
 * jdk.incubator.vector} is there, else their scalar twins.
 *
 * @param matrix products with weight matrices
 * @param quantized products with 4- and 8-bit weights
 * @param rounding rounding weights to 4 and 8 bits
 * @param attention attention over a block of the key/value cache
 * @param row normalisation and activation of one token
 * @param vectorBits width of a vector in bits; 0 for the scalar twins
 */
public record Kernels(
    MatrixKernels matrix,
    QuantizedKernels quantized,
    RoundingKernels rounding,
    AttentionKernels attention,
    RowKernels row,
    int vectorBits) {

  /** The fastest kernels that this process can run. */
  public static Kernels detect() {
    boolean hasVectors = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    return hasVectors && VectorWidth.isEnough() ? simd() : scalar();
  }

  /** The kernels on the machine's widest vectors; needs the module {@code jdk.incubator.vector}. */
  public static Kernels simd() {
    return new Kernels(
        new VectorMatrixKernels(),
        new VectorQuantizedKernels(),
        new VectorRoundingKernels(),
        new VectorAttentionKernels(),
        new VectorRowKernels(),
        VectorWidth.FLOATS.vectorBitSize());
  }

  /** The plain loops that specify what the others compute. */
  public static Kernels scalar() {
    return new Kernels(
        new ScalarMatrixKernels(),
        new ScalarQuantizedKernels(),
        new ScalarRoundingKernels(),
        new ScalarAttentionKernels(),
        new ScalarRowKernels(),
        0);
  }
}
