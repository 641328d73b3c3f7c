package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.checkpoint.CheckpointContents;
import io.github.jmixtral.internal.writing.TileCache;
import java.nio.file.Path;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** A checkpoint was opened. */
@Name("io.github.jmixtral.Load")
@Label("Model Load")
@Description("A checkpoint was mapped, and quantised if that was asked for")
@Category("jmixtral")
@StackTrace(false)
// The recorder reads the fields.
@SuppressWarnings("UnusedVariable")
final class LoadEvent extends Event {

  @Label("Path")
  private @Nullable String path;

  @Label("Layout")
  private @Nullable String layout;

  @Label("Layers")
  private int layers;

  @Label("Experts")
  @Description("Experts of a layer")
  private int experts;

  @Label("Weights")
  @DataAmount
  private long weightBytes;

  /** Opens a checkpoint and records how long that took, unless it fails. */
  static Checkpoint open(Path path, LoadOptions options) {
    LoadEvent event = new LoadEvent();
    event.begin();
    Checkpoint checkpoint = TileCache.open(path, options);
    event.end();
    if (event.shouldCommit()) {
      CheckpointContents contents = checkpoint.contents();
      event.path = path.toString();
      event.layout = contents.layout();
      event.layers = checkpoint.config().numHiddenLayers();
      event.experts = checkpoint.config().numLocalExperts();
      event.weightBytes = contents.total().bytes();
      event.commit();
    }
    return checkpoint;
  }
}
