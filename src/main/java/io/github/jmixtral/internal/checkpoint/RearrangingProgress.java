package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.PreloadListener;

/**
 * Reports to a listener how much of a model's weights has been rearranged; one caller at a time.
 */
public final class RearrangingProgress {
  /** Who watches the models that a thread opens with options that name no listener. */
  public static final ScopedValue<PreloadListener> WATCHER = ScopedValue.newInstance();

  private final PreloadListener listener;
  private final long total;
  private long done;

  /**
   * Begins.
   *
   * @param options may name the listener
   * @param total how many bytes there are to rearrange
   */
  public RearrangingProgress(LoadOptions options, long total) {
    listener = options.preload().orElseGet(() -> WATCHER.orElse((_, _) -> {}));
    this.total = total;
  }

  /** Some more bytes were rearranged. What the listener throws ends the work. */
  public void add(long bytes) {
    done = Math.min(total, done + bytes);
    listener.loaded(done, total);
  }

  /** All is done; matrices may have become something else than their first rows promised. */
  public void end() {
    if (done < total) {
      add(total - done);
    }
  }
}
