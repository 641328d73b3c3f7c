package io.github.jmixtral.cli;

import java.util.function.LongConsumer;

/**
 * Shows work on a progress bar from its first step on. An interruption ends the work with its next
 * step.
 */
final class Steps implements LongConsumer, AutoCloseable {
  private final Main main;
  private final String task;
  private final long total;
  private Progress progress = Progress.none();
  private long done;

  Steps(Main main, String task, long total) {
    this.main = main;
    this.task = task;
    this.total = total;
  }

  /** Takes the number of further steps. */
  @Override
  public void accept(long more) {
    main.terminal().interruption().requireNone();
    if (done == 0) {
      progress = main.progress(task, total);
    }
    done += more;
    progress.step(more);
    if (done == total) {
      close();
    }
  }

  @Override
  public void close() {
    progress.close();
    progress = Progress.none();
  }
}
