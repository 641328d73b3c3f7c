package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.internal.kernel.WeightFormat;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.FloatMatrix;
import io.github.jmixtral.internal.tensor.QuantizedMatrix;
import io.github.jmixtral.internal.tensor.Quantizer;
import io.github.jmixtral.internal.tensor.ReorderedMatrix;
import io.github.jmixtral.internal.tensor.SuperBlockMatrix;
import io.github.jmixtral.internal.tensor.TiledMatrix;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What quantising a model's matrices gave. Norms are not counted: they are few and kept.
 *
 * @param kinds the matrices of each kind: first what is kept, then in the model's order
 */
public record RoundingTotals(List<Kind> kinds) {

  /**
   * All matrices of one name, such as {@code q_proj} or {@code w2}, stored in one format.
   *
   * @param name the tensors' last name
   * @param format {@code q4}, {@code q3_k}, …, or what they were stored in: {@code bf16}, …
   * @param tensors how many there are
   * @param parameters weights
   * @param bytes as they are stored now
   * @param relativeError root of the squared error by the squared weights; 0 for what is kept
   */
  public record Kind(
      String name, String format, int tensors, long parameters, long bytes, double relativeError) {
    /** Bits that a weight takes, its part of the scales included. */
    public double bitsPerWeight() {
      return 8.0 * bytes / parameters;
    }
  }

  /** Keeps the kinds as they are. */
  public RoundingTotals {
    kinds = List.copyOf(kinds);
  }

  /** All weights. */
  public long parameters() {
    return kinds.stream().mapToLong(Kind::parameters).sum();
  }

  /** Bytes of all matrices. */
  public long bytes() {
    return kinds.stream().mapToLong(Kind::bytes).sum();
  }

  /** Bits that a weight takes on average. */
  public double bitsPerWeight() {
    return 8.0 * bytes() / parameters();
  }

  /** Collects a report. */
  public static final class Builder {
    private record Total(
        String name, String format, int tensors, long parameters, long bytes, Quantizer.Loss loss) {
      Total plus(Total other) {
        return new Total(
            name,
            format,
            tensors + other.tensors,
            parameters + other.parameters,
            bytes + other.bytes,
            loss.plus(other.loss));
      }
    }

    private final Map<String, Total> totals = new LinkedHashMap<>();

    /** Counts a matrix that was rounded. */
    public void add(String name, WeightFormat format, WeightMatrix matrix, Quantizer.Loss loss) {
      add(name, format.label(), matrix, matrix.byteSize(), loss);
    }

    /**
     * Counts a matrix whose integers were put into tiles as they are.
     *
     * @param offsets how many each row has beside its tiles
     */
    public void addPacked(String name, QuantizedMatrix tiles, int offsets) {
      long bytes = tiles.byteSize() + (long) tiles.rows() * offsets * Float.BYTES;
      add(name, tiles.format().label(), tiles, bytes, Quantizer.Loss.NONE);
    }

    /** Counts a matrix whose super-blocks were put into tiles as they are. */
    public void addPacked(String name, SuperBlockMatrix blocks) {
      add(name, blocks.format().label(), blocks, blocks.byteSize(), Quantizer.Loss.NONE);
    }

    /** Counts a matrix that stays as it is. */
    public void addKept(String name, WeightMatrix matrix) {
      String format =
          switch (matrix) {
            case FloatMatrix floats -> floats.format().name().toLowerCase(Locale.ROOT);
            case TiledMatrix tiles -> tiles.quantized().format().label();
            case SuperBlockMatrix blocks -> blocks.format().label();
            case ReorderedMatrix(var tiles, _) -> tiles.quantized().format().label();
            case EncodedMatrix encoded -> encoded.exactIn().name().toLowerCase(Locale.ROOT);
          };
      add(name, format, matrix, storedBytes(matrix), Quantizer.Loss.NONE);
    }

    /** Encoded weights are not stored as they lie, but decoded. */
    private static long storedBytes(WeightMatrix matrix) {
      return matrix instanceof EncodedMatrix encoded
          ? (long) encoded.rows() * encoded.cols() * encoded.exactIn().byteSize()
          : matrix.byteSize();
    }

    private void add(
        String name, String format, WeightMatrix matrix, long bytes, Quantizer.Loss loss) {
      String[] parts = name.split("\\.");
      String kind = parts[parts.length - 2];
      long parameters = (long) matrix.rows() * matrix.cols();
      Total total = new Total(kind, format, 1, parameters, bytes, loss);
      totals.merge(kind + "." + format, total, Total::plus);
    }

    public RoundingTotals build() {
      return new RoundingTotals(
          totals.values().stream()
              .map(
                  total ->
                      new Kind(
                          total.name,
                          total.format,
                          total.tensors,
                          total.parameters,
                          total.bytes,
                          total.loss.relative()))
              .toList());
    }
  }
}
