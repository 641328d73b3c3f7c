package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.SuperBlockKernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;

/**
 * Rounds float weights to 2 to 6 bits in super-blocks, with the numbers that {@link
 * SuperBlockSearch} finds.
 *
 * <p>Rows are independent, so the result does not depend on the number of threads. One caller at a
 * time: holds the current call's matrices.
 */
public final class SuperBlockQuantizer implements ThreadTeam.Step {
  private static final int ROWS = QuantizedKernels.ROWS;
  private static final int COLUMNS = SuperBlockKernels.COLUMNS;

  private final Kernels kernels;
  private final ThreadTeam team;

  // The current call's, for the step.
  private WeightMatrix source;
  private SuperBlockMatrix target;
  private float[] importance;
  private Quantizer.Loss[] losses;

  /** Makes a quantiser whose rows are shared among a team's threads. */
  public SuperBlockQuantizer(Kernels kernels, ThreadTeam team) {
    this.kernels = kernels;
    this.team = team;
  }

  /**
   * Rounds a matrix.
   *
   * @param source weights [rows, cols]
   * @param target of the same shape; its segment is overwritten
   * @param importance [cols], positive: what an error in a column counts
   * @return what it cost; the importance does not count here
   * @throws IllegalArgumentException when shapes differ, or a weight is not finite
   */
  public Quantizer.Loss quantize(WeightMatrix source, SuperBlockMatrix target, float[] importance) {
    Quantizer.requireShapes(source, target, importance);
    this.source = source;
    this.target = target;
    this.importance = importance;
    losses = new Quantizer.Loss[target.tiles()];
    try {
      team.run(target.tiles(), this);
      return Quantizer.Loss.sum(losses);
    } finally {
      this.source = null;
      this.target = null;
      this.importance = null;
      losses = null;
    }
  }

  /** Rounds one tile's rows; called by the team. */
  @Override
  public void run(int number, int worker) {
    int cols = source.cols();
    int rows = Math.min(ROWS, source.rows() - number * ROWS);
    float[] weights = new float[rows * cols];
    for (int r = 0; r < rows; r++) {
      WeightRows.read(kernels.matrix(), source, number * ROWS + r, weights, r * cols);
    }
    for (float weight : weights) {
      if (!Float.isFinite(weight)) {
        throw new IllegalArgumentException(
            "some weights in rows %d to %d are not finite"
                .formatted(number * ROWS, number * ROWS + rows - 1));
      }
    }
    SuperBlockSearch search = new SuperBlockSearch(target.format());
    SuperBlockTile tile = new SuperBlockTile(target.format());
    for (int superBlock = 0; superBlock < target.superBlocks(); superBlock++) {
      int col = superBlock * COLUMNS;
      int count = Math.min(COLUMNS, cols - col);
      for (int r = 0; r < rows; r++) {
        search.find(weights, r * cols + col, importance, col, count);
        search.store(tile.levels(r), tile.scales(r), tile.minima(r), tile.halves(r));
      }
      tile.put(target, number, superBlock);
    }
    losses[number] = loss(weights, number, rows);
  }

  private Quantizer.Loss loss(float[] weights, int number, int rows) {
    int cols = source.cols();
    float[] rounded = new float[cols];
    double error = 0;
    double squares = 0;
    for (int r = 0; r < rows; r++) {
      target.read(number * ROWS + r, 0, cols, rounded, 0);
      for (int c = 0; c < cols; c++) {
        double weight = weights[r * cols + c];
        error += (weight - rounded[c]) * (weight - rounded[c]);
        squares += weight * weight;
      }
    }
    return new Quantizer.Loss(error, squares);
  }
}
