package io.github.jmixtral.internal.checkpoint;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * How much the columns of each weight matrix matter when it is rounded: the mean squared inputs
 * that a text caused. Immutable.
 */
public final class Importance {
  /** All columns matter alike. */
  public static final Importance EVEN = new Importance(Map.of());

  /** No column counts less than this part of the mean: other texts may use it. */
  private static final double FLOOR = 0.02;

  private static final String PREFIX = "model.";

  private final Map<String, float[]> meanSquares;

  private Importance(Map<String, float[]> meanSquares) {
    this.meanSquares = meanSquares;
  }

  /**
   * Takes measured inputs.
   *
   * @param meanSquares by tensor name under the Hub's older names, such as {@code
   *     model.layers.0.self_attn.q_proj.weight}: [cols], not negative
   */
  public static Importance of(Map<String, float[]> meanSquares) {
    Map<String, float[]> copies = new HashMap<>();
    meanSquares.forEach((name, values) -> copies.put(plain(name), values.clone()));
    return new Importance(copies);
  }

  /** The importance of a matrix's columns: positive, 1 on average, even where nothing is known. */
  float[] of(String name, int cols) {
    float[] importance = new float[cols];
    Arrays.fill(importance, 1f);
    float[] measured = meanSquares.get(plain(name));
    if (measured == null) {
      return importance;
    }
    if (measured.length != cols) {
      throw new IllegalArgumentException(
          name
              + ": there are importances for "
              + measured.length
              + " columns, but the weight has "
              + cols);
    }
    double mean = 0;
    for (float value : measured) {
      mean += value / cols;
    }
    if (mean > 0 && Double.isFinite(mean)) {
      for (int c = 0; c < cols; c++) {
        importance[c] = (float) (Math.max(measured[c] / mean, FLOOR));
      }
    }
    return importance;
  }

  /** A model without a head has the same names without the prefix. */
  private static String plain(String name) {
    return name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
  }
}
