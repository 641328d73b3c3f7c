package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.kernel.MatrixKernels;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.internal.tensor.WeightRows;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Distinguishes models without reading all their weights: SHA-256 of the configuration's part in
 * the arithmetic, of the norms, and of the first, middle and last row of each matrix of the decoder
 * stack, as single-precision numbers. So a model has the same fingerprint in every layout that
 * keeps its weights, and another one once it is trained further or quantised.
 */
final class ModelFingerprint {

  /** 128 bits: enough to distinguish models, and short enough for a message. */
  private static final int BYTES = 16;

  private final MatrixKernels kernels;
  private final MessageDigest digest;

  private ModelFingerprint(MatrixKernels kernels) {
    this.kernels = kernels;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }

  /** The fingerprint in 32 hexadecimal digits. */
  static String of(MixtralConfig config, MixtralWeights weights, MatrixKernels kernels) {
    ModelFingerprint fingerprint = new ModelFingerprint(kernels);
    fingerprint.add(arithmetic(config));
    for (WeightMatrix matrix : weights.withoutHead().matrices()) {
      fingerprint.add(matrix);
    }
    for (MixtralWeights.Layer layer : weights.layers()) {
      fingerprint.add(layer.inputLayernorm());
      fingerprint.add(layer.postAttentionLayernorm());
    }
    byte[] hash = fingerprint.digest.digest();
    return HexFormat.of().formatHex(hash, 0, BYTES);
  }

  /** What keys and values depend on beside the weights; the window is kept apart. */
  private static String arithmetic(MixtralConfig config) {
    return "hidden %d, intermediate %d, layers %d, heads %d of %d, experts %d, eps %s, theta %s"
        .formatted(
            config.hiddenSize(),
            config.intermediateSize(),
            config.numHiddenLayers(),
            config.numAttentionHeads(),
            config.headDim(),
            config.numLocalExperts(),
            config.rmsNormEps(),
            config.ropeFactor() == 1
                ? "" + config.ropeTheta()
                : config.ropeTheta() + " by " + config.ropeFactor());
  }

  private void add(String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
  }

  private void add(WeightMatrix matrix) {
    float[] row = new float[matrix.cols()];
    add(matrix.rows() + "x" + matrix.cols());
    for (int at : new int[] {0, matrix.rows() / 2, matrix.rows() - 1}) {
      WeightRows.read(kernels, matrix, at, row, 0);
      add(row);
    }
  }

  private void add(float[] numbers) {
    MemorySegment stored = StoredNumbers.of(numbers);
    digest.update(stored.asByteBuffer());
  }
}
