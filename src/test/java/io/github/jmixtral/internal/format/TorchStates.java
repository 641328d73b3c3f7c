package io.github.jmixtral.internal.format;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;

/**
 * Writes tensors as {@code torch.save(model.state_dict())} does: an ordered dictionary of tensors,
 * with a dictionary of versions hung on it.
 */
public final class TorchStates {
  private final ByteArrayOutputStream pickle = new ByteArrayOutputStream();

  private TorchStates() {}

  /** Writes a file of some tensors. */
  public static void write(Path file, Collection<TensorEntry> tensors) throws IOException {
    Files.write(file, new TorchStates().archive(tensors));
  }

  private byte[] archive(Collection<TensorEntry> tensors) {
    TorchArchives archive = new TorchArchives();
    bytes(0x80, 2).name("collections", "OrderedDict").bytes(')', 'R', '(');
    int storage = 0;
    for (TensorEntry tensor : tensors) {
      text(tensor.name());
      tensor(tensor, storage);
      archive.put("archive/data/" + storage, tensor.data().toArray(ValueLayout.JAVA_BYTE));
      storage++;
    }
    bytes('u', '}').text("_metadata").bytes('}', 's', 'b', '.');
    return archive
        .put("archive/data.pkl", pickle.toByteArray())
        .put("archive/byteorder", "little".getBytes(StandardCharsets.US_ASCII))
        .bytes();
  }

  private void tensor(TensorEntry tensor, int storage) {
    long count = 1;
    for (long size : tensor.shape()) {
      count *= size;
    }
    name("torch._utils", "_rebuild_tensor_v2").bytes('(', '(').text("storage");
    name("torch", storageOf(tensor.dtype())).text("" + storage).text("cpu").whole(count);
    bytes('t', 'Q').whole(0).bytes('(');
    tensor.shape().forEach(this::whole);
    bytes('t', '(');
    long stride = count;
    for (long size : tensor.shape()) {
      stride /= size;
      whole(stride);
    }
    bytes('t', 0x89).name("collections", "OrderedDict").bytes(')', 'R', 't', 'R');
  }

  private static String storageOf(Dtype dtype) {
    return switch (dtype) {
      case F32 -> "FloatStorage";
      case F16 -> "HalfStorage";
      case BF16 -> "BFloat16Storage";
      case I64 -> "LongStorage";
      case I32 -> "IntStorage";
      case I8 -> "CharStorage";
      case U8 -> "ByteStorage";
      default -> throw new IllegalArgumentException(dtype + " does not occur");
    };
  }

  private TorchStates bytes(int... bytes) {
    for (int each : bytes) {
      pickle.write(each);
    }
    return this;
  }

  private TorchStates name(String module, String name) {
    pickle.writeBytes(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
    return this;
  }

  private TorchStates text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    bytes('X').number(utf8.length);
    pickle.writeBytes(utf8);
    return this;
  }

  private TorchStates whole(long number) {
    return bytes('J').number(Math.toIntExact(number));
  }

  private TorchStates number(int number) {
    ByteBuffer buffer = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    pickle.writeBytes(buffer.putInt(number).array());
    return this;
  }
}
