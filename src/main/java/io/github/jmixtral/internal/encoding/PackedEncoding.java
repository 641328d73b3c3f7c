package io.github.jmixtral.internal.encoding;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The layout {@code pack-quantized} of compressed-tensors: signed integers, stored plus half their
 * range.
 *
 * <pre>
 *   weight_packed      I32 [rows, words]            a row's integers run along a row of words
 *   weight_scale           [rows, groups]
 *   weight_zero_point  I32 [words, groups]          run down a column of words; absent: zero
 *                  or  I8  [rows, groups]           as older versions have them, one by one
 *   weight_shape       I64 [2]                      rows, cols
 *   weight_g_idx       I32 [cols]                   the group of each column; absent: neighbours
 * </pre>
 *
 * <p>Versions of 2026 pack densely, older ones leave bits of a word unused where the width is no
 * divisor of 32; the number of words shows which one it was.
 */
final class PackedEncoding implements IntegerWeights {
  static final String WEIGHT = ".weight_packed";

  private static final String ZERO_POINT = ".weight_zero_point";

  private final TensorEntry packed;
  private final TensorEntry scales;
  private final Optional<TensorEntry> zeroPoints;
  private final BitFields fields;
  private final int words;
  private final int count;

  private PackedEncoding(
      TensorEntry packed,
      TensorEntry scales,
      Optional<TensorEntry> zeroPoints,
      BitFields fields,
      int cols,
      int count) {
    this.packed = packed;
    this.scales = scales;
    this.zeroPoints = zeroPoints;
    this.fields = fields;
    this.words = fields.words(cols);
    this.count = count;
  }

  /** Reads a weight [rows, cols]. */
  static EncodedMatrix read(Companions tensors, int rows, int cols, QuantizationSettings settings) {
    requireShape(tensors, rows, cols);
    TensorEntry packed = tensors.take(WEIGHT, Set.of(Dtype.I32));
    BitFields fields = fields(packed, rows, cols, settings);
    TensorEntry scales = tensors.take(".weight_scale", Elements.FLOATS);
    if (scales.shape().size() != 2
        || scales.shape().getFirst() != rows
        || scales.shape().getLast() < 1
        || scales.shape().getLast() > cols) {
      throw Companions.wrongShape(scales, "shape [" + rows + ", groups]");
    }
    int count = Math.toIntExact(scales.shape().getLast());
    Optional<TensorEntry> zeroPoints =
        tensors.has(ZERO_POINT)
            ? Optional.of(zeroPoints(tensors, rows, count, fields))
            : Optional.empty();
    ColumnGroups groups = ColumnGroups.ofListOrNeighbours(tensors, cols, count, scales);
    return IntegerMatrix.of(
        new PackedEncoding(packed, scales, zeroPoints, fields, cols, count),
        groups,
        rows,
        cols,
        packed.data().byteSize()
            + scales.data().byteSize()
            + zeroPoints.map(zeros -> zeros.data().byteSize()).orElse(0L));
  }

  private static TensorEntry zeroPoints(Companions tensors, int rows, int count, BitFields fields) {
    return tensors.has(ZERO_POINT, Dtype.I8)
        ? tensors.take(ZERO_POINT, Set.of(Dtype.I8), rows, count)
        : tensors.take(ZERO_POINT, Set.of(Dtype.I32), fields.words(rows), count);
  }

  private static void requireShape(Companions tensors, int rows, int cols) {
    TensorEntry shape = tensors.take(".weight_shape", Set.of(Dtype.I64, Dtype.I32), 2);
    long[] sizes = new long[2];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] =
          shape.dtype() == Dtype.I64
              ? Elements.longInteger(shape.data(), i)
              : Elements.word(shape.data(), i);
    }
    if (sizes[0] != rows || sizes[1] != cols) {
      throw new MalformedFileException(
          shape.place(),
          "the shape [%d, %d]".formatted(rows, cols),
          "[%d, %d]".formatted(sizes[0], sizes[1]));
    }
  }

  /** The widths that the configuration names, or else the one that the number of words implies. */
  private static BitFields fields(
      TensorEntry packed, int rows, int cols, QuantizationSettings settings) {
    List<Integer> widths =
        settings.packedBits().isEmpty()
            ? IntStream.rangeClosed(2, 8).boxed().toList()
            : settings.packedBits();
    return Stream.<BitFields>concat(
            widths.stream().map(BitFields::dense), widths.stream().map(BitFields::whole))
        .filter(fields -> packed.shape().equals(List.of((long) rows, (long) fields.words(cols))))
        .findFirst()
        .orElseThrow(
            () ->
                Companions.wrongShape(
                    packed,
                    "shape [%d, words] for %d integers of %s bits a row"
                        .formatted(rows, cols, Excerpt.line("" + widths))));
  }

  private int half() {
    return 1 << fields.bits() - 1;
  }

  @Override
  public int integer(int row, int col) {
    return fields.get(packed.data(), (long) row * words, 1, col) - half();
  }

  @Override
  public int zero(int row, int group) {
    if (zeroPoints.isEmpty()) {
      return 0;
    }
    MemorySegment zeros = zeroPoints.get().data();
    return zeroPoints.get().dtype() == Dtype.I8
        ? Elements.signedByte(zeros, (long) row * count + group)
        : fields.get(zeros, group, count, row) - half();
  }

  @Override
  public float scale(int row, int group) {
    return Elements.real(scales, (long) row * count + group);
  }

  @Override
  public int lowestInteger() {
    return -half();
  }

  @Override
  public int highestInteger() {
    return half() - 1;
  }
}
