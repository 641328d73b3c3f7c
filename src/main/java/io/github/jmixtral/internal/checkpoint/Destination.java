package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.TileFormat;
import io.github.jmixtral.internal.kernel.WeightFormat;
import io.github.jmixtral.internal.tensor.LevelPacker;
import io.github.jmixtral.internal.tensor.QuantizedMatrix;
import io.github.jmixtral.internal.tensor.SuperBlockMatrix;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.util.Locale;

/** What becomes of a matrix when a model is loaded. */
public sealed interface Destination {

  /** It is used, or decoded, where the file is mapped. */
  record InPlace(String label) implements Destination {}

  /** It is merely copied, in the order in which it is multiplied. */
  record InOrder(FloatFormat format) implements Destination {}

  /** It becomes floats that hold it exactly. */
  record Widened(FloatFormat format) implements Destination {}

  /** Its levels, scales and minima go into tiles of super-blocks as they are. */
  record InSuperBlocks(SuperBlockFormat format) implements Destination {}

  /** Its integers go into tiles as they are. */
  record InTiles(LevelPacker.Fit fit) implements Destination {}

  /** It is quantised. */
  record Requantised(WeightFormat format) implements Destination {}

  /** Whether every weight stays what it is. */
  default boolean isExact() {
    return switch (this) {
      case InPlace _, InOrder _, Widened _, InSuperBlocks _ -> true;
      case InTiles(LevelPacker.Fit fit) -> fit.exact();
      case Requantised _ -> false;
    };
  }

  /** The format in capitals: {@code Q4_K}, {@code F32}. */
  default String formatName() {
    String label =
        switch (this) {
          case InPlace(String stored) -> stored;
          case InOrder(FloatFormat format) -> format.name();
          case Widened(FloatFormat format) -> format.name();
          case InSuperBlocks(SuperBlockFormat format) -> format.label();
          case InTiles(LevelPacker.Fit fit) -> fit.format().label();
          case Requantised(WeightFormat format) -> format.label();
        };
    return label.toUpperCase(Locale.ROOT);
  }

  /** Bytes that a matrix takes then. */
  default long byteSize(WeightMatrix matrix) {
    int rows = matrix.rows();
    int cols = matrix.cols();
    return switch (this) {
      case InPlace _ -> matrix.byteSize();
      case InOrder(FloatFormat format) -> (long) rows * cols * format.byteSize();
      case Widened(FloatFormat format) -> (long) rows * cols * format.byteSize();
      case InSuperBlocks(SuperBlockFormat format) -> SuperBlockMatrix.byteSize(format, rows, cols);
      case InTiles(LevelPacker.Fit fit) ->
          QuantizedMatrix.byteSize(fit.format(), rows, cols)
              + (long) fit.offsets() * rows * Float.BYTES;
      case Requantised(TileFormat format) -> QuantizedMatrix.byteSize(format, rows, cols);
      case Requantised(SuperBlockFormat format) -> SuperBlockMatrix.byteSize(format, rows, cols);
    };
  }
}
