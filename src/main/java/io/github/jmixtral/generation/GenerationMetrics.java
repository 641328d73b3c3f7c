package io.github.jmixtral.generation;

import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;

/**
 * What a generation computed, and how long it took. Immutable.
 *
 * @since 0.1.0
 */
public final class GenerationMetrics {
  private static final double NANOS_PER_SECOND = 1e9;

  private final int newTokenCount;
  private final int cachedTokenCount;
  private final int prefillTokenCount;
  private final Duration prefillTime;
  private final int decodePasses;
  private final Duration decodeTime;
  private final long[][] expertCounts;

  /**
   * Metrics. The library makes these; the constructor serves tests and adapters. If a component is
   * added, another constructor will be.
   *
   * @param newTokenCount how many ids were generated
   */
  public GenerationMetrics(
      int newTokenCount,
      int cachedTokenCount,
      int prefillTokenCount,
      Duration prefillTime,
      int decodePasses,
      Duration decodeTime,
      long[][] expertCounts) {
    Objects.requireNonNull(expertCounts, "expertCounts");
    this.newTokenCount = newTokenCount;
    this.cachedTokenCount = cachedTokenCount;
    this.prefillTokenCount = prefillTokenCount;
    this.prefillTime = Objects.requireNonNull(prefillTime, "prefillTime");
    this.decodePasses = decodePasses;
    this.decodeTime = Objects.requireNonNull(decodeTime, "decodeTime");
    this.expertCounts = copy(expertCounts);
  }

  /**
   * How many ids of the prompt needed not be computed: a session held them, or an earlier request
   * began with them.
   */
  public int cachedTokenCount() {
    return cachedTokenCount;
  }

  /** How many ids of the prompt were computed: all, except {@link #cachedTokenCount}. */
  public int prefillTokenCount() {
    return prefillTokenCount;
  }

  /** From the start until the logits after the prompt were known. */
  public Duration prefillTime() {
    return prefillTime;
  }

  /** Computed ids of the prompt per second; 0 if none was computed. */
  public double prefillTokensPerSecond() {
    return perSecond(prefillTokenCount, prefillTime);
  }

  /**
   * Passes through the model after those of the prompt: one for each new id but the first, fewer
   * where prompt lookup guessed right.
   */
  public int decodePasses() {
    return decodePasses;
  }

  /** From the end of the prefill to the end of the generation. */
  public Duration decodeTime() {
    return decodeTime;
  }

  /** New ids per second without the first, which the prefill gives; 0 if there is no other. */
  public double decodeTokensPerSecond() {
    return perSecond(newTokenCount - 1, decodeTime);
  }

  /** New ids for each decode pass: 1, or more with prompt lookup; 0 without a pass. */
  public double tokensPerPass() {
    return decodePasses == 0 ? 0 : (newTokenCount - 1.0) / decodePasses;
  }

  /**
   * How often each expert computed an id of this text [layers, experts]: an id of the prompt that
   * was computed, or a new one except the last. Wrong guesses of prompt lookup count, too.
   */
  public long[][] expertCounts() {
    return copy(expertCounts);
  }

  private static long[][] copy(long[][] counts) {
    return Arrays.stream(counts).map(long[]::clone).toArray(long[][]::new);
  }

  private static double perSecond(int count, Duration time) {
    return count <= 0 || !time.isPositive() ? 0 : count * NANOS_PER_SECOND / time.toNanos();
  }

  @Override
  public String toString() {
    return ("GenerationMetrics[cachedTokenCount=%d, prefillTokenCount=%d, prefillTime=%s,"
            + " decodePasses=%d, decodeTime=%s]")
        .formatted(cachedTokenCount, prefillTokenCount, prefillTime, decodePasses, decodeTime);
  }
}
