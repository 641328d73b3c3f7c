package io.github.jmixtral.cli;

import io.github.jmixtral.error.MalformedFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;

/**
 * The file of a batch's answers. What an earlier process wrote stays, but for a line that it did
 * not finish.
 */
final class BatchOutput implements AutoCloseable {
  /** More than what the line of an answer begins with. */
  private static final int COMPARED_BYTES = 256;

  /** Behind every file's end, so that the lock hinders no reader. */
  private static final long LOCKED_BYTE = Long.MAX_VALUE - 1;

  private final Path file;
  private final FileChannel channel;
  private long count;

  private BatchOutput(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Opens a file, which need not exist, and passes over the lines that it answers already.
   *
   * @param input at its begin; afterwards at the first line without an answer
   * @throws MalformedFileException if the file holds anything but answers to these lines, or
   *     another process writes to it
   */
  static BatchOutput open(Path file, BatchInput input) {
    input.peek(); // a file that cannot be read leaves none behind
    try {
      BatchOutput output =
          new BatchOutput(
              file,
              FileChannel.open(
                  file,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE));
      try {
        output.lock();
        output.resume(input);
        return output;
      } catch (RuntimeException | IOException failure) {
        output.channel.close();
        throw failure;
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(file + ": cannot be opened for writing", failure);
    }
  }

  private void lock() throws IOException {
    try {
      if (channel.tryLock(LOCKED_BYTE, 1, false) != null) {
        return; // until the channel is closed
      }
    } catch (OverlappingFileLockException _) {
      // this process holds it
    }
    throw new MalformedFileException(
        file.toString(), "another batch writes to this file; wait for it, or choose another --out");
  }

  private void resume(BatchInput input) throws IOException {
    ByteLines lines = new ByteLines(Channels.newInputStream(channel), COMPARED_BYTES);
    long end = 0;
    for (Optional<ByteLines.Line> line = lines.next(); line.isPresent(); line = lines.next()) {
      requireAnswer(line.get(), input);
      if (line.get().isEnded()) {
        end += line.get().length() + 1;
        count++;
        input.next();
      }
    }
    channel.truncate(end);
    channel.position(end);
  }

  /** Checks that a line answers the next one of the input, as far as the line goes. */
  private void requireAnswer(ByteLines.Line line, BatchInput input) {
    String asked = input.peek().map(next -> "line " + next.number()).orElse("a line");
    byte[] begin =
        input
            .peek()
            .map(next -> next.answerBegin().getBytes(StandardCharsets.UTF_8))
            .orElse(new byte[0]);
    byte[] kept = line.kept();
    int compared = line.isEnded() ? begin.length : Math.min(begin.length, kept.length);
    if (compared == 0
        || kept.length < compared
        || !Arrays.equals(kept, 0, compared, begin, 0, compared)) {
      throw new MalformedFileException(
          file + ": line " + (count + 1),
          "this is no answer to %s of %s by this model with these options; choose another --out, or delete the file"
              .formatted(asked, input.file()));
    }
  }

  /** How many answers the file holds. */
  long count() {
    return count;
  }

  /** Appends an answer, a line without its end. */
  void append(byte[] answer) {
    ByteBuffer line = ByteBuffer.allocate(answer.length + 1).put(answer).put((byte) '\n').flip();
    try {
      while (line.hasRemaining()) {
        channel.write(line);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(file + ": cannot be written", failure);
    }
    count++;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException failure) {
      throw new UncheckedIOException(file + ": cannot be written", failure);
    }
  }
}
