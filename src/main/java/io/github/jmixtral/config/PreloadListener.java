package io.github.jmixtral.config;

/**
 * Receives the progress of reading a model's pages, from one thread at a time.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface PreloadListener {
  /**
   * More pages are in memory.
   *
   * @param bytes read so far
   * @param totalBytes of all mapped weights
   */
  void loaded(long bytes, long totalBytes);
}
