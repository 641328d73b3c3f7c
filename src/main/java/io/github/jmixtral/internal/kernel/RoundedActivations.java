package io.github.jmixtral.internal.kernel;

/**
 * Activations rounded to 8 bits in groups of {@value QuantizedKernels#GROUP} columns, in the form
 * that {@link QuantizedKernels} describes. Kernels fill and read the arrays in place.
 *
 * @param pairs [groups · 16]: two neighbouring columns each, transformed
 * @param corrections [groups]: −8 times the sums of the even and of the odd columns
 * @param scales [groups]: what an integer of the group stands for
 * @param halfSums [groups · 2]: the sums of the integers of the first and of the last 16 columns;
 *     filled by {@link #sumHalves}
 */
public record RoundedActivations(int[] pairs, int[] corrections, float[] scales, int[] halfSums) {

  /** Room for some groups. */
  public static RoundedActivations allocate(int groups) {
    return new RoundedActivations(
        new int[Math.multiplyExact(groups, QuantizedKernels.PAIRS)],
        new int[groups],
        new float[groups],
        new int[Math.multiplyExact(groups, 2)]);
  }

  /** How many groups there is room for. */
  public int groups() {
    return scales.length;
  }

  /** The sum of a group's integers, once {@link #sumHalves} has run. */
  int sum(int group) {
    return halfSums[2 * group] + halfSums[2 * group + 1];
  }

  /** Sums the halves of the groups {@code [first, end)}. */
  public void sumHalves(int first, int end) {
    int half = QuantizedKernels.PAIRS / 2;
    for (int i = 2 * first; i < 2 * end; i++) {
      int sum = 0;
      for (int pair = i * half; pair < (i + 1) * half; pair += 4) {
        sum += sumOfFour(pair);
      }
      halfSums[i] = sum;
    }
  }

  /** The columns of four pairs: each pair has 16 times the one before it subtracted. */
  private int sumOfFour(int first) {
    int sum = 0;
    int even = 0;
    int odd = 0;
    for (int pair = first; pair < first + 4; pair++) {
      even = (short) pairs[pair] + 16 * even;
      odd = (pairs[pair] >> Short.SIZE) + 16 * odd;
      sum += even + odd;
    }
    return sum;
  }
}
