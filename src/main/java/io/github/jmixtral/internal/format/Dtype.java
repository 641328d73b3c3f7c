package io.github.jmixtral.internal.format;

import io.github.jmixtral.internal.kernel.FloatFormat;
import java.util.Optional;
import java.util.stream.Stream;

/** The number formats of safetensors that checkpoints use, named as the file names them. */
public enum Dtype {
  /** IEEE 754 double precision. */
  F64(8),
  /** IEEE 754 single precision. */
  F32(4),
  /** IEEE 754 half precision. */
  F16(2),
  /** bfloat16: the upper half of a single-precision float. */
  BF16(2),
  /** 8-bit float with 4 exponent and 3 mantissa bits. */
  F8_E4M3(1),
  /** 8-bit float with 5 exponent and 2 mantissa bits. */
  F8_E5M2(1),
  /** Signed 64-bit integer. */
  I64(8),
  /** Signed 32-bit integer. */
  I32(4),
  /** Signed 16-bit integer. */
  I16(2),
  /** Signed 8-bit integer. */
  I8(1),
  /** Unsigned 8-bit integer. */
  U8(1),
  /** One byte: 0 is false, 1 is true. */
  BOOL(1),
  /** Unsigned 16-bit integer. */
  U16(2),
  /** Unsigned 32-bit integer. */
  U32(4),
  /** Unsigned 64-bit integer. */
  U64(8),
  /** 8-bit exponent without mantissa. */
  F8_E8M0(1),
  /** Any other format: the tensor can be passed over, and its size is not checked. */
  OTHER(0);

  private final int byteSize;

  Dtype(int byteSize) {
    this.byteSize = byteSize;
  }

  /** Bytes of one element. */
  public int byteSize() {
    return byteSize;
  }

  /** The same as a format of weights that kernels multiply, if it is one. */
  public Optional<FloatFormat> floatFormat() {
    return Stream.of(FloatFormat.values()).filter(format -> format.name().equals(name())).findAny();
  }

  /** The format of a file's tensor for weights of that format. */
  public static Dtype of(FloatFormat format) {
    return valueOf(format.name());
  }

  /** The format of that name as it stands in a file. */
  static Dtype ofName(String name) {
    return Stream.of(values()).filter(dtype -> dtype.name().equals(name)).findAny().orElse(OTHER);
  }
}
