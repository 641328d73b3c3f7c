package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.FloatMatrix;
import io.github.jmixtral.internal.tensor.OffsetMatrix;
import io.github.jmixtral.internal.tensor.ReorderedMatrix;
import io.github.jmixtral.internal.tensor.SuperBlockMatrix;
import io.github.jmixtral.internal.tensor.TileLevels;
import io.github.jmixtral.internal.tensor.TiledMatrix;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.internal.tensor.WeightRows;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;

/**
 * Reads every weight of a checkpoint, as the number it stands for, and finds those that are not
 * finite: not a number, or infinite.
 */
public final class WeightScan {
  /** Rows that a thread reads at once: enough for the disk, few enough for a small matrix. */
  private static final int BLOCK_ROWS = 64;

  private static final int INFINITY_BITS = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);
  private static final int MAGNITUDE_BITS = Integer.MAX_VALUE;

  private final ThreadTeam team;
  private final Kernels kernels = Kernels.detected();
  private final LongConsumer progress;
  private final List<NotFinite> notFinite = new ArrayList<>();
  private final AtomicLong zeroRows = new AtomicLong();
  private long weights;
  private int largestBits;

  private WeightScan(ThreadTeam team, LongConsumer progress) {
    this.team = team;
    this.progress = progress;
  }

  /**
   * A weight that is no number.
   *
   * @param place tensor, row and column
   * @param value NaN, or an infinity
   */
  public record NotFinite(String place, float value) {}

  /**
   * What was found.
   *
   * @param weights how many were read
   * @param largest the largest magnitude, infinity and NaN left out
   * @param zeroRows rows of matrices that hold nothing but zeros, as a hole in a file does
   * @param notFinite the a weight of each tensor that has such
   */
  public record Result(long weights, float largest, long zeroRows, List<NotFinite> notFinite) {
    /** Takes an unmodifiable copy. */
    public Result {
      notFinite = List.copyOf(notFinite);
    }
  }

  /** How many weights there are to read. */
  public static long size(MixtralWeights weights) {
    long norms = weights.norms().values().stream().mapToLong(norm -> norm.length).sum();
    return norms
        + weights.matrices().stream()
            .mapToLong(matrix -> (long) matrix.rows() * matrix.cols())
            .sum();
  }

  /**
   * Reads all weights.
   *
   * @param threads that read
   * @param progress receives the number of weights read since the last call, by the calling thread
   */
  public static Result run(MixtralWeights weights, int threads, LongConsumer progress) {
    try (ThreadTeam team = new ThreadTeam(threads)) {
      return new WeightScan(team, progress).scan(weights);
    }
  }

  private Result scan(MixtralWeights all) {
    all.map(
        (name, matrix) -> {
          scan(name, matrix);
          return matrix;
        });
    all.norms().forEach(this::scan);
    return new Result(weights, Float.intBitsToFloat(largestBits), zeroRows.get(), notFinite);
  }

  private void scan(String name, float[] vector) {
    int bits = magnitude(vector, vector.length);
    if (bits >= INFINITY_BITS) {
      int index = firstNotFinite(vector, vector.length);
      notFinite.add(new NotFinite("tensor '%s' [%d]".formatted(name, index), vector[index]));
    } else {
      largestBits = Math.max(largestBits, bits);
    }
    count(vector.length);
  }

  /** Matrices that lie transposed are put in order first: reading them by rows is far too slow. */
  private void scan(String name, WeightMatrix stored) {
    try (Arena arena = Arena.ofShared()) {
      WeightMatrix matrix = Placement.inOrder(stored, arena);
      int blocks = Math.ceilDiv(matrix.rows(), BLOCK_ROWS);
      float[][] rows = new float[team.size()][matrix.cols()];
      int[] largest = new int[team.size()];
      AtomicReference<NotFinite> place = new AtomicReference<>();
      team.run(
          blocks,
          (block, worker) -> {
            int end = Math.min(matrix.rows(), (block + 1) * BLOCK_ROWS);
            for (int row = block * BLOCK_ROWS; row < end; row++) {
              int bits = magnitude(matrix, row, rows[worker], largest[worker]);
              if (bits >= INFINITY_BITS) {
                WeightRows.read(kernels.matrix(), matrix, row, rows[worker], 0);
                place.compareAndSet(null, place(name, row, rows[worker], matrix.cols()));
              } else if (bits == 0) {
                zeroRows.incrementAndGet();
              } else {
                largest[worker] = Math.max(largest[worker], bits);
              }
            }
          });
      for (int bits : largest) {
        largestBits = Math.max(largestBits, bits);
      }
      if (place.get() != null) {
        notFinite.add(place.get());
      }
    }
    count((long) stored.rows() * stored.cols());
  }

  private void count(long more) {
    weights += more;
    progress.accept(more);
  }

  /**
   * The bits of the largest magnitude of a row: 0 where all weights are zero, at least those of
   * infinity where one is not finite; of tiles something smaller where it does not matter.
   *
   * @param scratch [cols]
   * @param reached the bits of a magnitude that is known already
   */
  private int magnitude(WeightMatrix matrix, int row, float[] scratch, int reached) {
    return switch (matrix) {
      case TiledMatrix tiles -> magnitude(tiles, row, scratch, reached);
      case ReorderedMatrix(var tiles, _) -> magnitude(tiles, row, scratch, reached);
      case FloatMatrix _, SuperBlockMatrix _, EncodedMatrix _ -> {
        WeightRows.read(kernels.matrix(), matrix, row, scratch, 0);
        yield magnitude(scratch, matrix.cols());
      }
    };
  }

  /** Of tiles scales and offsets are enough, but where a group may hold a new largest weight. */
  private static int magnitude(TiledMatrix tiles, int row, float[] scratch, int reached) {
    TileLevels levels = new TileLevels(tiles.quantized());
    int[] group = new int[QuantizedKernels.GROUP];
    int largest = 0;
    for (int number = 0; number < tiles.cols() / group.length; number++) {
      float scale = levels.scale(row, number);
      float offset =
          tiles instanceof OffsetMatrix shifted ? shifted.offset(row, number * group.length) : 0;
      if (!Float.isFinite(scale) || !Float.isFinite(offset)) {
        return INFINITY_BITS;
      }
      if (scale != 0 || offset != 0) {
        largest = Math.max(largest, 1);
      }
      float bound = Math.abs(scale) * -levels.lowest() + Math.abs(offset);
      if (Float.floatToRawIntBits(bound) > Math.max(largest, reached)) {
        levels.read(row, number * group.length, group.length, group, 0);
        for (int i = 0; i < group.length; i++) {
          scratch[i] = scale * group[i] + offset;
        }
        largest = Math.max(largest, magnitude(scratch, group.length));
      }
    }
    return largest;
  }

  /**
   * The bits of the largest magnitude: those of floats without a sign are in the order of the
   * numbers, with infinity and then NaN behind all of them.
   */
  private static int magnitude(float[] values, int count) {
    int largest = 0;
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, Float.floatToRawIntBits(values[i]) & MAGNITUDE_BITS);
    }
    return largest;
  }

  private static NotFinite place(String name, int row, float[] values, int count) {
    int col = firstNotFinite(values, count);
    return new NotFinite("tensor '%s' [%d, %d]".formatted(name, row, col), values[col]);
  }

  private static int firstNotFinite(float[] values, int count) {
    int index = 0;
    while (index < count - 1 && Float.isFinite(values[index])) {
      index++;
    }
    return index;
  }
}
