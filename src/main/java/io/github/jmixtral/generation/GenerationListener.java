package io.github.jmixtral.generation;

/**
 * Receives each token as it is chosen, on the thread that generates.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface GenerationListener {
  /** Called once for each new token, in order; the next one is computed when this returns. */
  void onToken(GeneratedToken token);
}
