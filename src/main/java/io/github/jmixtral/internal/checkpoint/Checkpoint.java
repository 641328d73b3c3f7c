package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.ByteSize;
import io.github.jmixtral.internal.format.ModelFiles;
import io.github.jmixtral.internal.kernel.WeightFormat;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A checkpoint, opened: its configuration and its weights where the files are mapped. Owns the
 * mapping: after {@link #close} the weights are inaccessible. Safe to share between threads.
 */
public final class Checkpoint implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Checkpoint.class);

  private final Path folder;
  private final MixtralConfig config;
  private final MixtralWeights weights;
  private final CheckpointContents contents;
  private final List<MemorySegment> tensors;
  private final Arena arena;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Checkpoint(
      Path folder,
      MixtralConfig config,
      MixtralWeights weights,
      CheckpointContents contents,
      List<MemorySegment> tensors,
      Arena arena) {
    this.folder = folder;
    this.config = config;
    this.weights = weights;
    this.contents = contents;
    this.tensors = tensors;
    this.arena = arena;
  }

  /**
   * Opens a checkpoint in whichever {@link CheckpointLayout} it has, with a language-model head, a
   * classifier's head or none.
   *
   * @throws MissingFileException when the folder or a file of it is missing
   * @throws MalformedFileException when a file breaks the rules of its format, or the tensors are
   *     not those that the configuration asks for
   * @throws UnsupportedCheckpointException when it holds another model, or weights in a format that
   *     jmixtral does not read
   */
  public static Checkpoint open(Path path, LoadOptions options) {
    return open(CheckpointLayout.of(path), options);
  }

  /** As {@link #open(Path, LoadOptions)}, where the layout is known already. */
  public static Checkpoint open(CheckpointLayout layout, LoadOptions options) {
    return openToLoad(layout, options).loaded(options);
  }

  /** Opens a checkpoint as it is stored, for {@link #loaded} or {@link #loadedFrom}. */
  public static Checkpoint openToLoad(CheckpointLayout layout, LoadOptions options) {
    MixtralConfig stored = layout.config();
    if (options.slidingWindow().isEmpty()) {
      warnOfDoubtfulWindow(layout.path(), stored);
    }
    Checkpoint opened = openAsStored(layout, withWindow(stored, options));
    LOGGER.info("Opened {}", describe(opened.folder, opened.config, opened.contents));
    return opened;
  }

  /**
   * The same checkpoint with its weights in the formats that they are multiplied in. It takes the
   * place of this one, which is not to be used or closed any more, and is closed if this fails.
   */
  public Checkpoint loaded(LoadOptions options) {
    try {
      LoadingPlan plan = LoadingPlan.of(weights, options);
      MemoryNotice.of(folder, plan).ifPresent(LOGGER::warn);
      MixtralWeights placed = place(options, plan.rearrangedBytes());
      preload(placed, options);
      return new Checkpoint(folder, config, placed, contents, tensors, arena);
    } catch (RuntimeException | Error failure) {
      close();
      throw failure;
    }
  }

  /**
   * The same checkpoint with weights that lie in a quantised folder, in the formats that they are
   * multiplied in. No page is read yet, see {@link #preloaded}. This one may be closed then.
   *
   * @throws io.github.jmixtral.error.JmixtralException when the folder does not hold these weights
   */
  public Checkpoint loadedFrom(Path rearranged) {
    Arena other = Arena.ofShared();
    try {
      StoredWeights opened = new HubLayout(rearranged).weights(config, other);
      if (Placement.isNeeded(opened.weights())
          || opened.weights().head().getClass() != weights.head().getClass()) {
        throw new MalformedFileException(
            rearranged.toString(), "these are not the rearranged weights of " + folder);
      }
      MemoryNotice.of(folder, LoadingPlan.of(opened.weights(), LoadOptions.defaults()))
          .ifPresent(LOGGER::warn);
      return new Checkpoint(folder, config, opened.weights(), contents, opened.tensors(), other);
    } catch (RuntimeException | Error failure) {
      other.close();
      throw failure;
    }
  }

  /** This checkpoint, its pages read where the options ask for that; closed if that fails. */
  public Checkpoint preloaded(LoadOptions options) {
    try {
      preload(weights, options);
      return this;
    } catch (RuntimeException | Error failure) {
      close();
      throw failure;
    }
  }

  private static void preload(MixtralWeights weights, LoadOptions options) {
    if (options.preload().isPresent()) {
      PagePreloader.run(weights, options.threads(), options.preload().get());
    }
  }

  /**
   * Opens a checkpoint for copying it elsewhere: the weights stay where and as they lie, even in an
   * order or encoding that multiplies slowly.
   */
  public static Checkpoint openAsStored(CheckpointLayout layout) {
    return openAsStored(layout, LoadOptions.defaults());
  }

  /** As {@link #openAsStored(CheckpointLayout)}, with what the options override of its settings. */
  public static Checkpoint openAsStored(CheckpointLayout layout, LoadOptions options) {
    return openAsStored(layout, configOf(layout, options));
  }

  private static Checkpoint openAsStored(CheckpointLayout layout, MixtralConfig config) {
    Arena arena = Arena.ofShared();
    try {
      StoredWeights opened = layout.weights(config, arena);
      return new Checkpoint(
          layout.path(), config, opened.weights(), opened.contents(), opened.tensors(), arena);
    } catch (RuntimeException | Error failure) {
      arena.close();
      throw failure;
    }
  }

  /** The configuration of a checkpoint that is not opened, with what the options override. */
  public static MixtralConfig configOf(CheckpointLayout layout, LoadOptions options) {
    return withWindow(layout.config(), options);
  }

  /** The configuration, with what the options override. */
  public MixtralConfig config() {
    return config;
  }

  /** The weights; accessible until {@link #close}. */
  public MixtralWeights weights() {
    return weights;
  }

  /** How the weights are stored, before anything was quantised at loading. */
  public CheckpointContents contents() {
    return contents;
  }

  /** The bytes of all tensors, where the files are mapped. */
  public List<MemorySegment> tensors() {
    return tensors;
  }

  /** The folder, or the file, that was opened. */
  public Path folder() {
    return folder;
  }

  /**
   * The language-model head [vocab, hidden].
   *
   * @throws UnsupportedCheckpointException when the folder holds a classifier or a bare model
   */
  public WeightMatrix languageModelHead() {
    return switch (weights.head()) {
      case MixtralWeights.Head.LanguageModel head -> head.lmHead();
      case MixtralWeights.Head.Classifier _ ->
          throw otherHead("a language model (lm_head.weight)", "a classifier (score.weight)");
      case MixtralWeights.Head.None _ ->
          throw otherHead("a language model (lm_head.weight)", "a model without a head");
    };
  }

  /**
   * The classifier's head [labels, hidden].
   *
   * @throws UnsupportedCheckpointException when the folder holds a language or a bare model
   */
  public WeightMatrix classifierHead() {
    return switch (weights.head()) {
      case MixtralWeights.Head.Classifier head -> head.score();
      case MixtralWeights.Head.LanguageModel _ ->
          throw otherHead("a classifier (score.weight)", "a language model (lm_head.weight)");
      case MixtralWeights.Head.None _ ->
          throw otherHead("a classifier (score.weight)", "a model without a head");
    };
  }

  /** Unmaps the files. No computation may be using the weights. Closing again does nothing. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      arena.close();
    }
  }

  private UnsupportedCheckpointException otherHead(String wanted, String found) {
    return new UnsupportedCheckpointException(
        folder.toString(), "this is " + found + ", not " + wanted);
  }

  /**
   * Mixtral 8x7B has no window, but copies of it carry the window of Mistral 7B, from which early
   * conversions took their configuration.
   */
  private static void warnOfDoubtfulWindow(Path folder, MixtralConfig config) {
    if (config.slidingWindow().orElse(0) == 4096
        && config.maxPositionEmbeddings() == 32768
        && config.hiddenSize() == 4096) {
      LOGGER.warn(
          "{}: sliding_window is 4096, where Mixtral 8x7B has none; obeying it. If this is a copy"
              + " of 8x7B, load it with LoadOptions.withSlidingWindow(0) (--window none)",
          folder.resolve(ModelFiles.CONFIG));
    }
  }

  private static MixtralConfig withWindow(MixtralConfig config, LoadOptions options) {
    return options.slidingWindow().isEmpty()
        ? config
        : config.with(Map.of("sliding_window", options.slidingWindow().getAsInt()));
  }

  /** Puts weights into the formats that they are multiplied in. */
  private MixtralWeights place(LoadOptions options, long rearrangedBytes) {
    MixtralWeights placed = weights;
    Optional<Recipe> recipe = options.quantization();
    boolean encoded = Placement.isNeeded(placed);
    if (!encoded && recipe.isEmpty()) {
      return placed;
    }
    long began = System.nanoTime();
    RearrangingProgress progress = new RearrangingProgress(options, rearrangedBytes);
    PageRelease pages = new PageRelease(tensors, progress::add);
    if (!encoded) {
      placed = quantize(folder, placed, recipe.get(), options.threads(), pages, arena);
    } else {
      try (Placement placement =
          new Placement(options.inexactWeights(), options.threads(), pages, arena)) {
        if (recipe.isPresent()) {
          placed = placement.placeExact(placed);
          placed = quantize(folder, placed, recipe.get(), options.threads(), pages, arena);
        }
        placed = placement.place(folder, placed);
      }
    }
    pages.letGo();
    progress.end();
    LOGGER.info(
        "{}: rearranged {} in {} s; with a tile cache (--tile-cache DIR), or as the folder that"
            + " jmixtral convert --to quantized writes of it, it opens at once",
        folder.getFileName(),
        ByteSize.text(pages.totalBytes()),
        String.format(Locale.ROOT, "%.1f", (System.nanoTime() - began) / 1e9));
    return placed;
  }

  private static MixtralWeights quantize(
      Path folder,
      MixtralWeights weights,
      Recipe recipe,
      int threads,
      PageRelease pages,
      Arena arena) {
    Mixture mixture = Mixture.of(recipe, weights);
    try (WeightRounder rounder = new WeightRounder(mixture, Importance.EVEN, threads)) {
      MixtralWeights quantized =
          weights.map(
              (name, matrix) -> {
                Optional<WeightFormat> format = rounder.formatOf(name, matrix);
                if (format.isEmpty()) {
                  return matrix;
                }
                WeightMatrix rounded = rounder.round(name, matrix, format.get(), arena);
                pages.addRead(matrix.byteSize());
                return rounded;
              });
      LOGGER.info("{}: quantised by the recipe {}", folder.getFileName(), recipe);
      return quantized;
    }
  }

  /** What the log says of an opened checkpoint: its layers, and the tensors' formats and size. */
  static String describe(Path path, MixtralConfig config, CheckpointContents contents) {
    CheckpointContents.Share total = contents.total();
    return path
        + ": "
        + config.numHiddenLayers()
        + " layers, "
        + total.tensors()
        + " tensors of "
        + contents.formats().keySet()
        + ", "
        + total.bytes()
        + " bytes";
  }
}
