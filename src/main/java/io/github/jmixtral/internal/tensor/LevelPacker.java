package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.kernel.TileFormat;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Optional;

/**
 * Puts the integers behind encoded weights into tiles as they are, integers of 4 bits with zero
 * points into tiles with offsets. Their scales become half-precision numbers: where they are such
 * numbers already, the tiles hold exactly the weights.
 *
 * <p>One caller at a time: holds the current call's matrix.
 */
public final class LevelPacker implements ThreadTeam.Step {
  private static final int ROWS = QuantizedKernels.ROWS;
  private static final int GROUP = QuantizedKernels.GROUP;

  private static final int LOWEST_4 = TileFormat.Q4.lowest();
  private static final int HIGHEST_4 = TileFormat.Q4.highest();

  /** A rounded scale is off by no more, relatively: half precision has 11 bits. */
  private static final float HALF_PRECISION = 0x1p-11f;

  /**
   * Which tiles hold a matrix's levels.
   *
   * @param format bits of a weight
   * @param offsets how many each row has, since its integers have zero points: only with 4 bits; 0:
   *     there are none
   * @param exact whether the scales are half-precision numbers; if not, they are rounded, which
   *     changes a weight by at most a part in 2048
   */
  public record Fit(TileFormat format, int offsets, boolean exact) {}

  /** What a tile's rows are found to be. */
  private record Finding(int lowest, int highest, boolean exact, boolean close, boolean positive) {
    Finding and(Finding other) {
      return new Finding(
          Math.min(lowest, other.lowest),
          Math.max(highest, other.highest),
          exact && other.exact,
          close && other.close,
          positive && other.positive);
    }
  }

  private final ThreadTeam team;

  // The current call's, for the step.
  private EncodedMatrix source;
  private Levels levels;
  private Fit fit;
  private QuantizedMatrix target;
  private OffsetMatrix offsets;
  private boolean readsLevels;
  private Finding[] findings;

  /** Makes a packer whose rows are shared among a team's threads. */
  public LevelPacker(ThreadTeam team) {
    this.team = team;
  }

  /** Finds out which tiles hold a matrix's levels; empty: none, or there are no levels. */
  public Optional<Fit> fit(EncodedMatrix matrix) {
    return fit(matrix, QuantizedMatrix.tiles(matrix.rows()));
  }

  /** The same of its first rows alone: what it will most likely be, without reading all of it. */
  public Optional<Fit> fitOfFirstRows(EncodedMatrix matrix) {
    return fit(matrix, 1);
  }

  private Optional<Fit> fit(EncodedMatrix matrix, int tiles) {
    if (matrix.levels().isEmpty()) {
      return Optional.empty();
    }
    Levels known = matrix.levels().get();
    // Bounds that fit save reading all levels; others may never be reached.
    boolean bounded = known.lowest() >= Byte.MIN_VALUE && known.highest() <= Byte.MAX_VALUE;
    Finding finding = inspect(matrix, known, !bounded, tiles);
    int lowest = bounded ? known.lowest() : finding.lowest;
    int highest = bounded ? known.highest() : finding.highest;
    if (!finding.close || lowest < Byte.MIN_VALUE || highest > Byte.MAX_VALUE) {
      return Optional.empty();
    }
    if (lowest >= LOWEST_4 && highest <= HIGHEST_4) {
      return Optional.of(new Fit(TileFormat.Q4, 0, finding.exact));
    }
    // A zero is the sum of its tile's weight and the offset: with a scale of either sign, or none,
    // its sign would get lost.
    boolean apart =
        known.highestInteger() - known.lowestInteger() <= HIGHEST_4 - LOWEST_4 && finding.positive;
    return Optional.of(
        apart
            ? new Fit(TileFormat.Q4, matrix.cols() / GROUP / known.groupsOfZero(), finding.exact)
            : new Fit(TileFormat.Q8, 0, finding.exact));
  }

  private Finding inspect(EncodedMatrix matrix, Levels known, boolean reads, int tiles) {
    source = matrix;
    levels = known;
    readsLevels = reads;
    findings = new Finding[tiles];
    try {
      team.run(findings.length, this);
      return Arrays.stream(findings).reduce(new Finding(0, 0, true, true, true), Finding::and);
    } finally {
      clear();
    }
  }

