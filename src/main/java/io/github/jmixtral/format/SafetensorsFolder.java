package io.github.jmixtral.format;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * The tensors of a checkpoint folder: {@code model.safetensors}, or the shards that {@code
 * model.safetensors.index.json} lists. Where both stand, the single file wins, as in the reference.
 */
public final class SafetensorsFolder {
  /** The name of an undivided checkpoint. */
  public static final String SINGLE_FILE = "model.safetensors";

  /** The name of the list of shards. */
  public static final String INDEX_FILE = "model.safetensors.index.json";

  /** What file systems allow. */
  private static final int LONGEST_FILE_NAME = 255;

  private final Map<String, TensorEntry> tensors;
  private final Map<Path, Map<String, String>> metadata;
  private final Path source;

  private SafetensorsFolder(
      Map<String, TensorEntry> tensors, Collection<SafetensorsFile> files, Path source) {
    this.tensors = Collections.unmodifiableMap(tensors);
    this.metadata =
        files.stream()
            .collect(
                Collectors.toUnmodifiableMap(SafetensorsFile::path, SafetensorsFile::metadata));
    this.source = source;
  }

  /**
   * Maps every file of the checkpoint and checks that index and shards agree.
   *
   * @param arena how long the files stay mapped
   * @throws MissingFileException when there are no weights, or a shard is missing
   * @throws MalformedFileException when a file breaks a rule of its format, or index and shards
   *     contradict each other
   */
  public static SafetensorsFolder open(Path folder, Arena arena) {
    Path single = folder.resolve(SINGLE_FILE);
    if (Files.exists(single)) {
      SafetensorsFile file = SafetensorsFile.open(single, arena);
      return new SafetensorsFolder(file.tensors(), List.of(file), single);
    }
    Map<String, String> fileOfTensor = requireIndexed(folder);
    Map<String, SafetensorsFile> shards = openShards(folder, fileOfTensor, arena);
    return new SafetensorsFolder(
        tensors(shards, fileOfTensor), shards.values(), folder.resolve(INDEX_FILE));
  }

  /**
   * The files of the checkpoint, whether or not they are there: the single file, or the shards that
   * the index names.
   *
   * @throws MissingFileException when there is neither
   * @throws MalformedFileException when the index breaks a rule
   */
  public static List<Path> files(Path folder) {
    Path single = folder.resolve(SINGLE_FILE);
    if (Files.exists(single)) {
      return List.of(single);
    }
    return requireIndexed(folder).values().stream()
        .distinct()
        .sorted()
        .map(folder::resolve)
        .toList();
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

  private static Map<String, String> requireIndexed(Path folder) {
    Path index = folder.resolve(INDEX_FILE);
    if (!Files.exists(index)) {
      throw new MissingFileException(
          folder.toString(), "the weights, " + SINGLE_FILE + " or " + INDEX_FILE);
    }
    return readIndex(index);
  }

  /** Reads {@code weight_map}: tensor name → file name. */
  private static Map<String, String> readIndex(Path index) {
    JsonNode root = JsonFile.read(index);
    JsonNode weightMap = root.get("weight_map");
    if (weightMap == null || !weightMap.isObject() || weightMap.isEmpty()) {
      throw new MalformedFileException(
          INDEX_FILE + ": weight_map",
          "an object of tensor names and file names",
          weightMap == null ? "no such key" : Excerpt.line(weightMap.toString()));
    }
    Map<String, String> files = LinkedHashMap.newLinkedHashMap(weightMap.size());
    for (Map.Entry<String, JsonNode> entry : weightMap.properties()) {
      JsonNode file = entry.getValue();
      if (!file.isString() || !isPlainFileName(file.stringValue())) {
        throw new MalformedFileException(
            INDEX_FILE + ": tensor " + Excerpt.quote(entry.getKey()),
            "the plain name of a file of this folder",
            Excerpt.line(file.toString()));
      }
      files.put(entry.getKey(), file.stringValue());
    }
    return files;
  }

  /** Whether a name can mean nothing but a file of the same folder, on any system. */
  private static boolean isPlainFileName(String name) {
    return !name.isBlank()
        && name.length() <= LONGEST_FILE_NAME
        && !name.equals(".")
        && !name.equals("..")
        && name.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ');
  }

  private static Map<String, SafetensorsFile> openShards(
      Path folder, Map<String, String> fileOfTensor, Arena arena) {
    Map<String, SafetensorsFile> shards = new TreeMap<>();
    fileOfTensor.forEach(
        (tensor, file) ->
            shards.computeIfAbsent(file, _ -> openShard(folder, file, tensor, arena)));
    fileOfTensor.forEach(
        (tensor, file) -> {
          if (!shards.get(file).tensors().containsKey(tensor)) {
            throw new MalformedFileException(
                INDEX_FILE + ": tensor " + Excerpt.quote(tensor),
                "it in " + file,
                "no such tensor there");
          }
        });
    return shards;
  }

  private static Map<String, TensorEntry> tensors(
      Map<String, SafetensorsFile> shards, Map<String, String> fileOfTensor) {
    Map<String, TensorEntry> tensors = LinkedHashMap.newLinkedHashMap(fileOfTensor.size());
    shards.forEach(
        (file, shard) ->
            shard.tensors().values().stream()
                .map(tensor -> checkedAgainstIndex(tensor, file, fileOfTensor.get(tensor.name())))
                .forEach(tensor -> tensors.put(tensor.name(), tensor)));
    return tensors;
  }

  private static SafetensorsFile openShard(Path folder, String file, String tensor, Arena arena) {
    Path path = folder.resolve(file);
    if (!Files.exists(path)) {
      throw new MissingFileException(
          path.toString(), "the shard that " + INDEX_FILE + " names for " + Excerpt.quote(tensor));
    }
    return SafetensorsFile.open(path, arena);
  }

  private static TensorEntry checkedAgainstIndex(TensorEntry tensor, String file, String indexed) {
    if (!file.equals(indexed)) {
      throw new MalformedFileException(
          tensor.place(),
          indexed == null
              ? "only tensors that " + INDEX_FILE + " lists"
              : "it in " + indexed + ", as " + INDEX_FILE + " says",
          indexed == null ? "one that it does not list" : "it here");
    }
    return tensor;
  }
}
