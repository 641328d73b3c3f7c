package io.github.jmixtral.internal.encoding;

import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.RowDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * MLX's affine quantisation: {@code W[row, col] = integer(row, col) · scale(row, group) + bias(row,
 * group)}, product and sum rounded to single precision.
 *
 * <pre>
 *   weight U32 [rows, words]     a row's integers follow each other without gaps
 *   scales     [rows, groups]
 *   biases     [rows, groups]
 * </pre>
 *
 * <p>The experts of a layer are stacked: one dimension more in front of each. How many bits an
 * integer has follows from the number of words.
 *
 * @see <a
 *     href="https://ml-explore.github.io/mlx/build/html/python/_autosummary/mlx.core.quantize.html">
 *     the format</a>
 */
final class MlxEncoding implements RowDecoder {
  private static final String WEIGHT = ".weight";
  private static final String SCALES = ".scales";
  private static final String BIASES = ".biases";

  private final Parts parts;
  private final int firstRow;

  /** The tensors of a weight or of a stack, whose rows follow each other. */
  private record Parts(
      TensorEntry weight, TensorEntry scales, TensorEntry biases, BitFields fields, int cols) {
    int words() {
      return fields.words(cols);
    }

    int groups() {
      return Math.toIntExact(scales.shape().getLast());
    }

    long byteSize() {
      return weight.data().byteSize() + scales.data().byteSize() + biases.data().byteSize();
    }
  }

  private MlxEncoding(Parts parts, int firstRow) {
    this.parts = parts;
    this.firstRow = firstRow;
  }

  /** Whether a weight is there in this encoding, or another one of MLX. */
  static boolean fits(Companions tensors) {
    return tensors.has(WEIGHT, Dtype.U32) && tensors.has(SCALES);
  }

  /** Reads a weight [rows, cols]. */
  static EncodedMatrix read(Companions tensors, int rows, int cols) {
    return matrix(parts(tensors, List.of((long) rows), cols), 0, rows, 1);
  }

  /** Reads a stack [depth, rows, cols] as its matrices [rows, cols]. */
  static List<EncodedMatrix> readStack(Companions tensors, int depth, int rows, int cols) {
    Parts parts = parts(tensors, List.of((long) depth, (long) rows), cols);
    List<EncodedMatrix> matrices = new ArrayList<>(depth);
    for (int slice = 0; slice < depth; slice++) {
      matrices.add(matrix(parts, slice * rows, rows, depth));
    }
    return matrices;
  }

  private static EncodedMatrix matrix(Parts parts, int firstRow, int rows, int depth) {
    return new EncodedMatrix(
        rows,
        parts.cols(),
        parts.byteSize() / depth,
        FloatFormat.F32,
        new MlxEncoding(parts, firstRow));
  }

  private static Parts parts(Companions tensors, List<Long> rows, int cols) {
    if (tensors.has(SCALES, Dtype.U8)) {
      throw new UnsupportedCheckpointException(
          tensors.place(SCALES),
          "MLX's affine quantisation; take the model in another one, or its original",
          "scales of 8 bits, which mxfp4, mxfp8 and nvfp4 have");
    }
    TensorEntry weight = tensors.take(WEIGHT, Set.of(Dtype.U32));
    long words = weight.shape().isEmpty() ? 0 : weight.shape().getLast();
    long bits = words * Integer.SIZE / cols;
    if (!startsWith(weight, rows) || bits < 2 || bits > 8 || bits * cols > words * Integer.SIZE) {
      throw Companions.wrongShape(
          weight, "shape %s and words for %d integers of 2 to 8 bits".formatted(rows, cols));
    }
    BitFields fields = BitFields.dense((int) bits);
    if (fields.words(cols) != words) {
      throw Companions.wrongShape(
          weight, "%d words a row, of %d bits".formatted(fields.words(cols), bits));
    }
    TensorEntry scales = tensors.take(SCALES, Elements.FLOATS);
    long groups = scales.shape().isEmpty() ? 0 : scales.shape().getLast();
    if (!startsWith(scales, rows) || groups < 1 || cols % groups != 0) {
      throw Companions.wrongShape(
          scales, "shape %s and groups of the %d columns".formatted(rows, cols));
    }
    TensorEntry biases =
        tensors.take(
            BIASES,
            Elements.FLOATS,
            scales.shape().stream().mapToLong(dimension -> dimension).toArray());
    return new Parts(weight, scales, biases, fields, cols);
  }

  private static boolean startsWith(TensorEntry tensor, List<Long> dimensions) {
    int count = dimensions.size();
    return tensor.shape().size() == count + 1
        && tensor.shape().subList(0, count).equals(dimensions);
  }

  @Override
  public void decode(int row, int col, int count, float[] out, int outOffset) {
    long line = firstRow + row;
    int groupSize = parts.cols() / parts.groups();
    int group = -1;
    float scale = 0;
    float bias = 0;
    for (int i = 0; i < count; i++) {
      int ofColumn = (col + i) / groupSize;
      if (ofColumn != group) {
        group = ofColumn;
        scale = Elements.real(parts.scales(), line * parts.groups() + group);
        bias = Elements.real(parts.biases(), line * parts.groups() + group);
      }
      int integer = parts.fields().get(parts.weight().data(), line * parts.words(), 1, col + i);
      out[outOffset + i] = integer * scale + bias;
    }
  }
}
