package io.github.jmixtral.internal.kernel;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Numbers as every format here stores them: little-endian, at any address. */
public final class LittleEndian {
  /** The order of the bytes of a number. */
  public static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  /** Two bytes. */
  public static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);

  /** Four bytes. */
  public static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ORDER);

  /** Eight bytes. */
  public static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ORDER);

  /** Four bytes, IEEE 754. */
  public static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);

  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ORDER);
  private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ORDER);
  private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ORDER);

  private LittleEndian() {}

  /** The two bytes of an array from {@code at} on. */
  public static short getShort(byte[] bytes, int at) {
    return (short) SHORTS.get(bytes, at);
  }

  /** Writes two bytes of an array. */
  public static void setShort(byte[] bytes, int at, short value) {
    SHORTS.set(bytes, at, value);
  }

  /** The four bytes of an array from {@code at} on. */
  public static int getInt(byte[] bytes, int at) {
    return (int) INTS.get(bytes, at);
  }

  /** Writes four bytes of an array. */
  public static void setInt(byte[] bytes, int at, int value) {
    INTS.set(bytes, at, value);
  }

  /** The eight bytes of an array from {@code at} on. */
  public static long getLong(byte[] bytes, int at) {
    return (long) LONGS.get(bytes, at);
  }

  /** Writes eight bytes of an array. */
  public static void setLong(byte[] bytes, int at, long value) {
    LONGS.set(bytes, at, value);
  }
}
