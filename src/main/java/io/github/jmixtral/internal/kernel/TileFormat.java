package io.github.jmixtral.internal.kernel;

import java.util.Locale;

/** The tiles that {@link QuantizedKernels} describes, by the bits of a weight. */
public enum TileFormat implements WeightFormat {
  /** 4 bits and a half-precision scale for 32 weights: 4.5 bits a weight. */
  Q4(4),

  /** 8 bits and a half-precision scale for 32 weights: 8.5 bits a weight. */
  Q8(8);

  private final int bits;

  TileFormat(int bits) {
    this.bits = bits;
  }

  /** The format's name where people read it: {@code q4}. */
  @Override
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Bits of a weight, scales left out. */
  public int bits() {
    return bits;
  }

  /** Bytes of a tile. */
  public int tileBytes() {
    return scalesOffset() + QuantizedKernels.SCALE_BYTES;
  }

  /** Byte offset of a tile's scales: they follow a plane of nibbles for each 4 bits. */
  public int scalesOffset() {
    return bits / 4 * QuantizedKernels.NIBBLE_BYTES;
  }

  /** The smallest integer that a tile holds: −8 or −128. */
  public int lowest() {
    return -1 << bits - 1;
  }

  /** The largest integer that a tile holds: 7 or 127. */
  public int highest() {
    return (1 << bits - 1) - 1;
  }
}
