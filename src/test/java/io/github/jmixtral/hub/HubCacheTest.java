package io.github.jmixtral.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RunsOnce
class HubCacheTest {
  private static final String NAME = "mistralai/Mixtral-8x7B-v0.1";
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  private static final String OLDER = "fedcba9876543210fedcba9876543210fedcba98";

  @TempDir private Path root;
  private Path model;

  @BeforeEach
  void putAModelInto() throws IOException {
    model = root.resolve("models--mistralai--Mixtral-8x7B-v0.1");
    Files.createDirectories(model.resolve("refs/pr"));
    Files.createDirectories(model.resolve("snapshots").resolve(COMMIT));
    Files.createDirectories(model.resolve("snapshots").resolve(OLDER));
    Files.writeString(model.resolve("refs/main"), COMMIT);
    Files.writeString(model.resolve("refs/pr/1"), OLDER + "\n");
  }

  @Test
  void aNameIsTheCommitOfMain() {
    assertEquals(snapshot(COMMIT), new HubCache(root).folder(NAME));
  }

  @Test
  void aModelIsAtAPathOrInTheCache() {
    HubCache cache = new HubCache(root);
    assertEquals(snapshot(COMMIT), cache.locate(NAME));
    assertEquals(model, cache.locate(model.toString()));
    for (String nowhere : new String[] {"nowhere", "no/such/path", "org/unknown"}) {
      MissingFileException failure =
          assertThrows(MissingFileException.class, () -> cache.locate(nowhere));
      assertTrue(failure.getMessage().startsWith(nowhere + ": there is no such folder"));
    }
  }

  @Test
  void anAddressLeadsToTheDownload() {
    HubCache cache = new HubCache(root);
    for (String address :
        List.of(
            "https://huggingface.co/org/name",
            "http://www.hf.co/org/name/tree/main",
            "huggingface.co/org/name?library=x",
            "hf://org/name")) {
      MissingFileException failure =
          assertThrows(MissingFileException.class, () -> cache.locate(address));
      assertEquals(
          address
              + ": an address is not opened; download the model first (jmixtral download org/name)"
              + " and then name it org/name",
          failure.getMessage());
    }
  }

  @Test
  void aRevisionIsABranchOrACommit() {
    HubCache cache = new HubCache(root);
    assertEquals(snapshot(OLDER), cache.folder(NAME + "@pr/1"));
    assertEquals(snapshot(OLDER), cache.folder(NAME + "@" + OLDER));
    assertEquals(snapshot(COMMIT), cache.folder(NAME + "@main"));
  }

  @Test
  void whatWasNotDownloadedIsMissing() {
    HubCache cache = new HubCache(root);
    for (String name : new String[] {"mistralai/Other", NAME + "@v2"}) {
      MissingFileException failure =
          assertThrows(MissingFileException.class, () -> cache.folder(name));
      assertTrue(
          failure.getMessage().startsWith(name + ": there is no such folder"),
          failure.getMessage());
      assertTrue(failure.getMessage().contains(root.toString()), failure.getMessage());
    }
  }

  /** As huggingface_hub reads it. */
  @Test
  void aReferenceMayNameAnyFolder() throws IOException {
    Files.createDirectories(snapshot("abc-1.0"));
    Files.writeString(model.resolve("refs/main"), "abc-1.0");
    assertEquals(snapshot("abc-1.0"), new HubCache(root).folder(NAME));
  }

  @Test
  void aDamagedReferenceIsRefused() throws IOException {
    Files.writeString(model.resolve("refs/main"), "../../../etc");
    MalformedFileException failure =
        assertThrows(MalformedFileException.class, () -> new HubCache(root).folder(NAME));
    assertTrue(failure.getMessage().contains("expected a commit id"), failure.getMessage());
    assertTrue(failure.getMessage().contains("found '../../../etc'"), failure.getMessage());
  }

  @Test
  void onlyNamesAreNames() {
    for (String name : new String[] {NAME, "a/b", NAME + "@refs/pr/1", "1-800/x_y.z"}) {
      assertTrue(HubCache.isModelName(name), name);
    }
    for (String text :
        new String[] {
          "a", "/a/b", "a/b/c", "a/../b", "a/b@../../c", "./a", "../a", "a/b@", "a b/c"
        }) {
      assertFalse(HubCache.isModelName(text), text);
      assertThrows(IllegalArgumentException.class, () -> new HubCache(root).folder(text), text);
    }
  }

