package io.github.jmixtral.internal.format;

import java.util.Locale;

/** Sizes in bytes as people read them. */
public final class ByteSize {
  private ByteSize() {}

  /** In the largest of KB, MB and GB that is not below 1, with two digits: {@code 7.67 MB}. */
  public static String text(long bytes) {
    if (bytes >= 1_000_000_000) {
      return String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
    }
    return bytes >= 1_000_000
        ? String.format(Locale.ROOT, "%.2f MB", bytes / 1e6)
        : String.format(Locale.ROOT, "%.2f KB", bytes / 1e3);
  }
}
