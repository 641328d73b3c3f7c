package io.github.jmixtral.internal.kernel;

import java.lang.foreign.MemorySegment;

/** The number formats of weights that {@link MatrixKernels} multiply where they lie. */
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

  /** The element of that index, widened exactly; its address need not be aligned. */
  public float get(MemorySegment elements, long index) {
    return switch (this) {
      case F32 -> elements.getAtIndex(LittleEndian.FLOAT, index);
      case F16 -> Float.float16ToFloat(elements.getAtIndex(LittleEndian.SHORT, index));
      case BF16 ->
          Float.intBitsToFloat(elements.getAtIndex(LittleEndian.SHORT, index) << Short.SIZE);
    };
  }
}