  @Test
  void theUsualVariablesNameTheCacheTheFirstOneThatIsSetWins() {
    String suffix = "models--mistralai--Mixtral-8x7B-v0.1/snapshots/" + COMMIT;
    assertEquals(
        root.resolve(suffix),
        HubCache.ofEnvironment(Map.of("HF_HUB_CACHE", root.toString(), "HF_HOME", "/other"))
            .folder(NAME));
    assertPlace("/home/hub", Map.of("HF_HOME", "/home", "XDG_CACHE_HOME", "/xdg"));
    assertPlace("/xdg/huggingface/hub", Map.of("XDG_CACHE_HOME", "/xdg", "HF_HOME", ""));
    assertPlace(System.getProperty("user.home") + "/.cache/huggingface/hub", Map.of());
  }

  @Test
  void aTildeIsTheHomeOfTheUser() {
    String home = System.getProperty("user.home");
    assertPlace(home + "/models", Map.of("HF_HUB_CACHE", "~/models"));
    assertPlace(home + "/hub", Map.of("HF_HOME", "~"));
  }

  @Test
  void homeAndVariablesInPathsAreExpanded() {
    assertPlace("/h/.cache/huggingface/hub", Map.of("HOME", "/h"));
    assertPlace("/h/x", Map.of("HOME", "/h", "HF_HUB_CACHE", "~/x"));
    assertPlace("/h/x", Map.of("HOME", "/h", "HF_HUB_CACHE", "$HOME/x"));
    assertPlace("/h/d/x", Map.of("HOME", "/h", "HF_HUB_CACHE", "~/${D}/x", "D", "d"));
    assertPlace("~/x", Map.of("HOME", "/h", "HF_HUB_CACHE", "$D", "D", "~/x"));
    assertPlace("/h/$NONE", Map.of("HOME", "/h", "HF_HUB_CACHE", "~/$NONE"));
    assertPlace("/d/hub/x", Map.of("DATA", "/d", "HF_HUB_CACHE", "${DATA}/hub/x"));
    assertPlace("$NONE/x", Map.of("HF_HUB_CACHE", "$NONE/x"));
    assertPlace("/old", Map.of("HUGGINGFACE_HUB_CACHE", "/old", "HF_HOME", "/new"));
    assertPlace("/new", Map.of("HUGGINGFACE_HUB_CACHE", "/old", "HF_HUB_CACHE", "/new"));
  }

  @Test
  void aGgufFileInAFolderIsFoundByTheModelsNameAndByItsPath() throws IOException {
    HubCache cache = new HubCache(root);
    Path file = root.resolve("models--org--quants/snapshots/main/Q8_0/m-Q8_0.gguf");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "GGUF");
    assertEquals(file, cache.locate("org/quants"));
    assertEquals(file.getParent(), cache.locate("org/quants/Q8_0"));
    assertEquals(file, cache.locate("org/quants/Q8_0/m-Q8_0.gguf"));
    Files.writeString(file.resolveSibling("m-Q4_0.gguf"), "GGUF");
    assertEquals(file.getParent().getParent(), cache.locate("org/quants"));
    assertThrows(MissingFileException.class, () -> cache.locate("org/quants/Q2_K"));
    assertThrows(MissingFileException.class, () -> cache.locate("org/quants/../../../x"));
  }

  @Test
  void whereLinksAreNotAllowedFilesAreCopies() throws IOException {
    // An archive is a file system without links of either kind.
    Path archive = root.resolve("cache.zip");
    try (FileSystem zip = FileSystems.newFileSystem(archive, Map.of("create", "true"))) {
      HubCache cache = new HubCache(zip.getPath("/cache"));
      HubCache.Name name = HubCache.Name.of(NAME);
      Path folder = cache.prepare(name, COMMIT);
      Path blob = Files.writeString(cache.blobs(name).resolve("hash"), "content");
      for (int round = 0; round < 2; round++) {
        cache.link(name, COMMIT, "part/config.json", blob);
        cache.refer(name, COMMIT);
        assertEquals("content", Files.readString(folder.resolve("part/config.json")));
      }
      assertEquals(folder, cache.folder(NAME));
      Path other = Files.writeString(cache.blobs(name).resolve("other"), "other content");
      cache.link(name, COMMIT, "part/config.json", other);
      assertEquals("other content", Files.readString(folder.resolve("part/config.json")));
    }
  }

  private static void assertPlace(String expected, Map<String, String> environment) {
    HubCache cache = HubCache.ofEnvironment(environment);
    MissingFileException failure =
        assertThrows(MissingFileException.class, () -> cache.folder("no/model"));
    String place = Path.of(expected).toString();
    assertTrue(failure.getMessage().contains("cache " + place + " holds"), failure.getMessage());
  }

  private Path snapshot(String commit) {
    return model.resolve("snapshots").resolve(commit);
  }
}
