package io.github.jmixtral.internal.kernel;

import java.util.Locale;

/**
 * Super-blocks that {@link SuperBlockKernels} describes, by the bits of a level: what ggml's
 * K-quants hold, in tiles.
 *
 * <pre>
 *        levels   columns of a scale   scales        minima    bits a weight
 *   Q2   0 … 3            16            0 … 15       0 … 15        2.625
 *   Q3   −4 … 3           16          −128 … 127     none          3.5625
 *   Q4   0 … 15           32            0 … 127      0 … 127       4.625
 *   Q5   0 … 31           32            0 … 127      0 … 127       5.625
 *   Q6   −32 … 31         16          −128 … 127     none          6.5625
 * </pre>
 */
public enum SuperBlockFormat implements WeightFormat {
  /** 2 bits, with minima. */
  Q2(2, 16, true),
  /** 3 bits around zero. */
  Q3(3, 16, false),
  /** 4 bits, with minima. */
  Q4(4, 32, true),
  /** 5 bits, with minima. */
  Q5(5, 32, true),
  /** 6 bits around zero. */
  Q6(6, 16, false);

  private final int bits;
  private final int scaleColumns;
  private final boolean minima;

  SuperBlockFormat(int bits, int scaleColumns, boolean minima) {
    this.bits = bits;
    this.scaleColumns = scaleColumns;
    this.minima = minima;
  }

  /** The format's name where people read it: {@code q4_k}, as ggml's. */
  @Override
  public String label() {
    return name().toLowerCase(Locale.ROOT) + "_k";
  }

  /** Bits of a level. */
  public int bits() {
    return bits;
  }

  /** Neighbouring columns that share a scale: 16 or 32. */
  public int scaleColumns() {
    return scaleColumns;
  }

  /** Scales of a group of 32 columns: 1 or 2. */
  public int groupScales() {
    return QuantizedKernels.GROUP / scaleColumns;
  }

  /** Whether a minimum is subtracted from the columns of a scale. */
  public boolean hasMinima() {
    return minima;
  }

  /** What is subtracted from a stored level: 0 where there are minima. */
  public int center() {
    return minima ? 0 : 1 << bits - 1;
  }

  /** The smallest scale that a super-block holds. */
  public int lowestScale() {
    return minima ? 0 : Byte.MIN_VALUE;
  }

  /** The largest scale, or minimum, that a super-block holds. */
  public int highestScale() {
    return this == Q2 ? 15 : Byte.MAX_VALUE;
  }

  /** Bytes of the levels of one tile and one group of 32 columns. */
  public int groupBytes() {
    return bits * QuantizedKernels.ROWS * QuantizedKernels.GROUP / Byte.SIZE;
  }

  /** Bytes before the levels for each tile of a super-block: its scales and minima. */
  public int headerBytes() {
    return scalesOffset() + (this == Q2 ? 1 : minima ? 2 : 1) * scaleBytes();
  }

  /** Byte offset of a tile's integer scales in its header, behind the half-precision numbers. */
  public int scalesOffset() {
    return (minima ? 2 : 1) * QuantizedKernels.SCALE_BYTES;
  }

  /** Byte offset of a tile's integer minima in its header: in Q2, the scales' upper halves. */
  public int minimaOffset() {
    return this == Q2 ? scalesOffset() : scalesOffset() + scaleBytes();
  }

  /** One byte for each row and scale. */
  private int scaleBytes() {
    return QuantizedKernels.ROWS * SuperBlockKernels.COLUMNS / scaleColumns;
  }

  /** Bytes of a row of tiles: as many tiles as lie below each other, some groups wide. */
  public long byteSize(int tiles, int groups) {
    int superBlocks = (groups + SuperBlockKernels.GROUPS - 1) / SuperBlockKernels.GROUPS;
    return (long) tiles * ((long) superBlocks * headerBytes() + (long) groups * groupBytes());
  }
}
