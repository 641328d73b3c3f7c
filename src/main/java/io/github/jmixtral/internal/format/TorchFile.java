package io.github.jmixtral.internal.format;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.kernel.LittleEndian;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of a file that {@code torch.save} wrote ({@code .pt}, {@code .pth}), mapped into
 * memory: a zip archive of a pickle, {@code data.pkl}, which describes a dictionary of tensors, and
 * of their storages, {@code data/0}, {@code data/1} …, none of them compressed.
 *
 * <p>A pickle can run any code in a program that unpickles it as Python does. Here it is read by a
 * machine that builds tensors and containers and refuses everything else by its name.
 */
public final class TorchFile {
  private static final String PICKLE = "data.pkl";

  /** Far above the description of any model's tensors. */
  private static final long MAX_PICKLE_BYTES = 16 << 20;

  private static final byte[] LITTLE = "little".getBytes(StandardCharsets.US_ASCII);

  private static final int ZIP_SIGNATURE = 0x04034b50;

  /** Protocol 2 and an integer of 10 bytes: how the format before PyTorch 1.6 begins. */
  private static final int LEGACY_SIGNATURE = 0x0a8a0280;

  private TorchFile() {}

  /**
   * Maps a file and reads which tensors it holds: those of the dictionary that the file is, or of
   * the dictionary {@code state_dict} or {@code model} in it. Numbers and texts beside them are
   * passed over.
   *
   * @param arena how long the file stays mapped: its end makes every tensor inaccessible
   * @return the tensors by name, in the file's order
   * @throws MissingFileException when there is no such file
   * @throws MalformedFileException when the file breaks a rule of its formats
   * @throws UnsupportedCheckpointException when the pickle holds anything but tensors and
   *     containers, or the file is of the format before PyTorch 1.6, or big-endian
   */
  public static Map<String, TensorEntry> open(Path path, Arena arena) {
    String name = path.toString();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return read(path, name, file);
    } catch (NoSuchFileException _) {
      throw new MissingFileException(path.toString(), "there is no such file");
    } catch (IOException failure) {
      throw new UncheckedIOException(path + ": cannot be read", failure);
    }
  }

  private static Map<String, TensorEntry> read(Path path, String name, MemorySegment file) {
    requireArchive(name, file);
    Map<String, MemorySegment> entries = TorchArchive.entries(name, file);
    String folder = folder(name, entries);
    requireLittleEndian(name, entries.get(folder + "byteorder"));
    MemorySegment pickle = Objects.requireNonNull(entries.get(folder + PICKLE), PICKLE);
    if (pickle.byteSize() > MAX_PICKLE_BYTES) {
      throw new MalformedFileException(
          name + ": " + PICKLE,
          "at most " + MAX_PICKLE_BYTES + " bytes",
          pickle.byteSize() + " bytes");
    }
    Unpickler unpickler =
        new Unpickler(
            name + ": " + PICKLE, pickle, key -> storage(name, entries, folder + "data/" + key));
    return tensors(path, name, unpickler.read());
  }

  private static void requireArchive(String name, MemorySegment file) {
    int signature = file.byteSize() < Integer.BYTES ? 0 : file.get(LittleEndian.INT, 0);
    if (signature == LEGACY_SIGNATURE) {
      throw new UnsupportedCheckpointException(
          name,
          "this is the format before PyTorch 1.6; load the file with PyTorch and save it again");
    }
    if (signature != ZIP_SIGNATURE) {
      throw new MalformedFileException(name, "this is no zip archive as torch.save writes it");
    }
  }

  /** Everything lies in a folder that is named after the file, as a rule. */
  private static String folder(String name, Map<String, MemorySegment> entries) {
    List<String> pickles =
        entries.keySet().stream()
            .filter(entry -> entry.equals(PICKLE) || entry.endsWith("/" + PICKLE))
            .toList();
    if (pickles.size() != 1) {
      throw new MalformedFileException(
          name, "the archive has " + pickles.size() + " entries " + PICKLE + " instead of one");
    }
    String entry = pickles.getFirst();
    return entry.substring(0, entry.length() - PICKLE.length());
  }

  private static void requireLittleEndian(String name, @Nullable MemorySegment order) {
    if (order != null && order.mismatch(MemorySegment.ofArray(LITTLE)) != -1) {
      throw new UnsupportedCheckpointException(
          name + ": byteorder", "little", order.byteSize() + " other bytes");
    }
  }

  private static MemorySegment storage(
      String name, Map<String, MemorySegment> entries, String entry) {
    MemorySegment storage = entries.get(entry);
    if (storage == null) {
      throw new MalformedFileException(name, "the archive has no entry " + Excerpt.quote(entry));
    }
    return storage;
  }

  private static Map<String, TensorEntry> tensors(Path path, String name, PickleValue root) {
    Map<PickleValue.Key, PickleValue> entries = dictionary(name, root);
    for (String nested : List.of("state_dict", "model")) {
      if (entries.get(new PickleValue.Key(nested)) instanceof PickleValue.Dictionary inner) {
        entries = inner.entries();
      }
    }
    Map<String, TensorEntry> tensors = new LinkedHashMap<>();
    entries.forEach(
        (key, value) -> {
          if (value instanceof PickleValue.Tensor(Dtype dtype, List<Long> shape, var data)) {
            tensors.put(key.name(), new TensorEntry(key.name(), dtype, shape, data, path));
          }
        });
    return tensors;
  }

  private static Map<PickleValue.Key, PickleValue> dictionary(String name, PickleValue root) {
    if (root instanceof PickleValue.Dictionary(var entries)) {
      return entries;
    }
    throw new MalformedFileException(
        name + ": " + PICKLE, "a dictionary of tensors", root.description());
  }
}
