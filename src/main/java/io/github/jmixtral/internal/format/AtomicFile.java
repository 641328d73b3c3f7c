package io.github.jmixtral.internal.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A file that appears under its name whole or not at all: written under a temporary name beside it,
 * forced to the disk, renamed.
 */
final class AtomicFile implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 20;

  private final String name;
  private final Path target;
  private final Path temporary;
  private final FileChannel channel;

  /** Made when it is needed. */
  private @Nullable ByteBuffer buffer;

  /** Begins to write; the folder must exist. */
  AtomicFile(Path target) {
    name = target.toString();
    this.target = target.toAbsolutePath();
    this.temporary =
        this.target.resolveSibling(
            "." + target.getFileName() + "." + Long.toHexString(System.nanoTime()) + ".tmp");
    try {
      channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException failure) {
      throw cannotWrite(failure);
    }
  }

  private UncheckedIOException cannotWrite(IOException failure) {
    return new UncheckedIOException(name + ": cannot be written", failure);
  }

  /** Appends bytes, however many. */
  void append(MemorySegment bytes) {
    try {
      for (long done = 0; done < bytes.byteSize(); ) {
        long count = Math.min(BUFFER_BYTES, bytes.byteSize() - done);
        ByteBuffer piece = outsideTheHeap(bytes.asSlice(done, count));
        while (piece.hasRemaining()) {
          channel.write(piece);
        }
        done += count;
      }
    } catch (IOException failure) {
      throw cannotWrite(failure);
    }
  }

  /** Bytes that the system can write from where they are; those of the heap in the buffer. */
  private ByteBuffer outsideTheHeap(MemorySegment piece) {
    if (piece.isNative()) {
      return piece.asByteBuffer();
    }
    if (buffer == null) {
      buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    }
    buffer.clear().limit(Math.toIntExact(piece.byteSize()));
    MemorySegment.ofBuffer(buffer).copyFrom(piece);
    return buffer;
  }

  /** Gives the finished file its name, in place of a former one. */
  void commit() {
    try {
      channel.force(true);
      channel.close();
      move();
    } catch (IOException failure) {
      throw cannotWrite(failure);
    }
  }

  private void move() throws IOException {
    try {
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException _) {
      Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Leaves nothing behind when the file was not committed. */
  @Override
  public void close() {
    try {
      channel.close();
      Files.deleteIfExists(temporary);
    } catch (IOException failure) {
      throw cannotWrite(failure);
    }
  }
}
