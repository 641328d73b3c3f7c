package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.LittleEndian;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Decodes encoded weights into memory, once, in the narrowest format that holds them exactly.
 *
 * <p>One caller at a time: holds the current call's matrix.
 */
public final class RowWidener implements ThreadTeam.Step {
  /**
   * Rows of a work item: they share one scratch row, and the smallest matrix of 8x7B that is
   * decoded, of 1024 rows, still makes 64 items.
   */
  private static final int ROWS = 16;

  /** bfloat16 is the upper half of a single-precision float. */
  private static final int BF16_SHIFT = 16;

  private final ThreadTeam team;

  // The current call's, for the step.
  private EncodedMatrix source;
  private MemorySegment target;

  /** Makes a widener whose rows are shared among a team's threads. */
  public RowWidener(ThreadTeam team) {
    this.team = team;
  }

  /** The same weights in memory of an arena that several threads may use. */
  public WeightMatrix widen(EncodedMatrix matrix, Arena arena) {
    int rows = matrix.rows();
    int cols = matrix.cols();
    source = matrix;
    target = arena.allocate((long) rows * cols * matrix.exactIn().byteSize(), 64);
    MemorySegment data = target;
    try {
      team.run((rows + ROWS - 1) / ROWS, this);
    } finally {
      source = null;
      target = null;
    }
    return new FloatMatrix(matrix.exactIn(), data, rows, cols);
  }

  /** Decodes some rows; called by the team. */
  @Override
  public void run(int item, int worker) {
    int cols = source.cols();
    float[] row = new float[cols];
    for (int r = item * ROWS; r < Math.min((item + 1) * ROWS, source.rows()); r++) {
      source.decoder().decode(r, 0, cols, row, 0);
      long first = (long) r * cols;
      switch (source.exactIn()) {
        case F32 ->
            MemorySegment.copy(row, 0, target, LittleEndian.FLOAT, first * Float.BYTES, cols);
        case F16 -> {
          for (int c = 0; c < cols; c++) {
            target.setAtIndex(LittleEndian.SHORT, first + c, Float.floatToFloat16(row[c]));
          }
        }
        case BF16 -> {
          for (int c = 0; c < cols; c++) {
            int bits = Float.floatToRawIntBits(row[c]) >>> BF16_SHIFT;
            target.setAtIndex(LittleEndian.SHORT, first + c, (short) bits);
          }
        }
      }
    }
  }
}
