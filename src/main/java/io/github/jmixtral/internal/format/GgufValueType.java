package io.github.jmixtral.internal.format;

/**
 * The numbers that stand for the types of metadata in a GGUF file, except those of whole numbers,
 * which {@link GgufValue.WholeType} has.
 */
final class GgufValueType {
  static final int FLOAT32 = 6;
  static final int BOOL = 7;
  static final int STRING = 8;
  static final int ARRAY = 9;
  static final int FLOAT64 = 12;

  private GgufValueType() {}
}
