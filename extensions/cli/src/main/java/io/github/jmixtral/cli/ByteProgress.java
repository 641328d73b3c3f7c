package io.github.jmixtral.cli;

/** Shows bytes that come in on a progress bar of megabytes, from the first ones on. */
final class ByteProgress implements AutoCloseable {
  private static final long MEGABYTE = 1_000_000;

  private final Main main;
  private final String task;
  private Progress progress;
  private long shown;

  ByteProgress(Main main, String task) {
    this.main = main;
    this.task = task;
  }

  /** Shows how many bytes of how many are there. */
  void show(long bytes, long totalBytes) {
    if (progress == null && bytes < totalBytes) {
      progress = main.progress(task + ", MB", totalBytes / MEGABYTE);
    }
    if (progress != null) {
      progress.step(bytes / MEGABYTE - shown);
      shown = bytes / MEGABYTE;
    }
    if (bytes == totalBytes) {
      close();
    }
  }

  @Override
  public void close() {
    if (progress != null) {
      progress.close();
      progress = null;
      shown = 0;
    }
  }
}
