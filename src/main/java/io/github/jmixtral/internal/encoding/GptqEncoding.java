package io.github.jmixtral.internal.encoding;

import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import java.util.Set;

/**
 * GPTQ, as AutoGPTQ (version 1) and GPTQModel (version 2) pack it:
 *
 * <pre>
 *   qweight I32 [cols · bits / 32, rows]    a row's integers run down a column of words
 *   qzeros  I32 [groups, rows · bits / 32]  zero points run along a row of words
 *   scales      [groups, rows]
 *   g_idx   I32 [cols]                      the group of each column
 * </pre>
 *
 * <p>Version 1 stores zero points less one. One is added back as its own kernels do: to whole words
 * where fields do not straddle them, so that the carry of a full field is lost or goes on as there.
 */
final class GptqEncoding implements IntegerWeights {
  static final String WEIGHT = ".qweight";

  private final TensorEntry qweight;
  private final TensorEntry qzeros;
  private final TensorEntry scales;
  private final BitFields fields;
  private final int rows;
  private final int zeroWords;
  private final boolean addOne;

  /** A word of ones, one for each field of a word; 0 where fields straddle words. */
  private final int ones;

  private GptqEncoding(
      TensorEntry qweight,
      TensorEntry qzeros,
      TensorEntry scales,
      BitFields fields,
      int rows,
      boolean addOne) {
    this.qweight = qweight;
    this.qzeros = qzeros;
    this.scales = scales;
    this.fields = fields;
    this.rows = rows;
    this.zeroWords = fields.words(rows);
    this.addOne = addOne;
    this.ones =
        Integer.SIZE % fields.bits() == 0 ? Integer.divideUnsigned(-1, fields.largest()) : 0;
  }

  /** Reads a weight [rows, cols]. */
  static EncodedMatrix read(Companions tensors, int rows, int cols, QuantizationSettings settings) {
    TensorEntry qweight = tensors.take(WEIGHT, Set.of(Dtype.I32));
    BitFields fields = fields(qweight, rows, cols);
    TensorEntry scales = tensors.takeScales(".scales", rows, cols);
    int count = Math.toIntExact(scales.shape().getFirst());
    TensorEntry qzeros = tensors.take(".qzeros", Set.of(Dtype.I32), count, fields.words(rows));
    ColumnGroups groups =
        tensors.has(".g_idx")
            ? ColumnGroups.ofList(tensors, ".g_idx", cols, count)
            : ColumnGroups.ofNeighbours(cols, settings.groupSize().orElse(0), count, scales);
    GptqEncoding weights =
        new GptqEncoding(qweight, qzeros, scales, fields, rows, settings.zerosStoredMinusOne());
    return IntegerMatrix.of(
        weights,
        groups,
        rows,
        cols,
        qweight.data().byteSize() + qzeros.data().byteSize() + scales.data().byteSize());
  }

  /** The width that follows from the shape: layers may differ in it. */
  private static BitFields fields(TensorEntry qweight, int rows, int cols) {
    for (int bits : new int[] {2, 3, 4, 8}) {
      BitFields fields = BitFields.dense(bits);
      if ((long) cols * bits % Integer.SIZE == 0
          && qweight.shape().size() == 2
          && qweight.shape().getFirst() == fields.words(cols)
          && qweight.shape().getLast() == rows) {
        return fields;
      }
    }
    throw Companions.wrongShape(
        qweight, "shape [%d · bits / 32, %d] for 2, 3, 4 or 8 bits".formatted(cols, rows));
  }

  @Override
  public int integer(int row, int col) {
    return fields.get(qweight.data(), row, rows, col);
  }

  @Override
  public int zero(int row, int group) {
    long first = (long) group * zeroWords;
    if (!addOne || ones == 0) {
      int zero = fields.get(qzeros.data(), first, 1, row);
      return addOne ? zero + 1 & fields.largest() : zero;
    }
    int perWord = Integer.SIZE / fields.bits();
    int word = Elements.word(qzeros.data(), first + row / perWord) + ones;
    return word >>> row % perWord * fields.bits() & fields.largest();
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
    return fields.largest();
  }
}
