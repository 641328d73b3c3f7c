package io.github.jmixtral.internal.format;

import java.util.Optional;

/**
 * How a GGUF file stores the elements of a tensor: in blocks of consecutive columns, which {@link
 * GgufBlocks} unpacks. Of ggml's types those that checkpoints of a Mixtral come in.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">the format</a>
 */
public enum GgufType {
  /** Single precision. */
  F32(0, 1, Float.BYTES),

  /** Half precision. */
  F16(1, 1, Short.BYTES),

  /**
   * 4 bits: a half-precision scale, then 16 bytes for 32 columns; byte i holds column i in its low
   * nibble and column 16 + i in its high one, each as {@code q + 8}.
   */
  Q4_0(2, 32, 18),

  /** 4 bits with a scale and a minimum for 32 columns. */
  Q4_1(3, 32, 20),

  /** 5 bits with a scale for 32 columns. */
  Q5_0(6, 32, 22),

  /** 5 bits with a scale and a minimum for 32 columns. */
  Q5_1(7, 32, 24),

  /** 8 bits: a half-precision scale, then 32 signed bytes. */
  Q8_0(8, 32, 34),

  /** 2 bits, 16 columns with a 4-bit scale and a 4-bit minimum. */
  Q2_K(10, 256, 84),

  /** 3 bits, 16 columns with a 6-bit scale. */
  Q3_K(11, 256, 110),

  /** 4 bits, 32 columns with a 6-bit scale and a 6-bit minimum. */
  Q4_K(12, 256, 144),

  /** 5 bits, 32 columns with a 6-bit scale and a 6-bit minimum. */
  Q5_K(13, 256, 176),

  /** 6 bits, 16 columns with an 8-bit scale. */
  Q6_K(14, 256, 210),

  /** 4 bits that number the values of a fixed uneven table, with a scale for 32 columns. */
  IQ4_NL(20, 32, 18),

  /** As {@link #IQ4_NL}, with a 6-bit scale for 32 columns. */
  IQ4_XS(23, 256, 136),

  /** bfloat16. */
  BF16(30, 1, Short.BYTES);

  /** ggml's names by number, for messages about the types that are not supported. */
  private static final String[] NAMES = {
    "F32",
    "F16",
    "Q4_0",
    "Q4_1",
    "Q4_2",
    "Q4_3",
    "Q5_0",
    "Q5_1",
    "Q8_0",
    "Q8_1",
    "Q2_K",
    "Q3_K",
    "Q4_K",
    "Q5_K",
    "Q6_K",
    "Q8_K",
    "IQ2_XXS",
    "IQ2_XS",
    "IQ3_XXS",
    "IQ1_S",
    "IQ4_NL",
    "IQ3_S",
    "IQ2_S",
    "IQ4_XS",
    "I8",
    "I16",
    "I32",
    "I64",
    "F64",
    "IQ1_M",
    "BF16",
    "Q4_0_4_4",
    "Q4_0_4_8",
    "Q4_0_8_8",
    "TQ1_0",
    "TQ2_0",
    "IQ4_NL_4_4",
    "IQ4_NL_4_8",
    "IQ4_NL_8_8",
    "MXFP4",
    "NVFP4"
  };

  private final int number;
  private final int blockElements;
  private final int blockBytes;

  GgufType(int number, int blockElements, int blockBytes) {
    this.number = number;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  /** The type of that number in a file, if it is one of these. */
  static Optional<GgufType> ofNumber(int number) {
    for (GgufType type : values()) {
      if (type.number == number) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** What ggml calls the type of that number: {@code IQ2_XXS}, or {@code type 99}. */
  static String nameOf(int number) {
    return number >= 0 && number < NAMES.length ? NAMES[number] : "type " + number;
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

  /**
   * Bytes of a number of elements.
   *
   * @param elements a multiple of {@link #blockElements}
   * @throws ArithmeticException when they are more than a long counts
   */
  public long byteSize(long elements) {
    return Math.multiplyExact(elements / blockElements, (long) blockBytes);
  }
}
