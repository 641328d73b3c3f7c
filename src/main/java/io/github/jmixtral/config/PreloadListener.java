package io.github.jmixtral.config;

/**
 * Receives the progress of loading a model, on any thread, but one call at a time; a slow listener
 * holds up the loading. First comes that of rearranging the weights that are not used where they
 * lie, if there are such, then, from 0 again, of reading the pages of all others.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface PreloadListener {
  /**
   * More weights are rearranged, or more pages are in memory. What this throws ends the loading.
   *
   * @param bytes rearranged or read so far
   * @param totalBytes that are to be rearranged, or of all mapped weights
   */
  void loaded(long bytes, long totalBytes);
}
