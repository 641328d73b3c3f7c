package io.github.jmixtral.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Arrays as they lie in a file: little-endian, not necessarily aligned. */
final class StoredNumbers {

  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private StoredNumbers() {}

  static MemorySegment of(float[] numbers) {
    MemorySegment stored = MemorySegment.ofArray(new byte[numbers.length * Float.BYTES]);
    MemorySegment.copy(numbers, 0, stored, FLOAT, 0, numbers.length);
    return stored;
  }

  static MemorySegment of(short[] numbers) {
    MemorySegment stored = MemorySegment.ofArray(new byte[numbers.length * Short.BYTES]);
    MemorySegment.copy(numbers, 0, stored, SHORT, 0, numbers.length);
    return stored;
  }

  static MemorySegment of(int[] numbers) {
    MemorySegment stored = MemorySegment.ofArray(new byte[numbers.length * Integer.BYTES]);
    MemorySegment.copy(numbers, 0, stored, INT, 0, numbers.length);
    return stored;
  }

  static void read(MemorySegment stored, float[] numbers) {
    MemorySegment.copy(stored, FLOAT, 0, numbers, 0, numbers.length);
  }

  static void read(MemorySegment stored, short[] numbers) {
    MemorySegment.copy(stored, SHORT, 0, numbers, 0, numbers.length);
  }
}
