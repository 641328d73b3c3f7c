package io.github.jmixtral.conversion;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.internal.checkpoint.Importance;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.checkpoint.Mixture;
import io.github.jmixtral.internal.checkpoint.QuantizationConfig;
import io.github.jmixtral.internal.checkpoint.WeightRounder;
import io.github.jmixtral.internal.format.AtomicFolder;
import io.github.jmixtral.internal.writing.AccompanyingFiles;
import io.github.jmixtral.internal.writing.CheckpointWriter;
import io.github.jmixtral.internal.writing.HubTensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Makes a quantised folder of a checkpoint: matrices in the tiles that their recipe asks for,
 * everything else as it is, tokenizer and generation settings along with it.
 *
 * <p>Streams tensor by tensor: memory is bounded by the largest of them, outside the Java heap,
 * whatever the size of the model. The folder appears when it is complete.
 *
 * @since 0.1.0
 */
public final class CheckpointQuantizer {
  private final Path source;
  private final Recipe recipe;
  private final int threads;
  private final List<int[]> calibration;
  private final LongConsumer calibrated;

  private CheckpointQuantizer(
      Path source, Recipe recipe, int threads, List<int[]> calibration, LongConsumer calibrated) {
    this.source = source;
    this.recipe = recipe;
    this.threads = threads;
    this.calibration = calibration;
    this.calibrated = calibrated;
  }

  /**
   * A quantizer with as many threads as the container grants, and without a calibration.
   *
   * @param source a checkpoint whose weights are no tiles yet
   * @param recipe which weights take how many bits
   */
  public CheckpointQuantizer(Path source, Recipe recipe) {
    this(
        Objects.requireNonNull(source, "source"),
        Objects.requireNonNull(recipe, "recipe"),
        LoadOptions.defaults().threads(),
        List.of(),
        _ -> {});
  }

  /**
   * Sets the number of threads that compute.
   *
   * @param threads 1 … 1024
   * @throws IllegalArgumentException when out of this range
   */
  public CheckpointQuantizer withThreads(int threads) {
    int checked = LoadOptions.defaults().withThreads(threads).threads();
    return new CheckpointQuantizer(source, recipe, checked, calibration, calibrated);
  }

  /**
   * Runs texts through the model first, as it is stored. Rounding then spares the weights whose
   * inputs were large. Some ten thousand words of the kind that the model is for are enough.
   *
   * @param sequences ids, each sequence on its own
   * @param progress receives the number of further ids that have been run; what it throws ends the
   *     work
   */
  public CheckpointQuantizer withCalibration(List<int[]> sequences, LongConsumer progress) {
    Objects.requireNonNull(sequences, "sequences");
    return new CheckpointQuantizer(
        source,
        recipe,
        threads,
        sequences.stream().map(int[]::clone).toList(),
        Objects.requireNonNull(progress, "progress"));
  }

  /** Bytes of the quantised tensors: how far {@link #write}'s progress counts. */
  public long byteSize() {
    try (Checkpoint checkpoint = Checkpoint.openAsStored(CheckpointLayout.of(source));
        WeightRounder rounder = rounder(checkpoint, Importance.EVEN, 1)) {
      return new HubTensors(checkpoint.config(), checkpoint.weights(), rounder)
          .list().stream().mapToLong(tensor -> tensor.declaration().byteSize()).sum();
    }
  }

  /**
   * Writes the quantised folder.
   *
   * @param target absent or empty
   * @param progress receives the number of further bytes written, after each tensor; what it throws
   *     ends the work and leaves nothing behind
   * @throws IllegalArgumentException when something is in the target folder, or an id of the
   *     calibration is not in the vocabulary
   * @throws UnsupportedCheckpointException when the source is quantised already
   * @throws io.github.jmixtral.error.JmixtralException when a file of the source is missing or
   *     damaged
   * @throws java.io.UncheckedIOException when a file cannot be read or written
   */
  public QuantizationReport write(Path target, LongConsumer progress) {
    Objects.requireNonNull(target, "target");
    Objects.requireNonNull(progress, "progress");
    AtomicFolder.requireFree(target);
    Importance importance =
        calibration.isEmpty()
            ? Importance.EVEN
            : Calibration.measure(
                source,
                LoadOptions.defaults().withThreads(threads),
                calibration,
                calibrated::accept);
    CheckpointLayout layout = CheckpointLayout.of(source);
    try (Checkpoint checkpoint = Checkpoint.openAsStored(layout);
        WeightRounder rounder = rounder(checkpoint, importance, threads);
        AtomicFolder folder = new AtomicFolder(target)) {
      MixtralConfig config = checkpoint.config();
      refuseQuantized(checkpoint.weights());
      HubTensors tensors = new HubTensors(config, checkpoint.weights(), rounder);
      List<HubTensors.Stored> observed =
          tensors.list().stream().map(tensor -> tensor.observed(progress)).toList();
      CheckpointWriter.writeTensors(
          folder.path(), observed, CheckpointWriter.DEFAULT_MAX_SHARD_BYTES);
      tensors.describedBy(config).savePretrained(folder.path());
      QuantizationConfig.addTo(folder.path(), Optional.of(recipe), tensors.names());
      AccompanyingFiles.write(layout, config, folder.path());
      folder.commit();
      return new QuantizationReport(rounder.report().build());
    }
  }

  private WeightRounder rounder(Checkpoint checkpoint, Importance importance, int count) {
    return new WeightRounder(Mixture.of(recipe, checkpoint.weights()), importance, count);
  }

  private void refuseQuantized(MixtralWeights weights) {
    weights.map(
        (name, matrix) -> {
          if (matrix.isTiled()) {
            throw new UnsupportedCheckpointException(
                source + ": tensor '" + name + "'",
                "the weight is quantised already; quantise the original model in F32, F16 or BF16");
          }
          return matrix;
        });
  }
}
