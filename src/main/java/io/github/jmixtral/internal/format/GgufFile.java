package io.github.jmixtral.internal.format;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A GGUF file, version 2 or 3, mapped into memory: metadata, a table of tensors, and the tensors'
 * bytes, each at a multiple of the alignment. Everything is checked before a tensor is given out,
 * and nothing but the header is read.
 *
 * <p>A model that was split into {@code NAME-00001-of-00003.gguf} and so on is opened by any of its
 * files: the metadata is the first one's.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">the format</a>
 */
public final class GgufFile {
  private static final String SPLIT_COUNT = "split.count";
  private static final String SPLIT_NUMBER = "split.no";
  private static final String SPLIT_TENSORS = "split.tensors.count";
  private static final Pattern SPLIT_NAME = Pattern.compile("(.*)-([0-9]{5})-of-([0-9]{5})\\.gguf");

  private final Path path;
  private final Map<String, GgufValue> metadata;
  private final Map<String, GgufTensor> tensors;

  private GgufFile(Path path, Map<String, GgufValue> metadata, Map<String, GgufTensor> tensors) {
    this.path = path;
    this.metadata = Collections.unmodifiableMap(metadata);
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * The GGUF file at a path, if there is one: a file that begins with {@code GGUF} or whose name
   * ends with {@code .gguf}, or the one in a folder without other weights, of a split one its first
   * part. A {@code config.json} says nothing: repositories of GGUF files often have one, too.
   *
   * @throws MalformedFileException when a folder holds several
   */
  public static Optional<Path> find(Path path) {
    if (Files.isRegularFile(path)) {
      return Optional.of(path).filter(file -> isGguf(file) || beginsWithMagic(file));
    }
    if (!Files.isDirectory(path) || TensorFiles.find(path).isPresent()) {
      return Optional.empty();
    }
    try (Stream<Path> listing = Files.list(path)) {
      List<Path> all = listing.toList();
      if (all.stream().anyMatch(file -> file.getFileName().toString().startsWith("consolidated"))) {
        return Optional.empty();
      }
      List<Path> files =
          all.stream().filter(GgufFile::isGguf).filter(GgufFile::begins).sorted().toList();
      if (files.size() > 1) {
        throw new MalformedFileException(
            path.toString(),
            "the folder holds " + files.size() + " GGUF files; name the one to read");
      }
      return files.stream().findFirst();
    } catch (IOException failure) {
      throw new UncheckedIOException(path + ": cannot be listed", failure);
    }
  }

  private static boolean isGguf(Path file) {
    return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".gguf");
  }

  /** Whether the first four bytes of a file say that it is a GGUF file. */
  private static boolean beginsWithMagic(Path file) {
    try (InputStream bytes = Files.newInputStream(file)) {
      return Arrays.equals(bytes.readNBytes(4), "GGUF".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException failure) {
      throw new UncheckedIOException(file + ": cannot be read", failure);
    }
  }

  /** Whether a file is whole, or the first part of a split one. */
  private static boolean begins(Path file) {
    Matcher name = SPLIT_NAME.matcher(file.getFileName().toString());
    return !name.matches() || Integer.parseInt(name.group(2)) == 1;
  }

  /**
   * Maps a file, or all files that it was split into, and checks the header.
   *
   * @param arena how long the file stays mapped: its end makes every tensor inaccessible
   * @throws MissingFileException when there is no such file, or one of its parts is missing
   * @throws MalformedFileException when a file breaks a rule of the format
   * @throws io.github.jmixtral.error.UnsupportedCheckpointException when it is of another version
   *     or byte order, or a tensor of a type that is not among {@link GgufType}
   */
  public static GgufFile open(Path path, Arena arena) {
    GgufFile file = openOne(path, arena);
    int parts = GgufMetadata.of(file).whole(SPLIT_COUNT).orElse(1);
    return parts <= 1 ? file : file.withItsOtherParts(parts, arena);
  }

  /** The file that was opened; of a split model, the first part. */
  public Path path() {
    return path;
  }

  /** What the file says of its model, by key. */
  public Map<String, GgufValue> metadata() {
    return metadata;
  }

  /** All tensors by name, in the order of their bytes. */
  public Map<String, GgufTensor> tensors() {
    return tensors;
  }

  private static GgufFile openOne(Path path, Arena arena) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      GgufHeader header = GgufHeader.parse(bytes, path.toString());
      Map<String, GgufTensor> tensors = LinkedHashMap.newLinkedHashMap(header.tensors().size());
      for (GgufHeader.Declared tensor : header.tensors()) {
        MemorySegment data =
            bytes.asSlice(header.dataBegin() + tensor.begin(), tensor.end() - tensor.begin());
        tensors.put(
            tensor.name(),
            new GgufTensor(tensor.name(), tensor.type(), tensor.shape(), data, path));
      }
      return new GgufFile(path, header.metadata(), tensors);
    } catch (NoSuchFileException _) {
      throw new MissingFileException(path.toString(), "there is no such file");
    } catch (IOException failure) {
      throw new UncheckedIOException(path + ": cannot be read", failure);
    }
  }

  /** Joins the parts; this one is opened again, so that every part takes the same way. */
  private GgufFile withItsOtherParts(int count, Arena arena) {
    Matcher name = SPLIT_NAME.matcher(path.getFileName().toString());
    if (!name.matches() || Integer.parseInt(name.group(3)) != count) {
      throw new MalformedFileException(
          path + ": metadata '" + SPLIT_COUNT + "'",
          "a part of %d must be named as NAME-00001-of-%05d.gguf".formatted(count, count));
    }
    GgufFile first = null;
    Map<String, GgufTensor> all = new LinkedHashMap<>();
    for (int number = 0; number < count; number++) {
      GgufFile part =
          openOne(
              path.resolveSibling(
                  "%s-%05d-of-%05d.gguf".formatted(name.group(1), number + 1, count)),
              arena);
      part.requireSplit(SPLIT_COUNT, count);
      part.requireSplit(SPLIT_NUMBER, number);
      first = first == null ? part : first;
      for (GgufTensor tensor : part.tensors.values()) {
        GgufTensor other = all.putIfAbsent(tensor.name(), tensor);
        if (other != null) {
          throw new MalformedFileException(
              tensor.place(), "the tensor is in " + other.file() + ", too");
        }
      }
    }
    Objects.requireNonNull(first, "a file has at least one part");
    if (first.metadata.containsKey(SPLIT_TENSORS)) {
      first.requireSplit(SPLIT_TENSORS, all.size());
    }
    return new GgufFile(first.path, first.metadata, all);
  }

  private void requireSplit(String key, int expected) {
    int found = GgufMetadata.of(this).requiredWhole(key);
    if (found != expected) {
      throw new MalformedFileException(
          path + ": metadata '" + key + "'", "" + expected, "" + found);
    }
  }
}
