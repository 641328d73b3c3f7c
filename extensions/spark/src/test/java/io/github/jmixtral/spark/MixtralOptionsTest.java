package io.github.jmixtral.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.spark.internal.task.Task;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MixtralOptionsTest {
  /** The folder of the tile cache that an executor loads with. */
  private static Optional<Path> tileCache(MixtralOptions options) {
    return options.job(Task.GENERATE).model().options(1).tileCache();
  }

  @Test
  void theTileCacheReachesTheExecutorsModel() {
    MixtralOptions options = MixtralOptions.of("model.gguf");
    assertEquals(Optional.empty(), tileCache(options));
    assertEquals(Optional.of(Path.of("kept")), tileCache(options.withTileCache("kept")));
    Map<String, String> catalog = Map.of("model", "model.gguf", "tileCache", "kept");
    assertEquals(
        Optional.of(Path.of("kept")), tileCache(SqlOptions.ofCatalog("jmixtral", catalog)));
    assertThrows(IllegalArgumentException.class, () -> options.withTileCache(" "));
  }
}
