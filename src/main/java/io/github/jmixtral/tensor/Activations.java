package io.github.jmixtral.tensor;

import io.github.jmixtral.kernel.QuantizedKernels;
import java.util.Arrays;

/**
 * The activations of a run, rounded to 8 bits in groups of 32 columns, in the form that {@link
 * QuantizedKernels} takes. Products with the same input share one copy. Reused from run to run.
 */
final class Activations {

  private float[][] sources = new float[8][];
  private int[] sourceOffsets = new int[8];
  private int[] firstGroups = new int[9];
  private int inputs;

  private int[] pairs = new int[0];
  private int[] corrections = new int[0];
  private float[] scales = new float[0];

  /**
   * Asks for an input of the next run.
   *
   * @param count floats from {@code offset} on, a multiple of 32
   * @return its first group
   */
  int add(float[] x, int offset, int count) {
    int groups = count / QuantizedKernels.GROUP;
    for (int i = 0; i < inputs; i++) {
      if (sources[i] == x
          && sourceOffsets[i] == offset
          && firstGroups[i + 1] - firstGroups[i] == groups) {
        return firstGroups[i];
      }
    }
    if (inputs == sources.length) {
      sources = Arrays.copyOf(sources, 2 * inputs);
      sourceOffsets = Arrays.copyOf(sourceOffsets, 2 * inputs);
      firstGroups = Arrays.copyOf(firstGroups, 2 * inputs + 1);
    }
    sources[inputs] = x;
    sourceOffsets[inputs] = offset;
    firstGroups[++inputs] = firstGroups[inputs - 1] + groups;
    return firstGroups[inputs - 1];
  }

  /** Groups of all inputs. */
  int groups() {
    return firstGroups[inputs];
  }

  /** Makes room for the inputs that were asked for. */
  void requireRoom() {
    if (scales.length < groups()) {
      pairs = new int[Math.multiplyExact(groups(), QuantizedKernels.PAIRS)];
      corrections = new int[groups()];
      scales = new float[groups()];
    }
  }

  /** Rounds the groups {@code [first, end)}, whichever inputs they belong to. */
  void round(QuantizedKernels kernels, int first, int end) {
    for (int i = 0; i < inputs; i++) {
      int from = Math.max(first, firstGroups[i]);
      int to = Math.min(end, firstGroups[i + 1]);
      if (from < to) {
        int x = sourceOffsets[i] + (from - firstGroups[i]) * QuantizedKernels.GROUP;
        kernels.quantize(sources[i], x, to - from, pairs, corrections, scales, from);
      }
    }
  }

  int[] pairs() {
    return pairs;
  }

  int[] corrections() {
    return corrections;
  }

  float[] scales() {
    return scales;
  }

  /** Forgets the inputs. */
  void clear() {
    Arrays.fill(sources, 0, inputs, null);
    inputs = 0;
  }
}
