package io.github.jmixtral.internal.format;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A safetensors file, mapped into memory: the length of a header (8 bytes, little-endian), the
 * header (JSON), the tensors' bytes without a gap. Everything is checked before a tensor is given
 * out, and nothing but the header is read.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">the format</a>
 */
public final class SafetensorsFile {
  /** Bytes before the header. */
  static final int LENGTH_BYTES = 8;

  /** The format's own limit. */
  static final long MAX_HEADER_BYTES = 100_000_000;

  private final Path path;
  private final Map<String, TensorEntry> tensors;
  private final Map<String, String> metadata;

  private SafetensorsFile(
      Path path, Map<String, TensorEntry> tensors, Map<String, String> metadata) {
    this.path = path;
    this.tensors = Collections.unmodifiableMap(tensors);
    this.metadata = Collections.unmodifiableMap(metadata);
  }

  /**
   * Maps a file and checks its header.
   *
   * @param arena how long the file stays mapped: its end makes every tensor inaccessible
   * @throws MissingFileException when there is no such file
   * @throws MalformedFileException when the file breaks a rule of the format
   */
  public static SafetensorsFile open(Path path, Arena arena) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      String name = path.toString();
      long fileSize = channel.size();
      long headerSize = readHeaderSize(channel, name, fileSize);
      long dataBegin = LENGTH_BYTES + headerSize;
      SafetensorsHeader header =
          SafetensorsHeader.parse(channel, name, headerSize, fileSize - dataBegin);
      MemorySegment data =
          channel.map(FileChannel.MapMode.READ_ONLY, 0, fileSize, arena).asSlice(dataBegin);
      Map<String, TensorEntry> tensors = LinkedHashMap.newLinkedHashMap(header.tensors().size());
      for (SafetensorsHeader.Declared tensor : header.tensors()) {
        MemorySegment bytes = data.asSlice(tensor.begin(), tensor.end() - tensor.begin());
        tensors.put(
            tensor.name(),
            new TensorEntry(tensor.name(), tensor.dtype(), tensor.shape(), bytes, path));
      }
      return new SafetensorsFile(path, tensors, header.metadata());
    } catch (NoSuchFileException _) {
      throw new MissingFileException(path.toString(), "there is no such file");
    } catch (IOException failure) {
      throw new UncheckedIOException(path + ": cannot be read", failure);
    }
  }

  /** The file itself. */
  public Path path() {
    return path;
  }

  /** All tensors by name, in the order of their bytes. */
  public Map<String, TensorEntry> tensors() {
    return tensors;
  }

  /** What {@code __metadata__} says; empty without it. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /**
   * The tensor of that name.
   *
   * @throws MalformedFileException when the file has none
   */
  public TensorEntry tensor(String name) {
    TensorEntry tensor = tensors.get(name);
    if (tensor == null) {
      throw new MalformedFileException(
          path + ": tensor " + Excerpt.quote(name), "the tensor is missing");
    }
    return tensor;
  }

  private static long readHeaderSize(FileChannel channel, String name, long fileSize)
      throws IOException {
    if (fileSize < LENGTH_BYTES) {
      throw new MalformedFileException(
          name,
          "the file has %d bytes, too few for the %d of the header's length"
              .formatted(fileSize, LENGTH_BYTES));
    }
    ByteBuffer buffer = ByteBuffer.allocate(LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new MalformedFileException(
            name, "the file ends within its first " + LENGTH_BYTES + " bytes");
      }
    }
    long headerSize = buffer.getLong(0);
    // A negative number is an unsigned one beyond 2^63.
    if (headerSize < 0 || headerSize > MAX_HEADER_BYTES) {
      throw new MalformedFileException(
          name + ": header length",
          "at most " + MAX_HEADER_BYTES,
          Long.toUnsignedString(headerSize));
    }
    if (headerSize > fileSize - LENGTH_BYTES) {
      throw new MalformedFileException(
          name + ": header length",
          "at most " + (fileSize - LENGTH_BYTES) + ", the rest of the file",
          Long.toString(headerSize));
    }
    return headerSize;
  }
}
