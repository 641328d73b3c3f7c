package io.github.jmixtral.config;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** How a checkpoint is loaded and run. Immutable: {@code LoadOptions.defaults().withThreads(4)}. */
public final class LoadOptions {
  private static final LoadOptions DEFAULTS = new LoadOptions(new Values());

  /** Far beyond what makes anything faster; scratch memory grows with it. */
  private static final int MAX_CHUNK_TOKENS = 65_536;

  /** More than makes anything faster; each keeps scratch memory of its own. */
  private static final int MAX_THREADS = 1024;

  private final Values values;

  /** What quantised weights are multiplied with. */
  public enum Activations {
    /** Activations rounded to 8 bits, in groups of 32 with a scale each: fast. */
    I8,

    /** Activations as they are: for comparing with other engines. */
    F32
  }

  /**
   * How keys and values are stored. Whatever the format, they are rounded to it before anyone reads
   * them, so that a prompt gives the same logits in one chunk or many.
   */
  public enum CacheFormat {
    /** Single precision: nothing is lost. */
    F32,

    /** Half precision: half the memory. */
    F16,

    /** 8 bits with a scale for each position and head: a little over a quarter of the memory. */
    I8
  }

  /**
   * What becomes of weights that another program quantised in a way that our tiles do not hold
   * exactly: with scales of more than half precision, with groups of fewer than 32 columns, or with
   * numbers from a table, as NF4 and FP8.
   */
  public enum InexactWeights {
    /**
     * 8-bit tiles. Integers stay as they are where they fit, those of 4 bits in 4-bit tiles, and
     * only their scales are rounded to half precision: a weight changes by a part in 2048 at most.
     * Others are quantised again, with a relative error of about 0.005.
     */
    Q8,

    /**
     * 4-bit tiles, for half the memory. Integers of 4 bits stay as with {@link #Q8}; others are
     * quantised again, with a relative error of about 0.08.
     */
    Q4,

    /** Single precision, exactly: four bytes a weight. */
    F32
  }

  /** What the options say; changed only before anyone else sees it. */
  private static final class Values {
    private OptionalInt threads = OptionalInt.empty();

    /** Empty: as config.json says; present and empty inside: none. */
    private Optional<OptionalInt> slidingWindow = Optional.empty();

    private int chunkTokens = 512;
    private Activations activations = Activations.I8;
    private CacheFormat cacheFormat = CacheFormat.F32;
    private Optional<Recipe> recipe = Optional.empty();
    private Optional<PreloadListener> preload = Optional.empty();
    private int maxRequests = 16;

    /** Empty: as the activations ask for. */
    private Optional<InexactWeights> inexactWeights = Optional.empty();

    private Values() {}

    private Values(Values other) {
      threads = other.threads;
      slidingWindow = other.slidingWindow;
      chunkTokens = other.chunkTokens;
      activations = other.activations;
      cacheFormat = other.cacheFormat;
      recipe = other.recipe;
      preload = other.preload;
      maxRequests = other.maxRequests;
      inexactWeights = other.inexactWeights;
    }
  }

  private LoadOptions(Values values) {
    this.values = values;
  }

  private LoadOptions with(Consumer<Values> change) {
    Values changed = new Values(values);
    change.accept(changed);
    return new LoadOptions(changed);
  }

  /** As many threads as the container grants, and the sliding window that config.json asks for. */
  public static LoadOptions defaults() {
    return DEFAULTS;
  }

