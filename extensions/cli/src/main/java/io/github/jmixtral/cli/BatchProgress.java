package io.github.jmixtral.cli;

import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** How far a batch is, with time left and tokens per second. */
final class BatchProgress implements AutoCloseable {
  private final Progress bar;
  private final long startNanos = System.nanoTime();
  private long tokens;
  private long answers;
  private long errors;

  /** Shown on a bar. */
  BatchProgress(Progress bar) {
    this.bar = bar;
  }

  /** Another answer is written. */
  void add(BatchAnswer answer) {
    answers++;
    errors += answer.isError() ? 1 : 0;
    tokens += answer.tokens();
    bar.note(speed(System.nanoTime() - startNanos));
    bar.step(1);
  }

  /** Tokens of prompts and answers per second. */
  String speed(long nanos) {
    double seconds = (double) Math.max(1, nanos) / TimeUnit.SECONDS.toNanos(1);
    return String.format(Locale.ROOT, "%.1f tokens/s", tokens / seconds);
  }

  /** How many answers were written. */
  long answers() {
    return answers;
  }

  /** How many of them are errors. */
  long errors() {
    return errors;
  }

  @Override
  public void close() {
    bar.close();
  }
}
