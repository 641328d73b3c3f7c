package io.github.jmixtral.hub;

/**
 * Receives the progress of a download. Calls come from several threads, one at a time.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface DownloadListener {
  /**
   * Some bytes have arrived, or were there already.
   *
   * @param bytes of all files so far; a part that is fetched again counts down first
   * @param totalBytes of all files, as far as the Hub says
   */
  void arrived(long bytes, long totalBytes);
}
