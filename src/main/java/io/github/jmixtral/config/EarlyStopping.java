package io.github.jmixtral.config;

/**
 * When beam search ends before the length does; the reference's {@code early_stopping}.
 *
 * @since 0.1.0
 */
public enum EarlyStopping {
  /**
   * {@code false}: once as many texts as beams are finished, and the best running beam, scored at
   * its present length, is no better than the worst of them.
   */
  HEURISTIC,
  /** {@code true}: once as many texts as beams are finished. */
  WHEN_FULL,
  /**
   * {@code "never"}: once no running beam can become better than the worst of the finished texts;
   * with a length penalty above 0 that is judged at the greatest length.
   */
  NEVER
}
