package io.github.jmixtral.generation;

/**
 * Why a generation ended; if several reasons hold for the same token, the first of this list.
 * Reasons may be added.
 *
 * @since 0.1.0
 */
public enum FinishReason {
  /** An end-of-sequence id was chosen; it is the last of the ids. */
  EOS,
  /** The text contains a stop string. */
  STOP_STRING,
  /** A {@link StoppingCriteria} of the caller said so. */
  STOPPING_CRITERIA,
  /** As many tokens as allowed. */
  LENGTH,
  /** {@code maxTime} has passed. */
  TIME,
  /** The thread was interrupted or the {@link CancellationHandle} used; the rest is missing. */
  CANCELLED
}
