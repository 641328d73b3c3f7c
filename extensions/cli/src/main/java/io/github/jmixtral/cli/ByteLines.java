package io.github.jmixtral.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Cuts a stream at line feeds. Of a line it keeps a bounded number of bytes. */
final class ByteLines {
  private static final int BUFFER_BYTES = 1 << 16;

  private final InputStream in;
  private final int mostKept;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int next;
  private int filled;

  /**
   * A line.
   *
   * @param kept its first bytes, without the line feed
   * @param length in bytes, without the line feed
   * @param isEnded whether a line feed follows
   */
  record Line(byte[] kept, long length, boolean isEnded) {}

  /**
   * The lines of a stream, which stays the caller's to close.
   *
   * @param mostKept bytes of a line
   */
  ByteLines(InputStream in, int mostKept) {
    this.in = in;
    this.mostKept = mostKept;
  }

  /** The next line, empty at the end. */
  Optional<Line> next() throws IOException {
    var kept = new ByteArrayOutputStream();
    long length = 0;
    while (next < filled || fill()) {
      int begin = next;
      while (next < filled && buffer[next] != '\n') {
        next++;
      }
      kept.write(buffer, begin, Math.min(next - begin, mostKept - kept.size()));
      length += next - begin;
      if (next < filled) {
        next++;
        return Optional.of(new Line(kept.toByteArray(), length, true));
      }
    }
    return length == 0
        ? Optional.empty()
        : Optional.of(new Line(kept.toByteArray(), length, false));
  }

  private boolean fill() throws IOException {
    next = 0;
    filled = in.read(buffer);
    return filled > 0;
  }
}
