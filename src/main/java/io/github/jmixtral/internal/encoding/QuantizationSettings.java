package io.github.jmixtral.internal.encoding;

import java.util.List;
import java.util.OptionalInt;

/**
 * What a configuration says of quantised weights and the tensors themselves do not tell.
 *
 * @param zerosStoredMinusOne GPTQ: whether zero points are stored less one, as version 1 does
 * @param groupSize GPTQ without {@code g_idx}: neighbouring columns that share a scale; empty: as
 *     many as the shape of the scales implies
 * @param blockRows FP8: rows that share a scale; 0 where scales are not in blocks
 * @param blockColumns FP8: columns that share a scale; 0 where scales are not in blocks
 * @param packedBits compressed-tensors: the widths of packed integers that occur
 */
public record QuantizationSettings(
    boolean zerosStoredMinusOne,
    OptionalInt groupSize,
    int blockRows,
    int blockColumns,
    List<Integer> packedBits) {

  /** What holds where a configuration says nothing. */
  public static final QuantizationSettings NONE =
      new QuantizationSettings(true, OptionalInt.empty(), 0, 0, List.of());

  /** Takes an unmodifiable copy of the widths. */
  public QuantizationSettings {
    packedBits = List.copyOf(packedBits);
  }
}
