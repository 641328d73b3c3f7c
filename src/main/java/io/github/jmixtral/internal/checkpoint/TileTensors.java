package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.SuperBlockKernels;
import io.github.jmixtral.internal.kernel.TileFormat;
import io.github.jmixtral.internal.kernel.WeightFormat;
import io.github.jmixtral.internal.tensor.QuantizedMatrix;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How a quantised weight is stored: the tensor {@code NAME.q4} or {@code NAME.q8}, bytes [tiles of
 * 16 rows, groups of 32 columns, bytes of a tile], in the place of the tensor {@code NAME}. Within
 * each block of up to 8 tiles the bytes lie group by group: the shape gives their number, and
 * {@link QuantizedKernels} their order. Weights in super-blocks are the tensor {@code NAME.q2_k} to
 * {@code NAME.q6_k}, bytes [tiles of 16 rows, bytes of a row of tiles], in the order of {@link
 * SuperBlockKernels}. The file's metadata names the version of the tiles.
 */
public final class TileTensors {
  /** The key under which a file's metadata names the version of its tiles. */
  public static final String VERSION_KEY = "jmixtral.tiles";

  /** The version that {@link QuantizedKernels} describes. */
  public static final String VERSION = "1";

  /** The version of files in which {@link SuperBlockKernels} describes some tensors. */
  public static final String SUPER_BLOCK_VERSION = "2";

  private static final String OFFSETS = ".offsets";

  private TileTensors() {}

  /** Whether a tensor of that name is a router, which is never quantised. */
  static boolean isRouter(String name) {
    return name.endsWith(".gate.weight");
  }

  /** The name of the tensor that stands for {@code name}. */
  public static String nameOf(String name, WeightFormat format) {
    return name + suffix(format);
  }

  private static String suffix(WeightFormat format) {
    return "." + format.label();
  }

  /**
   * The name of the tensor, I32 [cols], that stands beside tiles whose columns are in another
   * order: which column is at each position.
   */
  public static String orderOf(String name) {
    return name + ".columns";
  }

  /**
   * The name of the tensor, F32 [some part of the groups, rows], that stands beside 4-bit tiles of
   * weights with zero points: what is added to the weights of a row's groups. A reader that does
   * not know it refuses the folder, as it does any tensor that it has no use for; so the tiles keep
   * their version.
   */
  public static String offsetsOf(String name) {
    return name + OFFSETS;
  }

  /** Whether a tensor of that name holds offsets. */
  static boolean isOffsets(String name) {
    return name.endsWith(OFFSETS);
  }

  /** The shape of the tensor for a matrix [rows, cols]. */
  public static List<Long> shape(WeightFormat format, int rows, int cols) {
    long tiles = QuantizedMatrix.tiles(rows);
    int groups = cols / QuantizedKernels.GROUP;
    return switch (format) {
      case TileFormat number -> List.of(tiles, (long) groups, (long) number.tileBytes());
      case SuperBlockFormat number -> List.of(tiles, number.byteSize(1, groups));
    };
  }

  /** Bytes of the tensor for a matrix [rows, cols]. */
  static long byteSize(WeightFormat format, int rows, int cols) {
    return shape(format, rows, cols).stream().reduce(1L, Math::multiplyExact);
  }

  /**
   * The version of the tiles in a file or folder.
   *
   * @param names of its tensors
   * @return empty: none of them holds tiles
   */
  public static Optional<String> versionOf(Collection<String> names) {
    if (names.stream().anyMatch(TileTensors::isSuperBlocks)) {
      return Optional.of(SUPER_BLOCK_VERSION);
    }
    return names.stream().anyMatch(TileTensors::isTiles) ? Optional.of(VERSION) : Optional.empty();
  }

  /** Whether a tensor of that name holds tiles. */
  static boolean isTiles(String name) {
    return Stream.of(TileFormat.values()).anyMatch(format -> name.endsWith(suffix(format)))
        || isSuperBlocks(name);
  }

  /** Whether a tensor of that name holds tiles of super-blocks. */
  static boolean isSuperBlocks(String name) {
    return Stream.of(SuperBlockFormat.values()).anyMatch(format -> name.endsWith(suffix(format)));
  }
}
