package io.github.jmixtral.server.internal.metrics;

import io.github.jmixtral.generation.Generation;
import java.time.Duration;
import java.util.List;

/** The times of one answer. Its calls come one after the other. */
public final class GenerationTimer {
  private final ServerMetrics metrics;
  private final long begin = System.nanoTime();
  private long last;
  private int events;

  GenerationTimer(ServerMetrics metrics) {
    this.metrics = metrics;
  }

  /** An event of a stream came. */
  public void event() {
    long now = System.nanoTime();
    if (events++ == 0) {
      metrics.firstToken(Duration.ofNanos(now - begin));
    } else {
      metrics.nextToken(Duration.ofNanos(now - last));
    }
    last = now;
  }

  /**
   * The answer has ended. Where it was no stream, the times of the tokens are those that the
   * generations report.
   */
  public void ended(List<Generation> generations) {
    Duration whole = Duration.ofNanos(System.nanoTime() - begin);
    metrics.ended(whole, generations);
    if (events == 0) {
      for (Generation generation : generations) {
        report(whole, generation);
      }
    }
  }

  private void report(Duration whole, Generation generation) {
    Duration decoding = generation.metrics().decodeTime();
    metrics.firstToken(whole.compareTo(decoding) > 0 ? whole.minus(decoding) : Duration.ZERO);
    int gaps = generation.newTokenCount() - 1;
    for (int gap = 0; gap < gaps; gap++) {
      metrics.nextToken(decoding.dividedBy(gaps));
    }
  }
}
