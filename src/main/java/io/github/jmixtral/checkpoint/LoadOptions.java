package io.github.jmixtral.checkpoint;

import io.github.jmixtral.config.MixtralConfig;
import java.util.Optional;
import java.util.OptionalInt;

/** How a checkpoint is loaded and run. Immutable: {@code LoadOptions.defaults().withThreads(4)}. */
public final class LoadOptions {
  private static final LoadOptions DEFAULTS =
      new LoadOptions(OptionalInt.empty(), Optional.empty());

  private final OptionalInt threads;

  /** Empty: as config.json says; present and empty inside: none. */
  private final Optional<OptionalInt> slidingWindow;

  private LoadOptions(OptionalInt threads, Optional<OptionalInt> slidingWindow) {
    this.threads = threads;
    this.slidingWindow = slidingWindow;
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
    return new LoadOptions(OptionalInt.of(threads), slidingWindow);
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
    return new LoadOptions(threads, Optional.of(OptionalInt.of(window)));
  }

  /** Lets a query see every key before it, whatever config.json says. */
  public LoadOptions withoutSlidingWindow() {
    return new LoadOptions(threads, Optional.of(OptionalInt.empty()));
  }

  /** How many threads compute, the caller's included. */
  public int threads() {
    return threads.orElseGet(Runtime.getRuntime()::availableProcessors);
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
