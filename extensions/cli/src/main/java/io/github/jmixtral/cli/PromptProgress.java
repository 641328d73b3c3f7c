package io.github.jmixtral.cli;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.config.LoadOptions;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Shows, where somebody watches, how far a prompt that takes long is: one step for each layer of
 * each of its chunks. Gone when the first id comes, or it is closed.
 */
final class PromptProgress implements AutoCloseable {
  /** Who has waited for so long wants to know. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private static final Duration INTERVAL = Duration.ofMillis(250);

  private final Thread watcher;

  private PromptProgress(Thread watcher) {
    this.watcher = watcher;
  }

  /** Starts watching a model that is about to compute a prompt of this length. */
  static PromptProgress watch(Main main, MixtralForCausalLM model, int promptTokens) {
    int chunk = LoadOptions.defaults().chunkTokens();
    long chunks = (promptTokens + chunk - 1L) / chunk;
    return watch(main, model::layersRun, chunks * model.config().numHiddenLayers());
  }

  /**
   * Starts watching a model.
   *
   * @param layersRun how many layers the model has run so far
   * @param layers how many the prompt will take
   */
  static PromptProgress watch(Main main, LongSupplier layersRun, long layers) {
    long begin = layersRun.getAsLong();
    return new PromptProgress(Thread.ofVirtual().start(() -> show(main, layersRun, begin, layers)));
  }

  private static void show(Main main, LongSupplier layersRun, long begin, long layers) {
    try {
      Thread.sleep(PATIENCE);
      if (layersRun.getAsLong() - begin >= layers) {
        return;
      }
      try (Progress progress = main.progress("prompt, layers", layers)) {
        long shown = 0;
        while (shown < layers) {
          long run = Math.min(layers, layersRun.getAsLong() - begin);
          progress.step(run - shown);
          shown = run;
          Thread.sleep(INTERVAL);
        }
      }
    } catch (InterruptedException _) {
      // The caller is gone.
    }
  }

  @Override
  public void close() {
    end();
  }

  /** Takes what is shown away; doing so again changes nothing. */
  void end() {
    watcher.interrupt();
    try {
      watcher.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
