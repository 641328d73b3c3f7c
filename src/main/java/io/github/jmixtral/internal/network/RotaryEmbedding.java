package io.github.jmixtral.internal.network;

/**
 * Rotary position embedding: channel pairs {@code (i, i + headDim/2)} of a head turn by the angle
 * {@code position · theta^(−2i/headDim)}.
 *
 * <p>Source: Su et al., "RoFormer", 2021; the pairing of halves is that of the Hub's checkpoints.
 */
final class RotaryEmbedding {

  private final float[] inverseFrequencies;
  private final int half;
  private float[] cos = new float[0];
  private float[] sin = new float[0];

  /**
   * @param factor what positions are divided by, as the reference's linear scaling does
   */
  RotaryEmbedding(int headDim, double theta, double factor) {
    half = headDim / 2;
    inverseFrequencies = new float[half];
    for (int i = 0; i < half; i++) {
      inverseFrequencies[i] = 1f / (float) Math.pow(theta, 2f * i / headDim) / (float) factor;
    }
  }

  /** Computes the angles of a batch once; all layers use them. */
  void prepare(TokenBatch batch) {
    int rows = batch.rows();
    if (sin.length < rows * half) {
      cos = new float[rows * half];
      sin = new float[rows * half];
    }
    for (int row = 0; row < rows; row++) {
      float position = batch.position(row);
      for (int i = 0; i < half; i++) {
        float angle = position * inverseFrequencies[i];
        cos[row * half + i] = (float) Math.cos(angle);
        sin[row * half + i] = (float) Math.sin(angle);
      }
    }
  }

  /** Turns one head of one token, [headDim] floats at {@code offset}, in place. */
  void rotate(float[] x, int offset, int row) {
    int angles = row * half;
    for (int i = 0; i < half; i++) {
      float c = cos[angles + i];
      float s = sin[angles + i];
      float low = x[offset + i];
      float high = x[offset + half + i];
      x[offset + i] = low * c - high * s;
      x[offset + half + i] = high * c + low * s;
    }
  }
}
