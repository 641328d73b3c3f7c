package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.conversion.CheckpointQuantizer;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.testkit.Fixtures;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RunsOnce
class PagePreloaderTest {
  @TempDir private Path temporary;

  @Test
  void allMappedWeightsAreReadAndTheListenerHearsOfEach() {
    List<Long> heard = new ArrayList<>();
    List<Long> totals = new ArrayList<>();
    LoadOptions options =
        LoadOptions.defaults()
            .withThreads(3)
            .withPreload(
                (bytes, totalBytes) -> {
                  heard.add(bytes);
                  totals.add(totalBytes);
                })
            .withChunkTokens(7);
    try (Checkpoint checkpoint = Checkpoint.open(Fixtures.storyteller(), options)) {
      long bytes =
          checkpoint.weights().matrices().stream().mapToLong(matrix -> matrix.byteSize()).sum();
      assertEquals(bytes, heard.getLast());
      assertEquals(List.of(bytes), totals.stream().distinct().toList());
      assertEquals(heard.stream().sorted().distinct().toList(), heard);
      assertEquals(checkpoint.weights().matrices().size(), heard.size());
    }
  }

  @Test
  void offsetsAreReadAlongWithTheirTiles() {
    Path folder = temporary.resolve("offsets");
    new CheckpointQuantizer(Fixtures.folder("quantized/awq-gemm"), Recipe.Q4)
        .withThreads(1)
        .write(folder, _ -> {});
    List<Long> totals = new ArrayList<>();
    LoadOptions options =
        LoadOptions.defaults().withPreload((_, totalBytes) -> totals.add(totalBytes));
    try (Checkpoint checkpoint = Checkpoint.open(folder, options)) {
      assertEquals(
          checkpoint.weights().matrices().stream().mapToLong(WeightMatrix::byteSize).sum(),
          totals.getLast());
    }
  }

  @Test
  void weightsThatWereQuantisedIntoMemoryAreThereAlready() {
    List<Long> heard = new ArrayList<>();
    List<Long> totals = new ArrayList<>();
    LoadOptions options =
        LoadOptions.defaults()
            .withQuantization(Recipe.Q4_ALL)
            .withPreload(
                (bytes, totalBytes) -> {
                  heard.add(bytes);
                  totals.add(totalBytes);
                });
    try (Checkpoint checkpoint = Checkpoint.open(Fixtures.storyteller(), options)) {
      // First come the weights that are quantised, then the pages of those that are not.
      long stored = checkpoint.contents().total().bytes();
      assertEquals(totals.getFirst(), heard.get(totals.lastIndexOf(totals.getFirst())));
      assertTrue(totals.getFirst() > stored * 9 / 10, totals + " of " + stored);
      assertEquals(totals.getLast(), heard.getLast());
      assertTrue(totals.getLast() < stored / 10, totals + " of " + stored);
    }
  }
}
