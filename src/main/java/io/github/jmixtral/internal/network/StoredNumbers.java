package io.github.jmixtral.internal.network;

import io.github.jmixtral.internal.kernel.LittleEndian;
import java.lang.foreign.MemorySegment;

/** Arrays as they lie in a file: little-endian, not necessarily aligned. */
final class StoredNumbers {
  private StoredNumbers() {}

  static MemorySegment of(float[] numbers) {
    MemorySegment stored = MemorySegment.ofArray(new byte[numbers.length * Float.BYTES]);
    MemorySegment.copy(numbers, 0, stored, LittleEndian.FLOAT, 0, numbers.length);
    return stored;
  }

  static MemorySegment of(short[] numbers) {
    MemorySegment stored = MemorySegment.ofArray(new byte[numbers.length * Short.BYTES]);
    MemorySegment.copy(numbers, 0, stored, LittleEndian.SHORT, 0, numbers.length);
    return stored;
  }

  static MemorySegment of(int[] numbers) {
    MemorySegment stored = MemorySegment.ofArray(new byte[numbers.length * Integer.BYTES]);
    MemorySegment.copy(numbers, 0, stored, LittleEndian.INT, 0, numbers.length);
    return stored;
  }

  static void read(MemorySegment stored, float[] numbers) {
    MemorySegment.copy(stored, LittleEndian.FLOAT, 0, numbers, 0, numbers.length);
  }

  static void read(MemorySegment stored, short[] numbers) {
    MemorySegment.copy(stored, LittleEndian.SHORT, 0, numbers, 0, numbers.length);
  }
}
