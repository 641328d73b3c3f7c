package io.github.jmixtral.tensor;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

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
 * @param offsets [rows, some part of the tiles' groups]: an offset is for as many groups as another
 */
public record OffsetMatrix(Q4Matrix tiles, F32Matrix offsets) implements TiledMatrix {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Checks that the offsets are those of the tiles. */
  public OffsetMatrix {
    if (offsets.rows() != tiles.rows()
        || offsets.cols() < 1
        || tiles.groups() % offsets.cols() != 0) {
      throw new IllegalArgumentException(
          "expected offsets of %d rows, and in each a part of %d, found [%d, %d]"
              .formatted(tiles.rows(), tiles.groups(), offsets.rows(), offsets.cols()));
    }
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
    return tiles.groups() / offsets.cols();
  }

  /** The offset of one weight. */
  public float offset(int row, int col) {
    int columns = tiles.cols() / offsets.cols();
    return offsets.data().get(FLOAT, 4L * ((long) row * offsets.cols() + col / columns));
  }
}
