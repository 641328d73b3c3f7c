package io.github.jmixtral.internal.kernel;

/**
 * Activations rounded to 8 bits in groups of {@value QuantizedKernels#GROUP} columns, in the form
 * that {@link QuantizedKernels} describes. Kernels fill and read the arrays in place.
 *
 * @param pairs [groups · 16]: two neighbouring columns each, transformed
 * @param corrections [groups]: −8 times the sums of the even and of the odd columns
 * @param scales [groups]: what an integer of the group stands for
 */
public record RoundedActivations(int[] pairs, int[] corrections, float[] scales) {

  /** Room for some groups. */
  public static RoundedActivations allocate(int groups) {
    return new RoundedActivations(
        new int[Math.multiplyExact(groups, QuantizedKernels.PAIRS)],
        new int[groups],
        new float[groups]);
  }

  /** How many groups there is room for. */
  public int groups() {
    return scales.length;
  }
}
