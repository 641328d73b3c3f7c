package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.RoundingKernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.kernel.TileFormat;
import java.util.Arrays;

/**
 * Rounds float weights to 4 or 8 bits. The scale of each row and group of 32 columns is searched:
 * among scales of either sign around the one with which the largest weight is not cut, the one with
 * the smallest squared error, rounded to half precision before the weights are rounded with it.
 *
 * <p>An importance per input column weights the error: a column whose inputs are large costs more
 * when it is wrong. The mean squared input makes the weighted error that of the outputs, but for
 * the correlation between inputs.
 *
 * <p>Rows are independent, so the result does not depend on the number of threads. One caller at a
 * time: holds scratch memory.
 */
public final class Quantizer implements ThreadTeam.Step {

  /**
   * Numbers that the largest weight may become: −8, where most of the range is used, and less for a
   * finer step, even if that cuts the largest weight off at 7; then the same with a negative scale.
   */
  private static final float[] CANDIDATES_4 = candidates(-9.5f, -6f, 5.5f, 9f, 0.25f);

  /** Cutting off gains nothing with 8 bits; steps that happen to fit gain a little. */
  private static final float[] CANDIDATES_8 = candidates(-127.25f, -124f, 0, -1, 0.25f);

  private static final float LARGEST_HALF = 65504f;

  private static final int ROWS = RoundingKernels.ROWS;
  private static final int GROUP = RoundingKernels.COLUMNS;

  /**
   * What rounding cost.
   *
   * @param error {@code Σ (w − scale · q)²}
   * @param squares {@code Σ w²}
   */
  public record Loss(double error, double squares) {
    /** No weights, no loss. */
    public static final Loss NONE = new Loss(0, 0);

    /** The loss of these weights and others. */
    public Loss plus(Loss other) {
      return new Loss(error + other.error, squares + other.squares);
    }

    /** The loss of all parts, added in their order. */
    static Loss sum(Loss[] parts) {
      Loss sum = NONE;
      for (Loss part : parts) {
        sum = sum.plus(part);
      }
      return sum;
    }

    /** The relative root-mean-square error: 0.08 and 0.005 are usual for 4 and 8 bits. */
    public double relative() {
      return squares == 0 ? 0 : Math.sqrt(error / squares);
    }
  }

  private final Kernels kernels;
  private final ThreadTeam team;
  private final Worker[] workers;

  // The current call's, for the step.
  private WeightMatrix source;
  private QuantizedMatrix target;
  private float[] importance;
  private Loss[] losses;

  /** Makes a quantiser whose rows are shared among a team's threads. */
  public Quantizer(Kernels kernels, ThreadTeam team) {
    this.kernels = kernels;
    this.team = team;
    workers = new Worker[team.size()];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker();
    }
  }

  /** Whether a matrix can be quantised: its columns are whole groups. */
  public static boolean takes(int cols) {
    return cols % GROUP == 0;
  }

  /** Rounds a matrix, all columns being of one importance. */
  public Loss quantize(WeightMatrix source, QuantizedMatrix target) {
    float[] even = new float[source.cols()];
    Arrays.fill(even, 1f);
    return quantize(source, target, even);
  }

  /**
   * Rounds a matrix.
   *
   * @param source weights [rows, cols] of 16 or 32 bits
   * @param target of the same shape; its segment is overwritten
   * @param importance [cols], positive
   * @return what it cost; the importance does not count here
   * @throws IllegalArgumentException when shapes differ, or a weight is not finite
   */
  public Loss quantize(WeightMatrix source, QuantizedMatrix target, float[] importance) {
    requireShapes(source, target, importance);
    this.source = source;
    this.target = target;
    this.importance = importance;
    losses = new Loss[target.tiles()];
    try {
      team.run(target.tiles(), this);
      return Loss.sum(losses);
    } finally {
      this.source = null;
      this.target = null;
      this.importance = null;
      losses = null;
    }
  }

  /** Refuses a target of another shape, or other than one importance for each column. */
  static void requireShapes(WeightMatrix source, WeightMatrix target, float[] importance) {
    if (source.rows() != target.rows()
        || source.cols() != target.cols()
        || importance.length != source.cols()) {
      throw new IllegalArgumentException(
          "a source [%d, %d] takes a target of the same shape and as many importances as columns, not [%d, %d] and %d"
              .formatted(
                  source.rows(), source.cols(), target.rows(), target.cols(), importance.length));
    }
  }

  /** Rounds one tile's rows; called by the team. */
  @Override
  public void run(int item, int worker) {
    losses[item] = workers[worker].round(item);
  }

  private static float[] candidates(
      float first, float last, float otherFirst, float otherLast, float step) {
    float[] all = new float[1000];
    int count = 0;
    for (float candidate = first; candidate <= last; candidate += step) {
      all[count++] = candidate;
    }
    for (float candidate = otherFirst; candidate <= otherLast; candidate += step) {
      all[count++] = candidate;
    }
    return Arrays.copyOf(all, count);
  }

  /** One worker's memory. */
  private final class Worker {
    private float[] rows = new float[0];
    private final float[] weights = new float[GROUP * ROWS];
    private final float[] integers = new float[GROUP * ROWS];
    private final int[] levels = new int[GROUP * ROWS];
    private final float[] scales = new float[ROWS];
    private final float[] errors = new float[ROWS];
    private final float[] squares = new float[ROWS];

    Loss round(int tile) {
      int cols = source.cols();
      if (rows.length < ROWS * cols) {
        rows = new float[ROWS * cols];
      }
      int count = Math.min(ROWS, source.rows() - tile * ROWS);
      for (int r = 0; r < count; r++) {
        WeightRows.read(kernels.matrix(), source, tile * ROWS + r, rows, r * cols);
      }
      Arrays.fill(rows, count * cols, ROWS * cols, 0f);
      double error = 0;
      double square = 0;
      for (int group = 0; group < target.groups(); group++) {
        transpose(group * GROUP, cols);
        roundGroup(group);
        for (int i = 0; i < levels.length; i++) {
          levels[i] = (int) integers[i];
        }
        Tiles.put(target, target.tileOffset(tile, group), levels, scales);
        for (int r = 0; r < ROWS; r++) {
          error += errors[r];
          square += squares[r];
        }
      }
      if (!Double.isFinite(error + square)) {
        throw new IllegalArgumentException(
            "some weights in rows %d to %d are not finite"
                .formatted(tile * ROWS, tile * ROWS + count - 1));
      }
      return new Loss(error, square);
    }

    private void transpose(int col, int cols) {
      for (int r = 0; r < ROWS; r++) {
        for (int c = 0; c < GROUP; c++) {
          weights[c * ROWS + r] = rows[r * cols + col + c];
        }
      }
    }

    private void roundGroup(int group) {
      RoundingKernels rounding = kernels.rounding();
      boolean few = target.format() == TileFormat.Q4;
      float lowest = few ? -8 : -127;
      float highest = few ? 7 : 127;
      rounding.searchScales(
          weights,
          importance,
          group * GROUP,
          few ? CANDIDATES_4 : CANDIDATES_8,
          lowest,
          highest,
          scales);
      for (int r = 0; r < ROWS; r++) {
        float bounded = Math.clamp(scales[r], -LARGEST_HALF, LARGEST_HALF);
        scales[r] = Float.float16ToFloat(Float.floatToFloat16(bounded));
      }
      rounding.round(weights, scales, lowest, highest, integers, errors, squares);
    }
  }
}
