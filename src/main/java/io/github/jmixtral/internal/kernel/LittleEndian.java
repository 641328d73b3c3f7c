package io.github.jmixtral.internal.kernel;

import java.lang.foreign.ValueLayout;
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

  private LittleEndian() {}
}
