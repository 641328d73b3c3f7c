package io.github.jmixtral.cli;

import java.time.Duration;
import java.util.Optional;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/** How far something is, on standard error. */
final class Progress implements AutoCloseable {
  private static final int WIDTH = 80;
  private static final Duration INTERVAL = Duration.ofMillis(500);

  private final Optional<ProgressBar> bar;

  private Progress(Optional<ProgressBar> bar) {
    this.bar = bar;
  }

  /** Shows nothing. */
  static Progress none() {
    return new Progress(Optional.empty());
  }

  /**
   * A bar that is gone when it is closed.
   *
   * @param steps in all; -1 if that is not known
   * @param done steps that took no time
   */
  static Progress bar(Terminal terminal, String task, long steps, long done) {
    ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(steps)
            .startsFrom(done, Duration.ZERO)
            .setUpdateIntervalMillis(Math.toIntExact(INTERVAL.toMillis()))
            .clearDisplayOnFinish()
            .setConsumer(new ConsoleProgressBarConsumer(terminal.errorStream(), WIDTH))
            .build();
    return new Progress(Optional.of(bar));
  }

  void step(long steps) {
    bar.ifPresent(shown -> shown.stepBy(steps));
  }

  /** Shows a text behind the bar. */
  void note(String text) {
    bar.ifPresent(shown -> shown.setExtraMessage(text));
  }

  @Override
  public void close() {
    bar.ifPresent(ProgressBar::close);
  }
}
