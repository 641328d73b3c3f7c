package io.github.jmixtral.cli;

import io.github.jmixtral.config.PreloadListener;

/** Shows how far the reading of a model's pages is, in megabytes. */
final class PreloadProgress implements PreloadListener {
  private static final long MEGABYTE = 1_000_000;

  private final Main main;
  private Progress progress = Progress.none();
  private long shown;

  PreloadProgress(Main main) {
    this.main = main;
  }

  @Override
  public void loaded(long bytes, long totalBytes) {
    if (shown == 0) {
      progress = main.progress("preload, MB", totalBytes / MEGABYTE);
    }
    progress.step(bytes / MEGABYTE - shown);
    shown = Math.max(1, bytes / MEGABYTE);
    if (bytes == totalBytes) {
      progress.close();
      shown = 0;
    }
  }
}
