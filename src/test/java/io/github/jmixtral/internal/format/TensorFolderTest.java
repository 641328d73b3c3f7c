package io.github.jmixtral.internal.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.LogCapture;
import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RunsOnce
class TensorFolderTest {
  private static final String INDEX = "model.safetensors.index.json";

  @TempDir Path folder;

  @Test
  void shardsMakeOneModel() throws IOException {
    shard("x.safetensors", "a", "c");
    shard("y.safetensors", "b");
    index("{'metadata':{'total_size':3},'weight_map':{%s,%s,%s}}", "a=x", "b=y", "c=x");
    try (Arena arena = Arena.ofConfined()) {
      TensorFolder opened = TensorFolder.open(folder, arena);
      assertEquals(Set.of("a", "b", "c"), opened.tensors().keySet());
      assertEquals(folder.resolve("y.safetensors"), opened.tensors().get("b").file());
      assertEquals(folder.resolve(INDEX), opened.source());
    }
  }

  @Test
  void theSingleFileWinsOverAnIndex() throws IOException {
    shard("model.safetensors", "a");
    index("{'weight_map':{%s}}", "b=absent");
    try (Arena arena = Arena.ofConfined()) {
      assertEquals(Set.of("a"), TensorFolder.open(folder, arena).tensors().keySet());
    }
  }

  @Test
  void linksAreFollowedAsTheHubsCacheLaysThem() throws IOException {
    Path blobs = Files.createDirectory(folder.resolve("blobs"));
    Path snapshot = Files.createDirectory(folder.resolve("snapshot"));
    shard("blobs/f00d", "a");
    Files.createSymbolicLink(
        snapshot.resolve("model.safetensors"), snapshot.relativize(blobs.resolve("f00d")));
    try (Arena arena = Arena.ofConfined()) {
      assertEquals(Set.of("a"), TensorFolder.open(snapshot, arena).tensors().keySet());
    }
  }

  @Test
  void aFolderWithoutWeightsIsNamed() {
    try (Arena arena = Arena.ofConfined()) {
      MissingFileException missing =
          assertThrows(MissingFileException.class, () -> TensorFolder.open(folder, arena));
      assertTrue(missing.getMessage().startsWith(folder.toString()), missing.getMessage());
      assertTrue(missing.getMessage().contains("model.safetensors"), missing.getMessage());
      assertTrue(missing.getMessage().contains(INDEX), missing.getMessage());
    }
  }

  @Test
  void aMissingShardIsNamedWithTheTensorThatNeedsIt() throws IOException {
    shard("x.safetensors", "a");
    index("{'weight_map':{%s,%s}}", "a=x", "b=y");
    try (Arena arena = Arena.ofConfined()) {
      MissingFileException missing =
          assertThrows(MissingFileException.class, () -> TensorFolder.open(folder, arena));
      assertTrue(missing.getMessage().contains("y.safetensors"), missing.getMessage());
      assertTrue(missing.getMessage().contains("'b'"), missing.getMessage());
    }
  }

  /** As the reference, which takes from the index no more than which files there are. */
  @Test
  void theShardsCountWhereTheIndexIsWrong() throws IOException {
    shard("x.safetensors", "a");
    shard("y.safetensors", "b");
    index("{'weight_map':{%s,%s,%s}}", "a=x", "b=x", "c=y");
    String message = INDEX + ": tensor 'b': the file x.safetensors has no such tensor";
    try (Arena arena = Arena.ofConfined()) {
      String log =
          LogCapture.of(
              () ->
                  assertEquals(
                      Map.of(
                          "a", folder.resolve("x.safetensors"),
                          "b", folder.resolve("y.safetensors")),
                      files(TensorFolder.open(folder, arena))));
      assertTrue(log.contains(message), log);
    }
    MalformedFileException failure =
        assertThrows(
            MalformedFileException.class,
            () -> TensorFolder.requireTrueIndex(folder.resolve(INDEX)));
    assertEquals(folder + "/" + message, failure.getMessage());
  }

  @Test
  void shardsMayLieInFoldersInside() throws IOException {
    Files.createDirectory(folder.resolve("inside"));
    shard("inside/x.safetensors", "a");
    shard("y.safetensors", "b");
    index("{'weight_map':{%s,%s}}", "a=inside/x", "b=./y");
    try (Arena arena = Arena.ofConfined()) {
      assertEquals(
          Map.of("a", folder.resolve("inside/x.safetensors"), "b", folder.resolve("y.safetensors")),
          files(TensorFolder.open(folder, arena)));
    }
  }

