package io.github.jmixtral.internal.format;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * The tensors of a checkpoint folder: {@code model.safetensors}, or the shards that {@code
 * model.safetensors.index.json} lists; where there are none, the files of PyTorch that came before
 * ({@code pytorch_model.bin}, or shards with their index), or files of other names, where it is
 * plain which. Where a single file and an index stand, the single file wins, as in the reference.
 */
public final class TensorFolder {
  private static final Logger LOGGER = LoggerFactory.getLogger(TensorFolder.class);

  /** The name of an undivided checkpoint. */
  public static final String SINGLE_FILE = TensorFiles.SINGLE_FILE;

  /** The name of the list of shards. */
  public static final String INDEX_FILE = TensorFiles.SINGLE_FILE + TensorFiles.INDEX;

  /** What file systems allow. */
  private static final int LONGEST_FILE_NAME = 255;

  private final Map<String, TensorEntry> tensors;
  private final Map<Path, Map<String, String>> metadata;
  private final Path source;

  /** The tensors of one file, and what it says beside them. */
  private record Opened(Path path, Map<String, TensorEntry> tensors, Map<String, String> metadata) {

    static Opened of(Path path, Arena arena) {
      if (!path.toString().endsWith(".safetensors")) {
        return new Opened(path, TorchFile.open(path, arena), Map.of());
      }
      SafetensorsFile file = SafetensorsFile.open(path, arena);
      return new Opened(path, file.tensors(), file.metadata());
    }
  }

  private TensorFolder(Map<String, TensorEntry> tensors, Collection<Opened> files, Path source) {
    this.tensors = Collections.unmodifiableMap(tensors);
    this.metadata =
        files.stream().collect(Collectors.toUnmodifiableMap(Opened::path, Opened::metadata));
    this.source = source;
  }

  /**
   * Maps every file of the checkpoint. Where index and shards contradict each other the shards
   * count, with a warning, as in the reference.
   *
   * @param arena how long the files stay mapped
   * @throws MissingFileException when there are no weights, or a shard is missing
   * @throws MalformedFileException when a file breaks a rule of its format
   * @throws io.github.jmixtral.error.UnsupportedCheckpointException when it is unclear which of the
   *     files are the model, or a pickle holds anything but tensors and containers
   */
  public static TensorFolder open(Path folder, Arena arena) {
    return switch (require(folder)) {
      case TensorFiles.Whole(List<Path> files) -> openWhole(folder, files, arena);
      case TensorFiles.Indexed(Path index) -> openIndexed(index, arena);
      case TensorFiles.Incomplete incomplete -> throw TensorFiles.refusal(incomplete);
      case TensorFiles.Several several -> throw TensorFiles.refusal(several);
    };
  }

  /**
   * The files of the checkpoint, whether or not they are there: the single file, or the shards that
   * the index names.
   *
   * @throws MissingFileException when there are none
   * @throws MalformedFileException when the index breaks a rule
   * @throws io.github.jmixtral.error.UnsupportedCheckpointException when it is unclear which of the
   *     files are the model
   */
  public static List<Path> files(Path folder) {
    return switch (require(folder)) {
      case TensorFiles.Whole(List<Path> files) -> files;
      case TensorFiles.Indexed(Path index) ->
          readIndex(index).values().stream().distinct().sorted().map(folder::resolve).toList();
      case TensorFiles.Incomplete incomplete -> throw TensorFiles.refusal(incomplete);
      case TensorFiles.Several several -> throw TensorFiles.refusal(several);
    };
  }

  /** The list of shards of a folder, where it counts. */
  public static Optional<Path> index(Path folder) {
    return TensorFiles.find(folder)
        .flatMap(
            found ->
                found instanceof TensorFiles.Indexed(Path index)
                    ? Optional.of(index)
                    : Optional.empty());
  }

  /** Whether there are any weights, whole or not. */
  public static boolean hasWeights(Path folder) {
    return TensorFiles.find(folder).isPresent();
  }

  /** All tensors by name. */
  public Map<String, TensorEntry> tensors() {
    return tensors;
  }

  /** What {@code __metadata__} says in the file that holds a tensor of this folder. */
  public Map<String, String> metadataOf(TensorEntry tensor) {
    return metadata.getOrDefault(tensor.file(), Map.of());
  }

  /** The file that lists the tensors: the single file or the index. */
  public Path source() {
    return source;
  }

  private static TensorFiles require(Path folder) {
    return TensorFiles.find(folder)
        .orElseThrow(
            () ->
                new MissingFileException(
                    folder.toString(),
                    "the folder has no weights: no "
                        + SINGLE_FILE
                        + ", "
                        + INDEX_FILE
                        + " or other file of them"));
  }

  private static TensorFolder openWhole(Path folder, List<Path> files, Arena arena) {
    List<Opened> opened = files.stream().map(file -> Opened.of(file, arena)).toList();
    Map<String, TensorEntry> tensors = new LinkedHashMap<>();
    for (Opened file : opened) {
      for (TensorEntry tensor : file.tensors().values()) {
        TensorEntry other = tensors.put(tensor.name(), tensor);
        if (other != null) {
          throw new MalformedFileException(
              tensor.place(), "the tensor is in " + other.file() + ", too");
        }
      }
    }
    return new TensorFolder(tensors, opened, files.size() == 1 ? files.getFirst() : folder);
  }

