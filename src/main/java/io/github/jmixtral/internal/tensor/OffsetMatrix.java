package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.LittleEndian;
import io.github.jmixtral.internal.kernel.TileFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * 4-bit weights with zero points: tiles, and for each row an offset for some neighbouring groups of
 * columns, {@code W[r, c] = scale · q + offset}. With integers 0 … 15 and a zero point,
 *
 * <pre>
 *   scale · (integer − zero)  =  scale · (integer − 8)  +  scale · (8 − zero)
 *                                in the tiles              the offset
 * </pre>
 *
 * <p>A scale has 11 bits, so that tile, offset and sum are single-precision numbers: nothing is
 * rounded. A product is that of the tiles, and that of the offsets with the sums of the inputs that
 * they belong to.
 *
 * @param tiles the integers and scales
 * @param offsets [some part of the tiles' groups, rows]: an offset is for as many groups as another
 */
public record OffsetMatrix(QuantizedMatrix tiles, FloatMatrix offsets) implements TiledMatrix {

  /** Checks that the offsets are those of the tiles. */
  public OffsetMatrix {
    if (tiles.format() != TileFormat.Q4
        || offsets.format() != FloatFormat.F32
        || offsets.cols() != tiles.rows()
        || offsets.rows() < 1
        || tiles.groups() % offsets.rows() != 0) {
      throw new IllegalArgumentException(
          "4-bit tiles take single-precision offsets [a part of %d, %d], not %s with %s [%d, %d]"
              .formatted(
                  tiles.groups(),
                  tiles.rows(),
                  tiles.format(),
                  offsets.format(),
                  offsets.rows(),
                  offsets.cols()));
    }
  }

  /**
   * Tiles with offsets to fill.
   *
   * @param perRow how many each row has
   */
  static OffsetMatrix allocate(Arena arena, QuantizedMatrix tiles, int perRow) {
    long bytes = (long) tiles.rows() * perRow * Float.BYTES;
    return new OffsetMatrix(
        tiles,
        new FloatMatrix(FloatFormat.F32, arena.allocate(bytes, ALIGNMENT), perRow, tiles.rows()));
  }

  @Override
  public int rows() {
    return tiles.rows();
  }

  @Override
  public int cols() {
    return tiles.cols();
  }

  @Override
  public long byteSize() {
    return tiles.byteSize() + offsets.byteSize();
  }

  @Override
  public QuantizedMatrix quantized() {
    return tiles;
  }

  /** How many of the tiles' groups share an offset. */
  int groupsOfOffset() {
    return tiles.groups() / offsets.rows();
  }

  /** The offset of one weight. */
  public float offset(int row, int col) {
    int columns = tiles.cols() / offsets.rows();
    return offsets.data().get(LittleEndian.FLOAT, at(col / columns, row));
  }

  /**
   * Copies the offsets of some rows.
   *
   * @param number of the groups that share an offset
   */
  void read(int number, int row, int count, float[] out) {
    MemorySegment.copy(offsets.data(), LittleEndian.FLOAT, at(number, row), out, 0, count);
  }

  /** Sets the offsets of some rows, as {@link #read} reads them. */
  void write(int number, int row, float[] values) {
    MemorySegment.copy(
        values, 0, offsets.data(), LittleEndian.FLOAT, at(number, row), values.length);
  }

  private long at(int number, int row) {
    return ((long) number * offsets.cols() + row) * Float.BYTES;
  }
}
