package io.github.jmixtral.internal.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** Makes files of gigabytes that take a few kilobytes of disk. */
final class SparseSafetensors {
  private SparseSafetensors() {}

  /** Writes a header and the last bytes of the data; all bytes between are zero. */
  public static void write(
      Path file, List<SafetensorsWriter.Declaration> tensors, ByteBuffer lastBytes)
      throws IOException {
    long dataSize = 0;
    StringBuilder header = new StringBuilder();
    for (SafetensorsWriter.Declaration tensor : tensors) {
      long end = dataSize + tensor.byteSize();
      header
          .append(header.isEmpty() ? "{" : ",")
          .append("\"%s\":{\"dtype\":\"%s\"".formatted(tensor.name(), tensor.dtype()))
          .append(
              ",\"shape\":%s,\"data_offsets\":[%d,%d]}".formatted(tensor.shape(), dataSize, end));
      dataSize = end;
    }
    byte[] json = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      ByteBuffer start = ByteBuffer.allocate(8 + json.length).order(ByteOrder.LITTLE_ENDIAN);
      channel.write(start.putLong(json.length).put(json).flip());
      channel.write(lastBytes, 8 + json.length + dataSize - lastBytes.remaining());
    }
  }
}
