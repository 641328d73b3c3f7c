package io.github.jmixtral.internal.writing;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.checkpoint.QuantizationConfig;
import io.github.jmixtral.internal.checkpoint.TileTensors;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.SafetensorsWriter;
import io.github.jmixtral.internal.format.TensorFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a model as a folder that jmixtral and transformers 4 and 5 read: {@code config.json} and
 * the weights in safetensors, under the Hub's older names, bit for bit as they are. Streams from
 * where the weights lie; memory stays bounded.
 */
public final class CheckpointWriter {
  /** Where transformers splits, too. */
  public static final long DEFAULT_MAX_SHARD_BYTES = 5_000_000_000L;

  private CheckpointWriter() {}

  /**
   * Writes a model. Its architecture and dtype in {@code config.json} become those of the weights.
   *
   * @param folder created when absent; may hold a tokenizer, but no weights: they would be mixed
   * @param maxShardBytes tensors of more bytes are spread over several files; a single tensor is
   *     never split
   * @throws IllegalArgumentException when the folder holds weights
   */
  public static void write(
      Path folder, MixtralConfig config, MixtralWeights weights, long maxShardBytes) {
    if (maxShardBytes < 1) {
      throw new IllegalArgumentException(
          "shard size: expected a positive number of bytes, found " + maxShardBytes);
    }
    refuseOtherWeights(folder);
    HubTensors tensors = new HubTensors(config, weights);
    writeTensors(folder, tensors.list(), maxShardBytes);
    describe(folder, config, tensors);
  }

  /** Writes the configuration of a folder with these tensors. */
  static void describe(Path folder, MixtralConfig config, HubTensors tensors) {
    tensors.describedBy(config).savePretrained(folder);
    if (TileTensors.versionOf(tensors.names()).isPresent()) {
      QuantizationConfig.addTo(folder, Optional.empty(), tensors.names());
    } else {
      QuantizationConfig.removeFrom(folder);
    }
  }

  /** Writes tensors into a folder without weights: one file or shards with their index. */
  public static void writeTensors(
      Path folder, List<HubTensors.Stored> tensors, long maxShardBytes) {
    List<Path> written = new ArrayList<>();
    try {
      Files.createDirectories(folder);
      writeWeights(folder, shards(tensors, maxShardBytes), written);
    } catch (IOException failure) {
      throw new UncheckedIOException(folder + ": cannot be created", failure);
    } catch (RuntimeException failure) {
      deleteAll(written, failure);
      throw failure;
    }
  }

  private static void refuseOtherWeights(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      Optional<Path> other =
          files
              .filter(
                  file ->
                      file.toString().endsWith(".safetensors")
                          || file.endsWith(TensorFolder.INDEX_FILE))
              .findFirst();
      if (other.isPresent()) {
        throw new IllegalArgumentException(
            folder
                + ": the folder has weights already, "
                + other.get().getFileName()
                + "; name another folder");
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(folder + ": cannot be listed", failure);
    }
  }

  /** Fills one file after the other, in the model's order. */
  private static List<List<HubTensors.Stored>> shards(
      List<HubTensors.Stored> tensors, long maxShardBytes) {
    List<List<HubTensors.Stored>> shards = new ArrayList<>();
    long room = 0;
    for (HubTensors.Stored tensor : tensors) {
      long size = tensor.declaration().byteSize();
      if (shards.isEmpty() || size > room) {
        shards.add(new ArrayList<>());
        room = maxShardBytes;
      }
      shards.getLast().add(tensor);
      room -= size;
    }
    return shards;
  }

  /** The index comes last: without it an unfinished set of shards does not pass for a model. */
  private static void writeWeights(
      Path folder, List<List<HubTensors.Stored>> shards, List<Path> written) {
    if (shards.size() == 1) {
      writeShard(folder.resolve(TensorFolder.SINGLE_FILE), shards.getFirst(), written);
      return;
    }
    Map<String, String> fileOfTensor = new TreeMap<>();
    long totalSize = 0;
    for (int shard = 0; shard < shards.size(); shard++) {
      String name = "model-%05d-of-%05d.safetensors".formatted(shard + 1, shards.size());
      writeShard(folder.resolve(name), shards.get(shard), written);
      for (HubTensors.Stored tensor : shards.get(shard)) {
        fileOfTensor.put(tensor.declaration().name(), name);
        totalSize += tensor.declaration().byteSize();
      }
    }
    ObjectNode index = JsonNodeFactory.instance.objectNode();
    index.putObject("metadata").put("total_size", totalSize);
    fileOfTensor.forEach(index.putObject("weight_map")::put);
    JsonFile.write(folder.resolve(TensorFolder.INDEX_FILE), index);
  }

  private static void writeShard(Path file, List<HubTensors.Stored> tensors, List<Path> written) {
    writeFile(file, tensors);
    written.add(file);
  }

  /** Writes tensors into one file. */
  public static void writeFile(Path file, List<HubTensors.Stored> tensors) {
    // Wide elements first, so that each element lies at a multiple of its own size.
    List<HubTensors.Stored> ordered =
        tensors.stream()
            .sorted(
                Comparator.comparingInt(
                        (HubTensors.Stored tensor) -> tensor.declaration().dtype().byteSize())
                    .reversed())
            .toList();
    List<SafetensorsWriter.Declaration> declarations =
        ordered.stream().map(HubTensors.Stored::declaration).toList();
    try (SafetensorsWriter writer =
        new SafetensorsWriter(file, declarations, metadata(declarations))) {
      ordered.forEach(tensor -> tensor.content().writeTo(writer, tensor.declaration().name()));
      writer.finish();
    }
  }

  /** What the Hub's files carry, and the version of the tiles where there are some. */
  private static Map<String, String> metadata(List<SafetensorsWriter.Declaration> tensors) {
    Map<String, String> metadata = new TreeMap<>(SafetensorsWriter.HUB_METADATA);
    List<String> names = tensors.stream().map(SafetensorsWriter.Declaration::name).toList();
    TileTensors.versionOf(names)
        .ifPresent(version -> metadata.put(TileTensors.VERSION_KEY, version));
    return metadata;
  }

  private static void deleteAll(List<Path> files, RuntimeException failure) {
    for (Path file : files) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException alsoFailed) {
        failure.addSuppressed(alsoFailed);
      }
    }
  }
}