  /**
   * Sets how many threads compute, the caller's included.
   *
   * @throws IllegalArgumentException when not positive, or more than 1024
   */
  public LoadOptions withThreads(int threads) {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException(
          "threads: expected a positive number up to %d, found %d".formatted(MAX_THREADS, threads));
    }
    return with(changed -> changed.threads = OptionalInt.of(threads));
  }

  /**
   * Lets a query see {@code window} keys, its own included, whatever config.json says.
   *
   * @throws IllegalArgumentException when not positive
   */
  public LoadOptions withSlidingWindow(int window) {
    if (window < 1) {
      throw new IllegalArgumentException(
          "sliding window: expected a positive number, found " + window);
    }
    return with(changed -> changed.slidingWindow = Optional.of(OptionalInt.of(window)));
  }

  /** Lets a query see every key before it, whatever config.json says. */
  public LoadOptions withoutSlidingWindow() {
    return with(changed -> changed.slidingWindow = Optional.of(OptionalInt.empty()));
  }

  /**
   * Sets how many ids of a prompt flow through the layers together at most, 512 by default. Fewer
   * take less memory, more read each expert's weights less often.
   *
   * @param chunkTokens 1 … 65536; a wide model takes as many of them as an array of its holds
   * @throws IllegalArgumentException when out of this range
   */
  public LoadOptions withChunkTokens(int chunkTokens) {
    if (chunkTokens < 1 || chunkTokens > MAX_CHUNK_TOKENS) {
      throw new IllegalArgumentException(
          "chunk tokens: expected 1 … " + MAX_CHUNK_TOKENS + ", found " + chunkTokens);
    }
    return with(changed -> changed.chunkTokens = chunkTokens);
  }

  /** Sets what quantised weights are multiplied with, {@link Activations#I8} by default. */
  public LoadOptions withActivations(Activations activations) {
    return with(changed -> changed.activations = activations);
  }

  /**
   * Sets how keys and values are stored. {@link CacheFormat#F32} by default: it equals the
   * reference, and beside the weights a cache is small, unless sequences are many or long.
   */
  public LoadOptions withCacheFormat(CacheFormat cacheFormat) {
    return with(changed -> changed.cacheFormat = cacheFormat);
  }

  /**
   * Quantises weights of 16 or 32 bits while they are loaded, into memory outside the Java heap.
   * Takes its time with every load: a folder that has been quantised once is mapped in an instant.
   * Weights that are quantised already stay as they are.
   */
  public LoadOptions quantize(Recipe recipe) {
    return with(changed -> changed.recipe = Optional.of(recipe));
  }

  /**
   * Reads all pages of mapped weights while loading, with all threads, so that no later call waits
   * for a disk. Worth its time where the weights fit into memory; the system may still drop pages
   * that others need the memory for. Without it a page is read when it is first needed.
   *
   * @param listener is told how far it is
   */
  public LoadOptions withPreload(PreloadListener listener) {
    return with(changed -> changed.preload = Optional.of(listener));
  }

  /** As {@link #withPreload(PreloadListener)}, and nobody is told. */
  public LoadOptions withPreload() {
    return withPreload((_, _) -> {});
  }

  /** Who is told while all pages are read at loading; empty: pages are read when needed. */
  public Optional<PreloadListener> preload() {
    return values.preload;
  }

  /**
   * Sets how many requests (generations, scores, embeddings) may run on one model at once, 16 by
   * default; further ones wait, first come first served. Requests that run take turns step by step,
   * and each has caches of its own, so that this bounds their memory: to so many times that of the
   * largest request, of which a batch or a beam search is one. A stream counts while it is open.
   * Sessions hold their caches beside, as long as their owner wants them.
   *
   * @throws IllegalArgumentException when not positive
   */
  public LoadOptions withMaxRequests(int maxRequests) {
    if (maxRequests < 1) {
      throw new IllegalArgumentException(
          "max requests: expected a positive number, found " + maxRequests);
    }
    return with(changed -> changed.maxRequests = maxRequests);
  }

  /** How many requests may run on one model at once. */
  public int maxRequests() {
    return values.maxRequests;
  }

  /**
   * Sets what becomes of weights that another program quantised and our tiles do not hold exactly.
   * By default {@link InexactWeights#Q8}, and {@link InexactWeights#F32} with {@link
   * Activations#F32}. Weights that tiles do hold go into tiles, whatever is set here.
   */
  public LoadOptions withInexactWeights(InexactWeights inexactWeights) {
    return with(changed -> changed.inexactWeights = Optional.of(inexactWeights));
  }

  /** What becomes of quantised weights that our tiles do not hold exactly. */
  public InexactWeights inexactWeights() {
    return values.inexactWeights.orElse(
        switch (values.activations) {
          case I8 -> InexactWeights.Q8;
          case F32 -> InexactWeights.F32;
        });
  }

  /** How weights are quantised while they are loaded; empty: not at all. */
  public Optional<Recipe> quantization() {
    return values.recipe;
  }

  /** How keys and values are stored. */
  public CacheFormat cacheFormat() {
    return values.cacheFormat;
  }

  /** What quantised weights are multiplied with. */
  public Activations activations() {
    return values.activations;
  }

  /** How many threads compute, the caller's included. */
  public int threads() {
    return values.threads.orElseGet(Runtime.getRuntime()::availableProcessors);
  }

  /** How many ids of a prompt flow through the layers together at most. */
  public int chunkTokens() {
    return values.chunkTokens;
  }

  /** Whether these options say anything of the window. */
  public boolean overridesSlidingWindow() {
    return values.slidingWindow.isPresent();
  }

  /** The configuration with what these options override. */
  public MixtralConfig applyTo(MixtralConfig config) {
    return values.slidingWindow.map(config::withSlidingWindow).orElse(config);
  }
}
