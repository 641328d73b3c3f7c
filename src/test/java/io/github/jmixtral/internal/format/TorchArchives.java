package io.github.jmixtral.internal.format;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Zip archives as {@code torch.save} writes them, and damaged ones. */
final class TorchArchives {
  private final Map<String, byte[]> entries = new LinkedHashMap<>();
  private boolean large;

  /** An archive of a pickle and of two storages, of 12 floats and of 4 half-precision numbers. */
  static TorchArchives of(byte[] pickle) {
    byte[] floats = new byte[12 * Float.BYTES];
    ByteBuffer buffer = ByteBuffer.wrap(floats).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 12; i++) {
      buffer.putFloat(i);
    }
    return new TorchArchives()
        .put("x/data.pkl", pickle)
        .put("x/byteorder", "little".getBytes(StandardCharsets.US_ASCII))
        .put("x/data/0", floats)
        .put("x/data/1", new byte[] {0, 1, 2, 3, 4, 5, 6, 7});
  }

  TorchArchives put(String name, byte[] bytes) {
    entries.put(name, bytes);
    return this;
  }

  TorchArchives remove(String name) {
    entries.remove(name);
    return this;
  }

  /** With sizes and offsets as in an archive beyond 4 GB. */
  TorchArchives large() {
    large = true;
    return this;
  }

  byte[] bytes() {
    ByteArrayOutputStream local = new ByteArrayOutputStream();
    ByteArrayOutputStream list = new ByteArrayOutputStream();
    entries.forEach(
        (name, bytes) -> {
          int offset = local.size();
          byte[] header = name.getBytes(StandardCharsets.UTF_8);
          // As PyTorch does it: sizes follow the data, and padding aligns it.
          local.writeBytes(
              record(30)
                  .putInt(0x04034b50)
                  .putInt(0x0808_0000)
                  .position(26)
                  .putShort((short) header.length)
                  .putShort((short) 5)
                  .array());
          local.writeBytes(header);
          local.writeBytes(new byte[5]);
          local.writeBytes(bytes);
          list.writeBytes(
              record(46)
                  .putInt(0x02014b50)
                  .putInt(0)
                  .putInt(0x0808)
                  .position(20)
                  .putInt(large ? -1 : bytes.length)
                  .putInt(large ? -1 : bytes.length)
                  .putShort((short) header.length)
                  .putShort((short) (large ? 28 : 0))
                  .position(42)
                  .putInt(large ? -1 : offset)
                  .array());
          list.writeBytes(header);
          if (large) {
            list.writeBytes(
                record(28)
                    .putShort((short) 1)
                    .putShort((short) 24)
                    .putLong(bytes.length)
                    .putLong(bytes.length)
                    .putLong(offset)
                    .array());
          }
        });
    int begin = local.size();
    local.writeBytes(list.toByteArray());
    if (large) {
      int end = local.size();
      local.writeBytes(
          record(56).putInt(0x06064b50).position(40).putLong(list.size()).putLong(begin).array());
      local.writeBytes(record(20).putInt(0x07064b50).position(8).putLong(end).array());
    }
    local.writeBytes(
        record(22)
            .putInt(0x06054b50)
            .position(12)
            .putInt(large ? -1 : list.size())
            .putInt(large ? -1 : begin)
            .array());
    return local.toByteArray();
  }

  Path write(Path folder) {
    return write(folder, bytes());
  }

  static Path write(Path folder, byte[] bytes) {
    try {
      return Files.write(folder.resolve("x.pth"), bytes);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static ByteBuffer record(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
