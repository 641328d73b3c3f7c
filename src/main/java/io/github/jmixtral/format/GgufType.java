package io.github.jmixtral.format;

/** How a GGUF file stores the elements of a tensor. */
public enum GgufType {
  /** Single precision. */
  F32(0, 1, Float.BYTES),

  /**
   * 4 bits: a half-precision scale, then 16 bytes for 32 columns; byte i holds column i in its low
   * nibble and column 16 + i in its high one, each as {@code q + 8}.
   */
  Q4_0(2, 32, Short.BYTES + 16);

  private final int number;
  private final int blockElements;
  private final int blockBytes;

  GgufType(int number, int blockElements, int blockBytes) {
    this.number = number;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  /** The type's number in the file. */
  int number() {
    return number;
  }

  /** Columns of a block. */
  public int blockElements() {
    return blockElements;
  }

  /** Bytes of a block. */
  public int blockBytes() {
    return blockBytes;
  }
}
