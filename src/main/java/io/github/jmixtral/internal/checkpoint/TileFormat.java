package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.internal.kernel.QuantizedKernels;
import io.github.jmixtral.internal.tensor.Q4Matrix;
import io.github.jmixtral.internal.tensor.Q8Matrix;
import io.github.jmixtral.internal.tensor.QuantizedMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How a quantised weight is stored: the tensor {@code NAME.q4} or {@code NAME.q8}, bytes [tiles of
 * 16 rows, groups of 32 columns, bytes of a tile], in the place of the tensor {@code NAME}. Within
 * each block of up to 8 tiles the bytes lie group by group: the shape tells their number, and
 * {@link QuantizedKernels} their order. The file's metadata names the version of the tiles.
 */
public enum TileFormat {
  /** 4 bits and a half-precision scale for 32 weights. */
  Q4(".q4", QuantizedKernels.TILE_BYTES_4),

  /** 8 bits and a half-precision scale for 32 weights. */
  Q8(".q8", QuantizedKernels.TILE_BYTES_8);

  /** The key under which a file's metadata names the version of its tiles. */
  public static final String VERSION_KEY = "jmixtral.tiles";

  /** The version that {@link QuantizedKernels} describes. */
  public static final String VERSION = "1";

  private static final String OFFSETS = ".offsets";

  private final String suffix;
  private final int tileBytes;

  TileFormat(String suffix, int tileBytes) {
    this.suffix = suffix;
    this.tileBytes = tileBytes;
  }

  /** The format of a matrix in memory. */
  public static TileFormat of(QuantizedMatrix matrix) {
    return switch (matrix) {
      case Q4Matrix _ -> Q4;
      case Q8Matrix _ -> Q8;
    };
  }

  /** The format that a recipe gives a matrix, by its tensor's name; empty: as it is. */
  public static Optional<TileFormat> of(Recipe recipe, String name) {
    if (isRouter(name)) {
      return Optional.empty();
    }
    return Optional.of(
        switch (recipe) {
          case Q4 -> name.contains(".experts.") || name.endsWith(".q_proj.weight") ? Q4 : Q8;
          case Q4_ALL -> Q4;
          case Q8 -> Q8;
        });
  }

  /** Whether a tensor of that name is a router, which is never quantised. */
  static boolean isRouter(String name) {
    return name.endsWith(".gate.weight");
  }

  /** The format of that many bits, 4 or 8. */
  public static TileFormat ofBits(int bits) {
    return bits == 4 ? Q4 : Q8;
  }

  /** The format's name where people read it: {@code q4}. */
  String label() {
    return suffix.substring(1);
  }

  /** The name of the tensor that stands for {@code name}. */
  public String nameOf(String name) {
    return name + suffix;
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
  public List<Long> shape(int rows, int cols) {
    return List.of(
        (long) QuantizedMatrix.tiles(rows), (long) cols / QuantizedKernels.GROUP, (long) tileBytes);
  }

  /** Whether a tensor of that name holds tiles. */
  public static boolean isTiles(String name) {
    return Stream.of(values()).anyMatch(format -> name.endsWith(format.suffix));
  }

  /** A matrix [rows, cols] to fill. */
  public QuantizedMatrix allocate(Arena arena, int rows, int cols) {
    return switch (this) {
      case Q4 -> Q4Matrix.allocate(arena, rows, cols);
      case Q8 -> Q8Matrix.allocate(arena, rows, cols);
    };
  }

  /** The matrix that a tensor's bytes are. */
  QuantizedMatrix matrix(MemorySegment tiles, int rows, int cols) {
    return switch (this) {
      case Q4 -> new Q4Matrix(tiles, rows, cols);
      case Q8 -> new Q8Matrix(tiles, rows, cols);
    };
  }
}
