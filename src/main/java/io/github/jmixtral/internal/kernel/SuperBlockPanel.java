package io.github.jmixtral.internal.kernel;

/**
 * One super-block of {@link QuantizedKernels#PANEL_ROWS} rows, unpacked for many tokens. Kernels
 * fill and read the arrays in place.
 *
 * @param levels [8 groups][16 pairs][32 rows × 2]: each with 16 times the next one of its nibbles'
 *     short added, which transformed activations take back; centred, but for 5 bits: by 16
 * @param scales [scale groups][32 rows]
 * @param minima [scale groups][32 rows]
 * @param superScales [32 rows]: d
 * @param superMinima [32 rows]: dmin
 */
public record SuperBlockPanel(
    short[] levels, float[] scales, float[] minima, float[] superScales, float[] superMinima) {

  /** Room for one super-block. */
  public static SuperBlockPanel allocate() {
    int rows = QuantizedKernels.PANEL_ROWS;
    int scaleGroups = 2 * SuperBlockKernels.GROUPS;
    return new SuperBlockPanel(
        new short[SuperBlockKernels.GROUPS * QuantizedKernels.PANEL_GROUP],
        new float[scaleGroups * rows],
        new float[scaleGroups * rows],
        new float[rows],
        new float[rows]);
  }
}
