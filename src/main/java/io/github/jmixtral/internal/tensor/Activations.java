package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.RoundedActivations;
import java.util.Arrays;

/**
 * The activations of a run, rounded to 8 bits in groups of 32 columns, in the form that {@link
 * QuantizedKernels} takes. Products with the same input share one copy. Reused from run to run.
 */
final class Activations {

  private float[][] sources = new float[8][];
  private int[] sourceOffsets = new int[8];
  private ColumnOrder[] orders = new ColumnOrder[8];
  private int[] firstGroups = new int[9];
  private int inputs;

  private RoundedActivations rounded = RoundedActivations.allocate(0);
  private float[] sums = new float[0];
  private boolean summed;
  private boolean halvesSummed;

  /**
   * Asks for an input of the next run.
   *
   * @param count floats from {@code offset} on, a multiple of 32
   * @param order in which the columns of each token are wanted; null: as they are
   * @return its first group
   */
  int add(float[] x, int offset, int count, ColumnOrder order) {
    int groups = count / QuantizedKernels.GROUP;
    for (int i = 0; i < inputs; i++) {
      if (sources[i] == x
          && sourceOffsets[i] == offset
          && orders[i] == order
          && firstGroups[i + 1] - firstGroups[i] == groups) {
        return firstGroups[i];
      }
    }
    if (inputs == sources.length) {
      sources = Arrays.copyOf(sources, 2 * inputs);
      sourceOffsets = Arrays.copyOf(sourceOffsets, 2 * inputs);
      orders = Arrays.copyOf(orders, 2 * inputs);
      firstGroups = Arrays.copyOf(firstGroups, 2 * inputs + 1);
    }
    sources[inputs] = x;
    sourceOffsets[inputs] = offset;
    orders[inputs] = order;
    firstGroups[++inputs] = firstGroups[inputs - 1] + groups;
    return firstGroups[inputs - 1];
  }

  /** Asks for the groups' sums, too. */
  void addSums() {
    summed = true;
  }

  /** Asks for the sums of halves of groups, too. */
  void addHalfSums() {
    halvesSummed = true;
  }

  /** Groups of all inputs. */
  int groups() {
    return firstGroups[inputs];
  }

  /** Makes room for the inputs that were asked for. */
  void requireRoom() {
    if (rounded.groups() < groups()) {
      rounded = RoundedActivations.allocate(groups());
    }
    if (summed && sums.length < groups()) {
      sums = new float[groups()];
    }
  }

  /**
   * Rounds the groups {@code [first, end)}, whichever inputs they belong to.
   *
   * @param ordered [32]: scratch memory, the caller's own
   */
  void round(QuantizedKernels kernels, int first, int end, float[] ordered) {
    for (int i = 0; i < inputs; i++) {
      int from = Math.max(first, firstGroups[i]);
      int to = Math.min(end, firstGroups[i + 1]);
      if (from < to) {
        if (orders[i] == null) {
          int x = sourceOffsets[i] + (from - firstGroups[i]) * QuantizedKernels.GROUP;
          kernels.quantize(sources[i], x, to - from, rounded, from);
        } else {
          roundOrdered(kernels, i, from, to, ordered);
        }
      }
    }
    if (summed) {
      sum(first, end);
    }
    if (halvesSummed) {
      rounded.sumHalves(first, end);
    }
  }

  /** The corrections hold −8 times the sum of the integers, in two parts. */
  private void sum(int first, int end) {
    for (int group = first; group < end; group++) {
      int correction = rounded.corrections()[group];
      int total = ((short) correction + (correction >> Short.SIZE)) / -8;
      sums[group] = total * rounded.scales()[group];
    }
  }

  /** Group by group: each gathers its columns from all over its token. */
  private void roundOrdered(
      QuantizedKernels kernels, int input, int from, int to, float[] ordered) {
    ColumnOrder order = orders[input];
    for (int group = from; group < to; group++) {
      int column = (group - firstGroups[input]) * QuantizedKernels.GROUP;
      int position = column % order.size();
      int token = sourceOffsets[input] + column - position;
      order.gather(sources[input], token, position, QuantizedKernels.GROUP, ordered);
      kernels.quantize(ordered, 0, 1, rounded, group);
    }
  }

  /** The inputs' groups. */
  RoundedActivations rounded() {
    return rounded;
  }

  /** By group, where {@link #addSums} asked for it: the sum of its rounded activations. */
  float[] sums() {
    return sums;
  }

  /** Forgets the inputs. */
  void clear() {
    Arrays.fill(sources, 0, inputs, null);
    Arrays.fill(orders, 0, inputs, null);
    inputs = 0;
    summed = false;
    halvesSummed = false;
  }
}
