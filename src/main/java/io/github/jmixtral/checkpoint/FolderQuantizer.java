package io.github.jmixtral.checkpoint;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.format.AtomicFolder;
import io.github.jmixtral.tensor.QuantizedMatrix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Makes a quantised folder of a Hub folder: matrices in the tiles that their recipe asks for,
 * everything else as it is, tokenizer and generation settings along with it.
 *
 * <p>Streams tensor by tensor: memory is bounded by the largest of them, outside the Java heap,
 * whatever the size of the model. The folder appears when it is complete.
 */
public final class FolderQuantizer {

  /** What a folder holds beside weights and their configuration. */
  private static final List<String> COMPANIONS =
      List.of(
          "generation_config.json",
          "tokenizer.json",
          "tokenizer.model",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "chat_template.jinja",
          "chat_template.json");

  private final Path source;
  private final Recipe recipe;
  private final Importance importance;
  private final int threads;

  /**
   * Describes what to do.
   *
   * @param source a Hub folder with weights of 16 or 32 bits
   * @param importance which columns matter; {@link Importance#EVEN} without a calibration
   * @param threads how many threads compute
   */
  public FolderQuantizer(Path source, Recipe recipe, Importance importance, int threads) {
    this.source = source;
    this.recipe = recipe;
    this.importance = importance;
    this.threads = threads;
  }

  /** Bytes of the quantised tensors: how far {@link #write}'s progress counts. */
  public long byteSize() {
    try (Checkpoint checkpoint = Checkpoint.open(source, LoadOptions.defaults());
        WeightRounder rounder = new WeightRounder(recipe, importance, 1)) {
      return new HubTensors(checkpoint.config(), checkpoint.weights(), rounder)
          .list().stream().mapToLong(tensor -> tensor.declaration().byteSize()).sum();
    }
  }

  /**
   * Writes the quantised folder.
   *
   * @param target absent or empty
   * @param progress is told how many more bytes have been written, after each tensor; what it
   *     throws ends the work and leaves nothing behind
   * @throws IllegalArgumentException when something is in the target folder
   * @throws UnsupportedCheckpointException when the source is quantised already
   * @throws io.github.jmixtral.error.JmixtralException when the source cannot be read
   */
  public QuantizationReport write(Path target, LongConsumer progress) {
    AtomicFolder.requireFree(target);
    try (Checkpoint checkpoint = Checkpoint.open(source, LoadOptions.defaults());
        WeightRounder rounder = new WeightRounder(recipe, importance, threads);
        AtomicFolder folder = new AtomicFolder(target)) {
      MixtralConfig config = checkpoint.config();
      refuseQuantized(checkpoint.weights());
      HubTensors tensors = new HubTensors(config, checkpoint.weights(), rounder);
      List<HubTensors.Stored> observed =
          tensors.list().stream().map(tensor -> observed(tensor, progress)).toList();
      CheckpointWriter.writeTensors(
          folder.path(), observed, CheckpointWriter.DEFAULT_MAX_SHARD_BYTES);
      tensors.describedBy(config).savePretrained(folder.path());
      QuantizationConfig.addTo(folder.path(), Optional.of(recipe));
      copyCompanions(folder.path());
      folder.commit();
      return rounder.report().build();
    }
  }

  private void refuseQuantized(MixtralWeights weights) {
    weights.map(
        (name, matrix) -> {
          if (matrix instanceof QuantizedMatrix) {
            throw new UnsupportedCheckpointException(
                source + ": tensor '" + name + "'",
                "weights in F32, F16 or BF16",
                "a quantised weight");
          }
          return matrix;
        });
  }

  private static HubTensors.Stored observed(HubTensors.Stored tensor, LongConsumer progress) {
    return new HubTensors.Stored(
        tensor.declaration(),
        (writer, name) -> {
          tensor.content().writeTo(writer, name);
          progress.accept(tensor.declaration().byteSize());
        });
  }

  private void copyCompanions(Path folder) {
    for (String name : COMPANIONS) {
      Path file = source.resolve(name);
      if (Files.isRegularFile(file)) {
        try {
          Files.copy(file, folder.resolve(name));
        } catch (IOException failure) {
          throw new UncheckedIOException(file + ": cannot be copied", failure);
        }
      }
    }
  }
}
