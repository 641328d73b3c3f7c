package io.github.jmixtral.cli;

import io.github.jmixtral.error.MissingFileException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** The lines of a batch file, one by one; blank ones are passed over. */
final class BatchInput implements AutoCloseable {
  /** Some programs put it in front of a text. */
  private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final Path file;
  private final String run;
  private final InputStream in;
  private final ByteLines lines;
  private long number;

  /** Read ahead, or null. */
  private BatchLine ahead;

  /**
   * Opens a file.
   *
   * @param run distinguishes it from others
   */
  BatchInput(Path file, String run) {
    this.file = file;
    this.run = run;
    try {
      in = Files.newInputStream(file);
    } catch (NoSuchFileException _) {
      throw new MissingFileException(file.toString(), "there is no such file");
    } catch (IOException failure) {
      throw cannotRead(failure);
    }
    lines = new ByteLines(in, BatchLine.MOST_BYTES);
  }

  /** How many lines a file has that are not blank; -1 of a pipe, which can be read only once. */
  static long count(Path file) {
    if (!Files.isRegularFile(file)) {
      return -1;
    }
    try (BatchInput input = new BatchInput(file, "")) {
      long count = 0;
      while (input.next().isPresent()) {
        count++;
      }
      return count;
    }
  }

  /** The line that comes next, empty at the end. */
  Optional<BatchLine> peek() {
    if (ahead == null) {
      ahead = read().orElse(null);
    }
    return Optional.ofNullable(ahead);
  }

  /** Goes past the next line and returns it, empty at the end. */
  Optional<BatchLine> next() {
    Optional<BatchLine> line = peek();
    ahead = null;
    return line;
  }

  private Optional<BatchLine> read() {
    try {
      for (Optional<ByteLines.Line> line = lines.next(); line.isPresent(); line = lines.next()) {
        number++;
        byte[] kept = line.get().kept();
        int mark = number == 1 ? markLength(kept) : 0;
        byte[] bytes = Arrays.copyOfRange(kept, mark, kept.length);
        if (!isBlank(bytes)) {
          return Optional.of(BatchLine.of(run, number, bytes, line.get().length() - mark));
        }
      }
      return Optional.empty();
    } catch (IOException failure) {
      throw cannotRead(failure);
    }
  }

  private static int markLength(byte[] line) {
    return line.length >= MARK.length && Arrays.equals(line, 0, MARK.length, MARK, 0, MARK.length)
        ? MARK.length
        : 0;
  }

  private static boolean isBlank(byte[] bytes) {
    for (byte each : bytes) {
      if (each != ' ' && each != '\t' && each != '\r') {
        return false;
      }
    }
    return true;
  }

  Path file() {
    return file;
  }

  private UncheckedIOException cannotRead(IOException failure) {
    return new UncheckedIOException(file + ": cannot be read", failure);
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException failure) {
      throw cannotRead(failure);
    }
  }
}
