package io.github.jmixtral.checkpoint;

import io.github.jmixtral.config.MixtralConfig;
import java.util.Optional;
import java.util.OptionalInt;

/** How a checkpoint is loaded and run. Immutable: {@code LoadOptions.defaults().withThreads(4)}. */
public final class LoadOptions {
  private static final LoadOptions DEFAULTS =
      new LoadOptions(OptionalInt.empty(), Optional.empty(), 512);

  private final OptionalInt threads;

  /** Empty: as config.json says; present and empty inside: none. */
  private final Optional<OptionalInt> slidingWindow;

  private final int chunkTokens;

  private LoadOptions(OptionalInt threads, Optional<OptionalInt> slidingWindow, int chunkTokens) {
    this.threads = threads;
    this.slidingWindow = slidingWindow;
    this.chunkTokens = chunkTokens;
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
    return new LoadOptions(OptionalInt.of(threads), slidingWindow, chunkTokens);
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
    return new LoadOptions(threads, Optional.of(OptionalInt.of(window)), chunkTokens);
  }

  /** Lets a query see every key before it, whatever config.json says. */
  public LoadOptions withoutSlidingWindow() {
    return new LoadOptions(threads, Optional.of(OptionalInt.empty()), chunkTokens);
  }

  /**
   * Sets how many ids of a prompt flow through the layers together at most, 512 by default. Fewer
   * take less memory, more read each expert's weights less often.
   *
   * @throws IllegalArgumentException when not positive
   */
  public LoadOptions withChunkTokens(int chunkTokens) {
    if (chunkTokens < 1) {
      throw new IllegalArgumentException(
          "chunk tokens: expected a positive number, found " + chunkTokens);
    }
    return new LoadOptions(threads, slidingWindow, chunkTokens);
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
