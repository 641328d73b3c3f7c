package io.github.jmixtral.internal.encoding;

import io.github.jmixtral.internal.format.Bfloat16;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.kernel.LittleEndian;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;

/** Single elements of mapped tensors. */
final class Elements {
  /** The dtypes in which scales are stored. */
  static final Set<Dtype> FLOATS = Set.of(Dtype.F32, Dtype.F16, Dtype.BF16);

  private Elements() {}

  /** A number of a tensor of {@link #FLOATS}, widened exactly. */
  static float real(TensorEntry tensor, long index) {
    return switch (tensor.dtype()) {
      case F32 -> tensor.data().getAtIndex(LittleEndian.FLOAT, index);
      case F16 -> Float.float16ToFloat(tensor.data().getAtIndex(LittleEndian.SHORT, index));
      case BF16 -> Bfloat16.toFloat(tensor.data().getAtIndex(LittleEndian.SHORT, index));
      default -> throw new IllegalArgumentException("no scale is " + tensor.dtype());
    };
  }

  /** A 32-bit word. */
  static int word(MemorySegment data, long index) {
    return data.getAtIndex(LittleEndian.INT, index);
  }

  /** A 64-bit integer. */
  static long longInteger(MemorySegment data, long index) {
    return data.getAtIndex(LittleEndian.LONG, index);
  }

  /** A signed byte. */
  static byte signedByte(MemorySegment data, long index) {
    return data.get(ValueLayout.JAVA_BYTE, index);
  }

  /** A byte as 0 … 255. */
  static int unsignedByte(MemorySegment data, long index) {
    return data.get(ValueLayout.JAVA_BYTE, index) & 0xff;
  }
}
