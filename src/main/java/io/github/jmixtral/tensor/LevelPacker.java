package io.github.jmixtral.tensor;

import io.github.jmixtral.kernel.QuantizedKernels;
import io.github.jmixtral.kernel.ThreadTeam;
import java.util.Arrays;
import java.util.Optional;

/**
 * Puts the integers behind encoded weights into tiles as they are. Their scales become
 * half-precision numbers: where they are such numbers already, the tiles hold exactly the weights.
 *
 * <p>One caller at a time: holds the current call's matrix.
 */
public final class LevelPacker implements ThreadTeam.Step {
  private static final int ROWS = QuantizedKernels.ROWS;
  private static final int GROUP = QuantizedKernels.GROUP;

  private static final int LOWEST_4 = -8;
  private static final int HIGHEST_4 = 7;

  /** A rounded scale is off by no more, relatively: half precision has 11 bits. */
  private static final float HALF_PRECISION = 0x1p-11f;

  /**
   * Which tiles hold a matrix's levels.
   *
   * @param bits 4 or 8
   * @param exact whether the scales are half-precision numbers; if not, they are rounded, which
   *     changes a weight by at most a part in 2048
   */
  public record Fit(int bits, boolean exact) {}

  /** What a tile's rows are found to be. */
  private record Finding(int lowest, int highest, boolean exact, boolean close) {
    Finding and(Finding other) {
      return new Finding(
          Math.min(lowest, other.lowest),
          Math.max(highest, other.highest),
          exact && other.exact,
          close && other.close);
    }
  }

  private final ThreadTeam team;

  // The current call's, for the step.
  private EncodedMatrix source;
  private Levels levels;
  private QuantizedMatrix target;
  private boolean readsLevels;
  private Finding[] findings;

  /** Makes a packer whose rows are shared among a team's threads. */
  public LevelPacker(ThreadTeam team) {
    this.team = team;
  }

  /** Finds out which tiles hold a matrix's levels; empty: none, or there are no levels. */
  public Optional<Fit> fit(EncodedMatrix matrix) {
    if (matrix.levels().isEmpty()) {
      return Optional.empty();
    }
    Levels known = matrix.levels().get();
    // Bounds that fit save reading all levels; others may never be reached.
    boolean bounded = known.lowest() >= Byte.MIN_VALUE && known.highest() <= Byte.MAX_VALUE;
    Finding finding = inspect(matrix, known, !bounded);
    int lowest = bounded ? known.lowest() : finding.lowest;
    int highest = bounded ? known.highest() : finding.highest;
    if (!finding.close || lowest < Byte.MIN_VALUE || highest > Byte.MAX_VALUE) {
      return Optional.empty();
    }
    return Optional.of(new Fit(lowest >= LOWEST_4 && highest <= HIGHEST_4 ? 4 : 8, finding.exact));
  }

  private Finding inspect(EncodedMatrix matrix, Levels known, boolean reads) {
    begin(matrix, known, null);
    readsLevels = reads;
    findings = new Finding[QuantizedMatrix.tiles(matrix.rows())];
    try {
      team.run(findings.length, this);
      return Arrays.stream(findings).reduce(new Finding(0, 0, true, true), Finding::and);
    } finally {
      begin(null, null, null);
      findings = null;
    }
  }

  /**
   * Fills tiles.
   *
   * @param matrix weights that {@link #fit} found tiles for
   * @param target of the same shape and the width that was found; its segment is overwritten
   * @return the weights in tiles
   */
  public WeightMatrix pack(EncodedMatrix matrix, QuantizedMatrix target) {
    Levels known = matrix.levels().orElseThrow();
    begin(matrix, known, target);
    try {
      team.run(target.tiles(), this);
    } finally {
      begin(null, null, null);
    }
    return known
        .columnOrder()
        .<WeightMatrix>map(order -> new ReorderedMatrix(target, order))
        .orElse(target);
  }

  private void begin(EncodedMatrix source, Levels levels, QuantizedMatrix target) {
    this.source = source;
    this.levels = levels;
    this.target = target;
  }

  /** Looks at, or packs, one tile's rows; called by the team. */
  @Override
  public void run(int item, int worker) {
    int count = Math.min(ROWS, source.rows() - item * ROWS);
    if (target == null) {
      findings[item] = look(item * ROWS, count);
    } else {
      packRows(item, count);
    }
  }

  private Finding look(int firstRow, int count) {
    int[] row = new int[readsLevels ? source.cols() : 0];
    int lowest = 0;
    int highest = 0;
    boolean exact = true;
    boolean close = true;
    for (int r = firstRow; r < firstRow + count; r++) {
      for (int group = 0; group < source.cols() / GROUP; group++) {
        float scale = levels.scale(r, group);
        float error = Math.abs(half(scale) - scale);
        // The comparison is false for what is no number, or infinite in half precision.
        close &= error <= Math.abs(scale) * HALF_PRECISION;
        exact &= error == 0;
      }
      if (readsLevels) {
        levels.read(r, 0, row.length, row, 0);
        for (int level : row) {
          lowest = Math.min(lowest, level);
          highest = Math.max(highest, level);
        }
      }
    }
    return new Finding(lowest, highest, exact, close);
  }

  private static float half(float scale) {
    return Float.float16ToFloat(Float.floatToFloat16(scale));
  }

  private void packRows(int tile, int count) {
    int cols = source.cols();
    int[] rows = new int[count * cols];
    for (int r = 0; r < count; r++) {
      levels.read(tile * ROWS + r, 0, cols, rows, r * cols);
    }
    int[] integers = new int[GROUP * ROWS];
    float[] scales = new float[ROWS];
    for (int group = 0; group < target.groups(); group++) {
      for (int r = 0; r < count; r++) {
        scales[r] = levels.scale(tile * ROWS + r, group);
        for (int c = 0; c < GROUP; c++) {
          integers[c * ROWS + r] = rows[r * cols + group * GROUP + c];
        }
      }
      Tiles.put(target, target.tileOffset(tile, group), integers, scales);
    }
  }
}