  /**
   * Puts a matrix into tiles, with what belongs beside them.
   *
   * @param fit what {@link #fit} found for it
   * @param arena whose memory takes the weights; several threads write it
   */
  public WeightMatrix pack(EncodedMatrix matrix, Fit fit, Arena arena) {
    QuantizedMatrix tiles = allocate(matrix, fit, arena);
    TiledMatrix packed = tiles;
    OffsetMatrix shifted = null;
    if (fit.offsets > 0) {
      shifted = OffsetMatrix.allocate(arena, tiles, fit.offsets);
      packed = shifted;
    }
    fill(matrix, fit, tiles, shifted);
    Optional<ColumnOrder> order = matrix.levels().orElseThrow().columnOrder();
    return order.isPresent() ? new ReorderedMatrix(packed, order.get()) : packed;
  }

  /**
   * The tiles of {@link #pack} alone, as they are stored.
   *
   * @param fit what {@link #fit} found for it, or 8 bits in the place of 4
   */
  public QuantizedMatrix packTiles(EncodedMatrix matrix, Fit fit, Arena arena) {
    QuantizedMatrix tiles = allocate(matrix, fit, arena);
    fill(matrix, fit, tiles, null);
    return tiles;
  }

  /**
   * The offsets of {@link #pack} alone, those of all rows for the groups that share one.
   *
   * @param number of these groups: 0 … {@link Fit#offsets} − 1
   */
  public static float[] offsets(EncodedMatrix matrix, int number) {
    return offsets(matrix, number, 0, matrix.rows());
  }

  private static float[] offsets(EncodedMatrix matrix, int number, int firstRow, int count) {
    Levels known = matrix.levels().orElseThrow();
    int group = number * known.groupsOfZero();
    float[] result = new float[count];
    for (int r = 0; r < count; r++) {
      int shift = shift(known, firstRow + r, group);
      result[r] = half(known.scale(firstRow + r, group)) * -shift;
    }
    return result;
  }

  /** What is added to a group's levels for tiles with offsets. */
  private static int shift(Levels known, int row, int group) {
    return known.zero(row, group) - known.lowestInteger() + LOWEST_4;
  }

  private static QuantizedMatrix allocate(EncodedMatrix matrix, Fit fit, Arena arena) {
    return QuantizedMatrix.allocate(arena, fit.format, matrix.rows(), matrix.cols());
  }

  private void fill(EncodedMatrix matrix, Fit found, QuantizedMatrix tiles, OffsetMatrix beside) {
    source = matrix;
    levels = matrix.levels().orElseThrow();
    fit = found;
    target = tiles;
    offsets = beside;
    try {
      team.run(tiles.tiles(), this);
    } finally {
      clear();
    }
  }

  private void clear() {
    source = null;
    levels = null;
    fit = null;
    target = null;
    offsets = null;
    findings = null;
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
    boolean positive = true;
    for (int r = firstRow; r < firstRow + count; r++) {
      for (int group = 0; group < source.cols() / GROUP; group++) {
        float scale = levels.scale(r, group);
        float error = Math.abs(half(scale) - scale);
        // The comparison is false for what is no number, or infinite in half precision.
        close &= error <= Math.abs(scale) * HALF_PRECISION;
        exact &= error == 0;
        positive &= scale > 0;
      }
      if (readsLevels) {
        levels.read(r, 0, row.length, row, 0);
        for (int level : row) {
          lowest = Math.min(lowest, level);
          highest = Math.max(highest, level);
        }
      }
    }
    return new Finding(lowest, highest, exact, close, positive);
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
        int shift = fit.offsets > 0 ? shift(levels, tile * ROWS + r, group) : 0;
        for (int c = 0; c < GROUP; c++) {
          integers[c * ROWS + r] = rows[r * cols + group * GROUP + c] + shift;
        }
      }
      Tiles.put(target, target.tileOffset(tile, group), integers, scales);
    }
    if (offsets != null) {
      for (int number = 0; number < fit.offsets; number++) {
        offsets.write(number, tile * ROWS, offsets(source, number, tile * ROWS, count));
      }
    }
  }
}
