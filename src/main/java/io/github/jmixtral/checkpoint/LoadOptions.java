package io.github.jmixtral.checkpoint;

import io.github.jmixtral.config.MixtralConfig;
import java.util.Optional;
import java.util.OptionalInt;

/** How a checkpoint is loaded and run. Immutable: {@code LoadOptions.defaults().withThreads(4)}. */
public final class LoadOptions {
  private static final LoadOptions DEFAULTS =
      new LoadOptions(
          OptionalInt.empty(),
          Optional.empty(),
          512,
          Activations.I8,
          CacheFormat.F32,
          Optional.empty(),
          Optional.empty(),
          16);

  /** Far beyond what makes anything faster; scratch memory grows with it. */
  private static final int MAX_CHUNK_TOKENS = 65_536;

  private final OptionalInt threads;

  /** Empty: as config.json says; present and empty inside: none. */
  private final Optional<OptionalInt> slidingWindow;

  private final int chunkTokens;

  private final Activations activations;
  private final CacheFormat cacheFormat;

  /** How weights are quantised while they are loaded; empty: not at all. */
  private final Optional<Recipe> recipe;

  /**
   * Who is told while all pages are read at loading; empty: pages are read when they are needed.
   */
  private final Optional<PreloadListener> preload;

  private final int maxRequests;

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

  private LoadOptions(
      OptionalInt threads,
      Optional<OptionalInt> slidingWindow,
      int chunkTokens,
      Activations activations,
      CacheFormat cacheFormat,
      Optional<Recipe> recipe,
      Optional<PreloadListener> preload,
      int maxRequests) {
    this.threads = threads;
    this.slidingWindow = slidingWindow;
    this.chunkTokens = chunkTokens;
    this.activations = activations;
    this.cacheFormat = cacheFormat;
    this.recipe = recipe;
    this.preload = preload;
    this.maxRequests = maxRequests;
  }

  /** As many threads as the container grants, and the sliding window that config.json asks for. */
  public static LoadOptions defaults() {
    return DEFAULTS;
  }

  /**
   * Sets how many threads compute, the caller's included.
   *
   * @throws IllegalArgumentException when not positive
   */
  public LoadOptions withThreads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: expected a positive number, found " + threads);
    }
    return new LoadOptions(
        OptionalInt.of(threads),
        slidingWindow,
        chunkTokens,
        activations,
        cacheFormat,
        recipe,
        preload,
        maxRequests);
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
    return new LoadOptions(
        threads,
        Optional.of(OptionalInt.of(window)),
        chunkTokens,
        activations,
        cacheFormat,
        recipe,
        preload,
        maxRequests);
  }

  /** Lets a query see every key before it, whatever config.json says. */
  public LoadOptions withoutSlidingWindow() {
    return new LoadOptions(
        threads,
        Optional.of(OptionalInt.empty()),
        chunkTokens,
        activations,
        cacheFormat,
        recipe,
        preload,
        maxRequests);
  }

  /**
   * Sets how many ids of a prompt flow through the layers together at most, 512 by default. Fewer
   * take less memory, more read each expert's weights less often.
   *
   * @param chunkTokens 1 … 65536; a wide model has no room for that many
   * @throws IllegalArgumentException when out of this range
   */
  public LoadOptions withChunkTokens(int chunkTokens) {
    if (chunkTokens < 1 || chunkTokens > MAX_CHUNK_TOKENS) {
      throw new IllegalArgumentException(
          "chunk tokens: expected 1 … " + MAX_CHUNK_TOKENS + ", found " + chunkTokens);
    }
    return new LoadOptions(
        threads,
        slidingWindow,
        chunkTokens,
        activations,
        cacheFormat,
        recipe,
        preload,
        maxRequests);
  }

  /** Sets what quantised weights are multiplied with, {@link Activations#I8} by default. */
  public LoadOptions withActivations(Activations activations) {
    return new LoadOptions(
        threads,
        slidingWindow,
        chunkTokens,
        activations,
        cacheFormat,
        recipe,
        preload,
        maxRequests);
  }

  /**
   * Sets how keys and values are stored. {@link CacheFormat#F32} by default: it equals the
   * reference, and beside the weights a cache is small, unless sequences are many or long.
   */
  public LoadOptions withCacheFormat(CacheFormat cacheFormat) {
    return new LoadOptions(
        threads,
        slidingWindow,
        chunkTokens,
        activations,
        cacheFormat,
        recipe,
        preload,
        maxRequests);
  }

  /**
   * Quantises weights of 16 or 32 bits while they are loaded, into memory outside the Java heap.
   * Takes its time with every load: a folder that has been quantised once is mapped in an instant.
   * Weights that are quantised already stay as they are.
   */
  public LoadOptions quantize(Recipe recipe) {
    return new LoadOptions(
        threads,
        slidingWindow,
        chunkTokens,
        activations,
        cacheFormat,
        Optional.of(recipe),
        preload,
        maxRequests);
  }

  /**
   * Reads all pages of mapped weights while loading, with all threads, so that no later call waits
   * for a disk. Worth its time where the weights fit into memory; the system may still drop pages
   * that others need the memory for. Without it a page is read when it is first needed.
   *
   * @param listener is told how far it is
   */
  public LoadOptions withPreload(PreloadListener listener) {
    return new LoadOptions(
        threads,
        slidingWindow,
        chunkTokens,
        activations,
        cacheFormat,
        recipe,
        Optional.of(listener),
        maxRequests);
  }

  /** As {@link #withPreload(PreloadListener)}, and nobody is told. */
  public LoadOptions withPreload() {
    return withPreload((_, _) -> {});
  }

  /** Who is told while all pages are read at loading; empty: pages are read when needed. */
  public Optional<PreloadListener> preload() {
    return preload;
  }

  /**
   * Sets how many requests (generations, scores, embeddings) may run on one model at once, 16 by
   * default; further ones wait, first come first served. Requests that run take turns step by step,
   * and each has a cache of its own, so that this bounds the memory of caches. A stream counts
   * while it is open. Sessions hold their caches beside, as long as their owner wants them.
   *
   * @throws IllegalArgumentException when not positive
   */
  public LoadOptions withMaxRequests(int maxRequests) {
    if (maxRequests < 1) {
      throw new IllegalArgumentException(
          "max requests: expected a positive number, found " + maxRequests);
    }
    return new LoadOptions(
        threads,
        slidingWindow,
        chunkTokens,
        activations,
        cacheFormat,
        recipe,
        preload,
        maxRequests);
  }

  /** How many requests may run on one model at once. */
  public int maxRequests() {
    return maxRequests;
  }

  /** How weights are quantised while they are loaded; empty: not at all. */
  public Optional<Recipe> quantization() {
    return recipe;
  }

  /** How keys and values are stored. */
  public CacheFormat cacheFormat() {
    return cacheFormat;
  }

  /** What quantised weights are multiplied with. */
  public Activations activations() {
    return activations;
  }

  /** How many threads compute, the caller's included. */
  public int threads() {
    return threads.orElseGet(Runtime.getRuntime()::availableProcessors);
  }

  /** How many ids of a prompt flow through the layers together at most. */
  public int chunkTokens() {
    return chunkTokens;
  }

  /** Whether these options say anything of the window. */
  boolean overridesSlidingWindow() {
    return slidingWindow.isPresent();
  }

  /** The configuration with what these options override. */
  MixtralConfig applyTo(MixtralConfig config) {
    return slidingWindow.map(config::withSlidingWindow).orElse(config);
  }
}
