package io.github.jmixtral.internal.encoding;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.kernel.LittleEndian;
import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.tensor.ColumnOrder;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Which group, and so which scale and zero point, each column belongs to. */
final class ColumnGroups {
  /** Where compressed-tensors lists the group of each column. */
  private static final String COMPRESSED_LIST = ".weight_g_idx";

  private final int cols;

  /** Columns of a group of neighbours. */
  private final int size;

  /** [cols]: the group of each column; null where groups are made of neighbours. */
  private final int @Nullable [] groups;

  private final int count;

  private ColumnGroups(int cols, int size, int @Nullable [] groups, int count) {
    this.cols = cols;
    this.count = count;
    this.size = size;
    this.groups = groups;
  }

  /** Groups of {@code size} neighbours; the last one may be smaller. */
  static ColumnGroups ofNeighbours(int cols, int size) {
    return new ColumnGroups(cols, size, null, (cols + size - 1) / size);
  }

  /**
   * As many groups as a tensor of scales has, of neighbours.
   *
   * @param size columns of a group if a configuration gives them, else 0
   * @param scales says how many groups there are
   */
  static ColumnGroups ofNeighbours(int cols, int size, int count, TensorEntry scales) {
    int columns = size > 0 ? size : (cols + count - 1) / Math.max(count, 1);
    if (count < 1 || (cols + columns - 1) / columns != count) {
      throw Companions.wrongShape(
          scales,
          size > 0
              ? "scales of " + (cols + columns - 1) / columns + " groups of " + size + " columns"
              : "scales of groups that " + cols + " columns can be cut into");
    }
    return ofNeighbours(cols, columns);
  }

  /**
   * Groups listed column by column.
   *
   * @param suffix of the list, I32 [cols]
   * @param count how many groups there are
   */
  static ColumnGroups ofList(Companions companions, String suffix, int cols, int count) {
    TensorEntry list = companions.take(suffix, Set.of(Dtype.I32), cols);
    return ofList(list, list.data().toArray(LittleEndian.INT), count);
  }

  /**
   * Groups listed column by column in {@code weight_g_idx}, or of neighbours without it. The list
   * is full of -1 at first, and where that remains, as in an expert that no calibration reached,
   * groups are of neighbours, too.
   *
   * @param scales says how many groups there are, as {@code count} does
   */
  static ColumnGroups ofListOrNeighbours(
      Companions companions, int cols, int count, TensorEntry scales) {
    if (companions.has(COMPRESSED_LIST)) {
      TensorEntry list = companions.take(COMPRESSED_LIST, Set.of(Dtype.I32), cols);
      int[] groups = list.data().toArray(LittleEndian.INT);
      if (Arrays.stream(groups).noneMatch(group -> group == -1)) {
        return ofList(list, groups, count);
      }
    }
    return ofNeighbours(cols, 0, count, scales);
  }

  private static ColumnGroups ofList(TensorEntry list, int[] groups, int count) {
    int cols = groups.length;
    for (int col = 0; col < cols; col++) {
      if (groups[col] < 0 || groups[col] >= count) {
        throw new MalformedFileException(
            list.place() + ": column " + col, "a group 0 to " + (count - 1), "" + groups[col]);
      }
    }
    int size = 1;
    while (size < cols && groups[size] == groups[0]) {
      size++;
    }
    for (int col = 0; col < cols; col++) {
      if (groups[col] != col / size) {
        return new ColumnGroups(cols, 0, groups, count);
      }
    }
    return ofNeighbours(cols, size);
  }

  /** How many groups there are. */
  int count() {
    return count;
  }

  /** The group of a column. */
  int of(int col) {
    return groups == null ? col / size : groups[col];
  }

  /** The columns sorted by group, those of one group as they are; empty: they are sorted. */
  Optional<ColumnOrder> order() {
    if (groups == null) {
      return Optional.empty();
    }
    // A column below a group's number, so that sorting keeps the columns of a group in order.
    long[] keys =
        IntStream.range(0, cols)
            .mapToLong(col -> (long) groups[col] << Integer.SIZE | col)
            .sorted()
            .toArray();
    int[] columns = new int[cols];
    for (int i = 0; i < cols; i++) {
      columns[i] = (int) keys[i];
    }
    return Optional.of(new ColumnOrder(columns));
  }

  /** Whether each 32 columns, sorted by group, belong to one group. */
  boolean areWholeTiles(Optional<ColumnOrder> order) {
    int tile = QuantizedKernels.GROUP;
    if (cols % tile != 0) {
      return false;
    }
    for (int position = 0; position < cols; position++) {
      int first = position - position % tile;
      if (of(column(order, position)) != of(column(order, first))) {
        return false;
      }
    }
    return true;
  }

  /**
   * How many times 32 columns, sorted by group, each group has at least: the greatest common
   * divisor of all groups'.
   */
  int tilesOfGroup(Optional<ColumnOrder> order) {
    int tile = QuantizedKernels.GROUP;
    int common = 0;
    int first = 0;
    for (int position = tile; position <= cols; position += tile) {
      if (position == cols || of(column(order, position)) != of(column(order, first))) {
        common = commonDivisor((position - first) / tile, common);
        first = position;
      }
    }
    return common;
  }

  private static int commonDivisor(int a, int b) {
    return b == 0 ? a : commonDivisor(b, a % b);
  }

  private static int column(Optional<ColumnOrder> order, int position) {
    return order.isPresent() ? order.get().column(position) : position;
  }
}
