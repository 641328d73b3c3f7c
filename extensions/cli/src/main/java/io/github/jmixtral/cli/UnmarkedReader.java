package io.github.jmixtral.cli;

import java.io.FilterReader;
import java.io.IOException;
import java.io.Reader;

/** Drops the byte order mark that some programs put in front of a text: it is no part of it. */
final class UnmarkedReader extends FilterReader {
  private static final int MARK = 0xFEFF;

  private boolean begun;

  UnmarkedReader(Reader marked) {
    super(marked);
  }

  @Override
  public int read() throws IOException {
    int first = in.read();
    boolean isMark = !begun && first == MARK;
    begun = true;
    return isMark ? in.read() : first;
  }

  @Override
  public int read(char[] buffer, int from, int length) throws IOException {
    if (begun || length == 0) {
      return in.read(buffer, from, length);
    }
    int first = read();
    if (first < 0) {
      return -1;
    }
    buffer[from] = (char) first;
    return 1;
  }
}
