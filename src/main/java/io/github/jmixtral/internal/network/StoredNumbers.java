package io.github.jmixtral.internal.network;

import io.github.jmixtral.internal.kernel.LittleEndian;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Arrays as they lie in a file: little-endian, not necessarily aligned. */
final class StoredNumbers {
  private StoredNumbers() {}

  static MemorySegment of(float[] numbers) {
    return of(MemorySegment.ofArray(numbers), Float.BYTES);
  }

  static MemorySegment of(int[] numbers) {
    return of(MemorySegment.ofArray(numbers), Integer.BYTES);
  }

  /**
   * The bytes of an array as they lie in a file.
   *
   * @param size bytes of a number: 1, 2 or 4
   */
  static MemorySegment of(MemorySegment array, int size) {
    MemorySegment stored = MemorySegment.ofArray(new byte[Math.toIntExact(array.byteSize())]);
    copy(array, stored, size);
    return stored;
  }

  /** Copies between an array and its bytes in a file, whichever is which. */
  static void copy(MemorySegment from, MemorySegment to, int size) {
    long count = from.byteSize() / size;
    switch (size) {
      case Byte.BYTES -> to.copyFrom(from);
      case Short.BYTES ->
          MemorySegment.copy(
              from, ValueLayout.JAVA_SHORT_UNALIGNED, 0, to, LittleEndian.SHORT, 0, count);
      case Integer.BYTES ->
          MemorySegment.copy(
              from, ValueLayout.JAVA_INT_UNALIGNED, 0, to, LittleEndian.INT, 0, count);
      default -> throw new IllegalArgumentException("numbers of " + size + " bytes");
    }
  }
}
