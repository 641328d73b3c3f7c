package io.github.jmixtral.config;

/** Is told how far the reading of a model's pages is; by one thread at a time. */
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
