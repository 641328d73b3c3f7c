package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.writing.TileCache;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The way to JDK Flight Recorder, whose module a small Java runtime may lack: the classes of events
 * are touched only where it is there.
 *
 * <pre>
 * io.github.jmixtral.Load        a checkpoint was opened
 * io.github.jmixtral.Prefill     a chunk of prompts ran through the layers
 * io.github.jmixtral.DecodeStep  one id of each sequence ran through the layers
 * io.github.jmixtral.ExpertLoad  how a chunk or step spread over the experts of a layer
 * </pre>
 */
final class FlightRecorder {

  private FlightRecorder() {}

  private static boolean isPresent() {
    return ModuleLayer.boot().findModule("jdk.jfr").isPresent();
  }

  /** Opens a checkpoint, and records that. */
  static Checkpoint open(Path path, LoadOptions options) {
    return isPresent() ? LoadEvent.open(path, options) : TileCache.open(path, options);
  }

  /** What records the passes of a model, or null without the module. */
  static @Nullable PassEvents passEvents() {
    return isPresent() ? new PassEvents() : null;
  }
}
