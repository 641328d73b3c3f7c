package io.github.jmixtral.conversion;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.error.JmixtralException;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.internal.checkpoint.QuantizationConfig;
import io.github.jmixtral.internal.format.AtomicFolder;
import io.github.jmixtral.internal.writing.AccompanyingFiles;
import io.github.jmixtral.internal.writing.CheckpointWriter;
import io.github.jmixtral.internal.writing.GgufEncoding;
import io.github.jmixtral.internal.writing.GgufModelWriter;
import io.github.jmixtral.internal.writing.HubTensors;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.slf4j.LoggerFactory;

/**
 * Makes a checkpoint of another, whatever its layout, with its tokenizer and generation settings:
 *
 * <pre>{@code
 * new CheckpointConverter(Path.of("mixtral"), ConversionTarget.gguf("q8_0"))
 *     .write(Path.of("mixtral-q8_0.gguf"), bytes -> {});
 * }</pre>
 *
 * <p>Streams tensor by tensor: memory is bounded by the largest of them, outside the Java heap,
 * whatever the size of the model. What is written appears when it is complete.
 *
 * @since 0.1.0
 */
public final class CheckpointConverter {
  private final Path source;
  private final ConversionTarget target;
  private final int threads;

  private CheckpointConverter(Path source, ConversionTarget target, int threads) {
    this.source = source;
    this.target = target;
    this.threads = threads;
  }

  /**
   * A converter with as many threads as the container grants.
   *
   * @param source a readable checkpoint
   * @param target what becomes of it
   */
  public CheckpointConverter(Path source, ConversionTarget target) {
    this(
        Objects.requireNonNull(source, "source"),
        Objects.requireNonNull(target, "target"),
        LoadOptions.defaults().threads());
  }

  /**
   * Sets the number of threads that compute, where something is computed.
   *
   * @param threads 1 … 1024
   * @throws IllegalArgumentException when out of this range
   */
  public CheckpointConverter withThreads(int threads) {
    return new CheckpointConverter(
        source, target, LoadOptions.defaults().withThreads(threads).threads());
  }

  /** Bytes of the tensors to write: how far {@link #write}'s progress counts. */
  public long byteSize() {
    return switch (target.kind()) {
      case ConversionTarget.Quantized(Recipe recipe) -> quantizer(recipe).byteSize();
      case ConversionTarget.Hub hub -> {
        try (Checkpoint checkpoint = Checkpoint.openAsStored(CheckpointLayout.of(source))) {
          yield tensors(checkpoint, hub).list().stream()
              .mapToLong(tensor -> tensor.declaration().byteSize())
              .sum();
        }
      }
      case ConversionTarget.Gguf(GgufEncoding encoding) -> {
        CheckpointLayout layout = CheckpointLayout.of(source);
        try (Checkpoint checkpoint = Checkpoint.openAsStored(layout)) {
          yield ggufWriter(layout, checkpoint, encoding).byteSize();
        }
      }
    };
  }

  /**
   * Writes the new checkpoint.
   *
   * @param out absent or empty; a GGUF file absent, in an existing folder
   * @param progress receives the number of further bytes written, after each tensor; what it throws
   *     ends the work and leaves nothing behind
   * @throws IllegalArgumentException when something is in the place to write to
   * @throws io.github.jmixtral.error.JmixtralException when a file of the source is missing or
   *     damaged, or the source cannot be converted
   * @throws java.io.UncheckedIOException when a file cannot be read or written
   */
  public void write(Path out, LongConsumer progress) {
    Objects.requireNonNull(out, "out");
    Objects.requireNonNull(progress, "progress");
    switch (target.kind()) {
      case ConversionTarget.Quantized(Recipe recipe) -> quantizer(recipe).write(out, progress);
      case ConversionTarget.Hub hub -> writeHub(out, hub, progress);
      case ConversionTarget.Gguf(GgufEncoding encoding) -> writeGguf(out, encoding, progress);
    }
  }

  private CheckpointQuantizer quantizer(Recipe recipe) {
    return new CheckpointQuantizer(source, recipe).withThreads(threads);
  }

  private void writeHub(Path out, ConversionTarget.Hub hub, LongConsumer progress) {
    AtomicFolder.requireFree(out);
    CheckpointLayout layout = CheckpointLayout.of(source);
    try (Checkpoint checkpoint = Checkpoint.openAsStored(layout);
        AtomicFolder folder = new AtomicFolder(out)) {
      HubTensors tensors = tensors(checkpoint, hub);
      List<HubTensors.Stored> observed =
          tensors.list().stream().map(tensor -> tensor.observed(progress)).toList();
      CheckpointWriter.writeTensors(folder.path(), observed, hub.maxShardBytes());
      tensors.describedBy(checkpoint.config()).savePretrained(folder.path());
      QuantizationConfig.removeFrom(folder.path());
      AccompanyingFiles.write(layout, checkpoint.config(), folder.path());
      folder.commit();
    }
  }

  private void writeGguf(Path out, GgufEncoding encoding, LongConsumer progress) {
    if (Files.exists(out)) {
      throw new IllegalArgumentException(
          out + ": the file exists already; delete it or choose another name");
    }
    Path folder = out.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new IllegalArgumentException(
          out + ": there is no folder to write this file into; create it first");
    }
    CheckpointLayout layout = CheckpointLayout.of(source);
    try (Checkpoint checkpoint = Checkpoint.openAsStored(layout)) {
      ggufWriter(layout, checkpoint, encoding).write(out, threads, progress);
    }
  }

  private static GgufModelWriter ggufWriter(
      CheckpointLayout layout, Checkpoint checkpoint, GgufEncoding encoding) {
    String name = layout.path().toAbsolutePath().normalize().getFileName().toString();
    return new GgufModelWriter(
        name, checkpoint.config(), checkpoint.weights(), tokenizer(layout), encoding);
  }

  /** A tokenizer that can't be read is left out, with a warning that names what is wrong. */
  private static Optional<Tokenizer> tokenizer(CheckpointLayout layout) {
    try {
      return layout.tokenizer();
    } catch (JmixtralException fault) {
      LoggerFactory.getLogger(CheckpointConverter.class)
          .warn("{}; the GGUF file gets no tokenizer", fault.getMessage());
      return Optional.empty();
    }
  }

  private static HubTensors tensors(Checkpoint checkpoint, ConversionTarget.Hub hub) {
    return new HubTensors(checkpoint.config(), checkpoint.weights(), hub.format());
  }
}
