package io.github.jmixtral.cli;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleConsumer;

/**
 * Shows, on a terminal, how far prompts are that take long. Gone when the first id comes, or it is
 * closed. All calls come from the generating thread.
 */
final class PromptProgress implements AutoCloseable {
  /** Prompts that take no longer show nothing. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final Main main;
  private final long startNanos = System.nanoTime();
  private final int[] lengths;

  /** By prompt. */
  private final double[] fractions;

  /** Null before it is shown. */
  private Progress progress;

  private long shown;
  private boolean ended;

  PromptProgress(Main main, List<int[]> prompts) {
    this.main = main;
    lengths = prompts.stream().mapToInt(ids -> ids.length).toArray();
    fractions = new double[lengths.length];
  }

  /** Receives the fraction of a prompt that is computed. */
  DoubleConsumer of(int prompt) {
    return fraction -> {
      fractions[prompt] = fraction;
      show();
    };
  }

  private void show() {
    if (ended || System.nanoTime() - startNanos < PATIENCE.toNanos()) {
      return;
    }
    if (progress == null) {
      progress = main.progress("prompt, ids", Arrays.stream(lengths).asLongStream().sum());
    }
    double computed = 0;
    for (int i = 0; i < lengths.length; i++) {
      computed += fractions[i] * lengths[i];
    }
    progress.step((long) computed - shown);
    shown = (long) computed;
  }

  @Override
  public void close() {
    end();
  }

  /** Takes what is shown away; doing so again changes nothing. */
  void end() {
    ended = true;
    if (progress != null) {
      progress.close();
      progress = null;
    }
  }
}