  private static TensorFolder openIndexed(Path index, Arena arena) {
    Map<String, String> fileOfTensor = readIndex(index);
    Map<String, Opened> shards = openShards(index, fileOfTensor, arena);
    absences(index, fileOfTensor, shards)
        .findFirst()
        .ifPresent(fault -> LOGGER.warn("{}; the shards count", fault.getMessage()));
    return new TensorFolder(tensors(index, shards, fileOfTensor), shards.values(), index);
  }

  /**
   * Checks that each tensor is in the shard that the index names for it. A model loads without: the
   * index says which files there are, and the files which tensors.
   *
   * @throws MalformedFileException for the first that is not
   */
  public static void requireTrueIndex(Path index) {
    try (Arena arena = Arena.ofConfined()) {
      Map<String, String> fileOfTensor = readIndex(index);
      Map<String, Opened> shards = openShards(index, fileOfTensor, arena);
      absences(index, fileOfTensor, shards)
          .findFirst()
          .ifPresent(
              fault -> {
                throw fault;
              });
    }
  }

  /** Reads {@code weight_map}: tensor name → file name. */
  private static Map<String, String> readIndex(Path index) {
    JsonNode root = JsonFile.read(index);
    JsonNode weightMap = root.get("weight_map");
    if (weightMap == null) {
      throw new MalformedFileException(index.toString(), "the key weight_map is missing");
    }
    if (!weightMap.isObject() || weightMap.isEmpty()) {
      throw new MalformedFileException(
          index + ": weight_map",
          "an object of tensor names and file names",
          Excerpt.line(weightMap.toString()));
    }
    Map<String, String> files = LinkedHashMap.newLinkedHashMap(weightMap.size());
    for (Map.Entry<String, JsonNode> entry : weightMap.properties()) {
      JsonNode file = entry.getValue();
      if (!file.isString() || !staysInside(file.stringValue())) {
        throw new MalformedFileException(
            index + ": tensor " + Excerpt.quote(entry.getKey()),
            "the name of a file of this folder",
            Excerpt.line(file.toString()));
      }
      files.put(entry.getKey(), Path.of(file.stringValue()).normalize().toString());
    }
    return files;
  }

  /** Whether a name means a file of a folder, or of one inside, on any system. */
  private static boolean staysInside(String name) {
    List<String> parts =
        Arrays.stream(name.split("/", -1)).filter(part -> !part.equals(".")).toList();
    return !parts.isEmpty()
        && parts.stream()
            .allMatch(
                part ->
                    !part.isBlank()
                        && part.length() <= LONGEST_FILE_NAME
                        && FileName.isPlain(part));
  }

  private static Map<String, Opened> openShards(
      Path index, Map<String, String> fileOfTensor, Arena arena) {
    Map<String, Opened> shards = new TreeMap<>();
    fileOfTensor.forEach(
        (tensor, file) -> shards.computeIfAbsent(file, _ -> openShard(index, file, tensor, arena)));
    return shards;
  }

  private static Stream<MalformedFileException> absences(
      Path index, Map<String, String> fileOfTensor, Map<String, Opened> shards) {
    return fileOfTensor.entrySet().stream()
        .filter(entry -> !has(shards, entry.getValue(), entry.getKey()))
        .map(
            entry ->
                new MalformedFileException(
                    index + ": tensor " + Excerpt.quote(entry.getKey()),
                    "the file " + entry.getValue() + " has no such tensor"));
  }

  private static boolean has(Map<String, Opened> shards, String file, String tensor) {
    Opened shard = shards.get(file);
    return shard != null && shard.tensors().containsKey(tensor);
  }

  private static Map<String, TensorEntry> tensors(
      Path index, Map<String, Opened> shards, Map<String, String> fileOfTensor) {
    Map<String, TensorEntry> tensors = LinkedHashMap.newLinkedHashMap(fileOfTensor.size());
    List<String> stale = new ArrayList<>();
    shards.forEach(
        (file, shard) -> {
          for (TensorEntry tensor : shard.tensors().values()) {
            String named = fileOfTensor.getOrDefault(tensor.name(), file);
            if (named.equals(file) || !has(shards, named, tensor.name())) {
              tensors.putIfAbsent(tensor.name(), tensor);
            } else {
              stale.add(tensor.place());
            }
          }
        });
    if (!stale.isEmpty()) {
      LOGGER.warn(
          "{}: passed over, as {} names another file for it; so are {} more",
          stale.getFirst(),
          index.getFileName(),
          stale.size() - 1);
    }
    return tensors;
  }

  private static Opened openShard(Path index, String file, String tensor, Arena arena) {
    Path path = index.resolveSibling(file);
    if (!Files.exists(path)) {
      throw new MissingFileException(
          path.toString(),
          "this shard is missing; "
              + index.getFileName()
              + " names it for tensor "
              + Excerpt.quote(tensor));
    }
    return Opened.of(path, arena);
  }
}
