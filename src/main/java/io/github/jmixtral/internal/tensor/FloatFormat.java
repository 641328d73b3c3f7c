package io.github.jmixtral.internal.tensor;

/** The number formats of weights that a kernel multiplies in single precision where they lie. */
public enum FloatFormat {
  /** IEEE 754 single precision. */
  F32(4),

  /** IEEE 754 half precision. */
  F16(2),

  /** bfloat16: the upper half of a single-precision float. */
  BF16(2);

  private final int byteSize;

  FloatFormat(int byteSize) {
    this.byteSize = byteSize;
  }

  /** Bytes of one weight. */
  public int byteSize() {
    return byteSize;
  }
}
