package io.github.jmixtral.internal.encoding;

import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import java.util.List;
import java.util.Set;

/**
 * AWQ's layout {@code gemm}, as AutoAWQ packs it. The words of 8 rows lie beside each other, and
 * within a word the rows are interleaved:
 *
 * <pre>
 *   qweight I32 [cols, rows / 8]
 *   qzeros  I32 [groups, rows / 8]
 *   scales      [groups, rows]
 * </pre>
 */
final class AwqEncoding implements IntegerWeights {
  private static final int BITS = 4;
  private static final int PER_WORD = Integer.SIZE / BITS;
  private static final int MASK = 15;

  /** By how much the field of row {@code 8 · word + i} is shifted: 0, 2, 4, 6, 1, 3, 5, 7. */
  private static final int[] SHIFTS = {0, 16, 4, 20, 8, 24, 12, 28};

  private final TensorEntry qweight;
  private final TensorEntry qzeros;
  private final TensorEntry scales;
  private final int rows;

  private AwqEncoding(TensorEntry qweight, TensorEntry qzeros, TensorEntry scales, int rows) {
    this.qweight = qweight;
    this.qzeros = qzeros;
    this.scales = scales;
    this.rows = rows;
  }

  /** Whether the tensors are in this layout and not in GPTQ's. */
  static boolean fits(Companions tensors, int rows, int cols) {
    return rows % PER_WORD == 0
        && !tensors.has(".g_idx")
        && tensors.shape(GptqEncoding.WEIGHT).equals(List.of((long) cols, (long) rows / PER_WORD));
  }

  /** Reads a weight [rows, cols]. */
  static EncodedMatrix read(Companions tensors, int rows, int cols) {
    TensorEntry qweight =
        tensors.take(GptqEncoding.WEIGHT, Set.of(Dtype.I32), cols, rows / PER_WORD);
    TensorEntry scales = tensors.takeScales(".scales", rows, cols);
    int count = Math.toIntExact(scales.shape().getFirst());
    TensorEntry qzeros = tensors.take(".qzeros", Set.of(Dtype.I32), count, rows / PER_WORD);
    return IntegerMatrix.of(
        new AwqEncoding(qweight, qzeros, scales, rows),
        ColumnGroups.ofNeighbours(cols, 0, count, scales),
        rows,
        cols,
        qweight.data().byteSize() + qzeros.data().byteSize() + scales.data().byteSize());
  }

  private int field(TensorEntry words, int line, int row) {
    long index = (long) line * (rows / PER_WORD) + row / PER_WORD;
    return Elements.word(words.data(), index) >>> SHIFTS[row % PER_WORD] & MASK;
  }

  @Override
  public int integer(int row, int col) {
    return field(qweight, col, row);
  }

  @Override
  public int zero(int row, int group) {
    return field(qzeros, group, row);
  }

  @Override
  public float scale(int row, int group) {
    return Elements.real(scales, (long) group * rows + row);
  }

  @Override
  public int lowestInteger() {
    return 0;
  }

  @Override
  public int highestInteger() {
    return MASK;
  }
}