  private static Map<String, Path> files(TensorFolder folder) {
    return folder.tensors().values().stream()
        .collect(Collectors.toMap(TensorEntry::name, TensorEntry::file));
  }

  @Test
  void aTensorThatTheIndexDoesNotListIsThereAllTheSame() throws IOException {
    shard("x.safetensors", "a", "b");
    index("{'weight_map':{%s}}", "a=x");
    try (Arena arena = Arena.ofConfined()) {
      assertEquals(Set.of("a", "b"), TensorFolder.open(folder, arena).tensors().keySet());
    }
  }

  @Test
  void ofATensorInTwoShardsTheIndexNamesTheOneThatCounts() throws IOException {
    shard("x.safetensors", "a");
    shard("y.safetensors", "a", "b");
    index("{'weight_map':{%s,%s}}", "a=x", "b=y");
    try (Arena arena = Arena.ofConfined()) {
      var tensors = TensorFolder.open(folder, arena).tensors();
      assertEquals(folder.resolve("x.safetensors"), tensors.get("a").file());
      assertEquals(folder.resolve("y.safetensors"), tensors.get("b").file());
    }
  }

  @Test
  void shardNamesCannotLeaveTheFolder() throws IOException {
    for (String escape :
        List.of(
            "../x",
            "/etc/passwd",
            "a/../../x",
            "..",
            ".",
            "",
            "C:x",
            "a\\\\x",
            "a\\u0000",
            "\\ud800",
            "a".repeat(256))) {
      index("{'weight_map':{'a':'" + escape + "'}}");
      refuses(INDEX + ": tensor 'a': expected the name of a file of this folder, found ");
    }
  }

  @Test
  void aShardNameMustBeAString() throws IOException {
    index("{'weight_map':{'a':7}}");
    refuses(INDEX + ": tensor 'a': expected the name of a file of this folder, found 7");
  }

  @Test
  void anIndexWithoutAWeightMapIsRefused() throws IOException {
    for (String index : List.of("{}", "[]", "7")) {
      index(index);
      refuses(INDEX + ": the key weight_map is missing");
    }
    for (String index : List.of("{'weight_map':[]}", "{'weight_map':{}}")) {
      index(index);
      refuses(INDEX + ": weight_map: expected an object of tensor names and file names, found ");
    }
  }

  @Test
  void anIndexThatIsNotJsonIsRefused() throws IOException {
    index("{'weight_map':{'a':'x'");
    refuses(INDEX + ": line 2, column 1: the JSON ends too early");
  }

  @Test
  void aDamagedShardIsNamed() throws IOException {
    shard("x.safetensors", "a");
    Files.write(folder.resolve("y.safetensors"), new byte[3]);
    index("{'weight_map':{%s,%s}}", "a=x", "b=y");
    refuses("y.safetensors: the file has 3 bytes, too few for the 8 of the header's length");
  }

  private void refuses(String message) {
    try (Arena arena = Arena.ofConfined()) {
      MalformedFileException failure =
          assertThrows(MalformedFileException.class, () -> TensorFolder.open(folder, arena));
      assertTrue(
          failure.getMessage().replace(folder + "/", "").startsWith(message), failure.getMessage());
    }
  }

  /** Each {@code tensor=shard} stands for an entry of the map; single quotes for double ones. */
  private void index(String json, String... entries) throws IOException {
    Object[] written =
        Arrays.stream(entries)
            .map(entry -> "'" + entry.replace("=", "':'") + ".safetensors'")
            .toArray();
    String text = entries.length == 0 ? json : json.formatted(written);
    Files.writeString(folder.resolve(INDEX), text.replace('\'', '"') + "\n");
  }

  private void shard(String name, String... tensors) {
    List<SafetensorsWriter.Declaration> declarations =
        Arrays.stream(tensors)
            .map(tensor -> new SafetensorsWriter.Declaration(tensor, Dtype.U8, List.of(1L)))
            .toList();
    try (SafetensorsWriter writer =
        new SafetensorsWriter(folder.resolve(name), declarations, Map.of())) {
      for (String tensor : tensors) {
        writer.write(tensor, MemorySegment.ofArray(new byte[1]));
      }
      writer.finish();
    }
  }
}
