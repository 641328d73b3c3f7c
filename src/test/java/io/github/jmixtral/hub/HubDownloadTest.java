package io.github.jmixtral.hub;

import static io.github.jmixtral.testkit.SmallHub.COMMIT;
import static io.github.jmixtral.testkit.SmallHub.MODEL;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.HubAccessException;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.testkit.SmallHub;
import io.github.jmixtral.testkit.SmallHub.Mishap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@RunsOnce
class HubDownloadTest {
  private static final String WEIGHTS = "model-00001-of-00001.safetensors";

  @TempDir private Path root;
  private final byte[] weights = new byte[3_000_000];
  private SmallHub hub;

  @BeforeEach
  void fillTheHub() throws IOException {
    hub = new SmallHub();
    new Random(1).nextBytes(weights);
    hub.put(WEIGHTS, weights);
    hub.put("config.json", bytes("{}"));
    hub.put("model.safetensors.index.json", bytes("{\"weight_map\": {}}"));
    hub.put("tokenizer.model", bytes("pieces"));
    hub.put("README.md", bytes("words"));
    hub.put("consolidated.00.pt", bytes("the same weights"));
    hub.put("other/file.json", bytes("{}"));
    hub.put("tiny.Q4_0.gguf", bytes("the same weights"));
  }

  @AfterEach
  void closeTheHub() {
    hub.close();
  }

  @Test
  void aModelLiesInTheCacheAsThePythonLibraryLaysItOut() throws IOException {
    Path folder = download();
    Path model = root.resolve("models--org--tiny");
    assertEquals(model.resolve("snapshots").resolve(COMMIT), folder);
    assertEquals(COMMIT, Files.readString(model.resolve("refs/main")));
    assertEquals(
        List.of("config.json", WEIGHTS, "model.safetensors.index.json", "tokenizer.model"),
        names(folder));
    Path link = folder.resolve(WEIGHTS);
    assertEquals(Path.of("../../blobs", SmallHub.hash(weights)), Files.readSymbolicLink(link));
    assertArrayEquals(weights, Files.readAllBytes(link));
    assertEquals("{}", Files.readString(folder.resolve("config.json")));
    assertEquals(folder, new HubCache(root).folder(MODEL));
    assertEquals(4, names(model.resolve("blobs")).size(), "blobs and nothing else");
  }

  @Test
  void whatIsThereIsNotFetchedAgain() {
    download();
    int before = hub.requests().size();
    download();
    assertTrue(
        hub.requests().stream()
            .skip(before)
            .noneMatch(
                request -> request.method().equals("GET") && !request.path().contains("api")),
        () -> hub.requests().toString());
  }

  @Test
  void patternsChooseFiles() throws IOException {
    Path folder =
        hub(Optional.empty(), false)
            .download(
                MODEL, FileSelection.matching(List.of("*.gguf", "other/*")), (bytes, total) -> {});
    assertEquals(List.of("other", "tiny.Q4_0.gguf"), names(folder));
    MissingFileException none =
        assertThrows(
            MissingFileException.class,
            () ->
                hub(Optional.empty(), false)
                    .download(
                        MODEL, FileSelection.matching(List.of("*.exe")), (bytes, total) -> {}));
    assertTrue(none.getMessage().contains("tiny.Q4_0.gguf"), none.getMessage());
  }

  @ParameterizedTest
  @EnumSource(Mishap.class)
  void aMishapIsMadeGood(Mishap mishap) throws IOException {
    hub.spoil(WEIGHTS, mishap);
    hub.spoil("config.json", mishap == Mishap.STALL ? Mishap.TRUNCATE : mishap);
    Path folder = download();
    assertArrayEquals(weights, Files.readAllBytes(folder.resolve(WEIGHTS)));
    assertEquals("{}", Files.readString(folder.resolve("config.json")));
  }

  @Test
  void filesThatAreAlikeAreOneBlob() throws IOException {
    hub.put("model-00002-of-00002.safetensors", weights);
    hub.put("model-00003-of-00003.safetensors", weights);
    Path folder = download();
    assertArrayEquals(
        weights, Files.readAllBytes(folder.resolve("model-00003-of-00003.safetensors")));
    assertEquals(4, names(root.resolve("models--org--tiny/blobs")).size());
  }

  @Test
  void whatBrokeOffIsContinued() throws IOException {
    hub.spoil(WEIGHTS, Mishap.TRUNCATE, Mishap.TRUNCATE);
    Path folder = download();
    assertArrayEquals(weights, Files.readAllBytes(folder.resolve(WEIGHTS)));
    assertEquals(
        List.of("bytes=1500000-", "bytes=2250000-"),
        hub.requests().stream()
            .filter(request -> request.path().startsWith("/store/"))
            .map(request -> request.headers().get("range"))
            .filter(range -> range != null)
            .toList());
  }

  @Test
  void anotherRunContinuesWhatOneHasLeft() throws IOException {
    Path blobs = Files.createDirectories(root.resolve("models--org--tiny/blobs"));
    Path left = blobs.resolve(SmallHub.hash(weights) + ".jmixtral-incomplete");
    Files.write(left, Arrays.copyOf(weights, 2_999_000));
    List<Long> arrived = new ArrayList<>();
    Path folder =
        hub(Optional.empty(), false)
            .download(MODEL, FileSelection.needed(), (bytes, total) -> arrived.add(bytes));
    assertArrayEquals(weights, Files.readAllBytes(folder.resolve(WEIGHTS)));
    assertFalse(Files.exists(left));
    assertTrue(
        hub.requests().stream().anyMatch(r -> "bytes=2999000-".equals(r.headers().get("range"))));
    long total = weights.length + 2 + "{\"weight_map\": {}}".length() + "pieces".length();
    assertEquals(total, arrived.getLast());
  }

  @Test
  void howOftenAFileBreaksOffIsNoMatterAsLongAsMoreOfItComes() throws IOException {
    Mishap[] many = new Mishap[9];
    Arrays.fill(many, Mishap.TRUNCATE);
    hub.spoil(WEIGHTS, many);
    assertArrayEquals(weights, Files.readAllBytes(download().resolve(WEIGHTS)));
  }

  @Test
  void whatCannotBeContinuedIsFetchedAnew() throws IOException {
    hub.spoil(WEIGHTS, Mishap.TRUNCATE, Mishap.REFUSE_RANGE);
    assertArrayEquals(weights, Files.readAllBytes(download().resolve(WEIGHTS)));
    assertEquals(
        Arrays.asList(null, "bytes=1500000-", null),
        hub.requests().stream()
            .filter(request -> request.path().startsWith("/store/"))
            .map(request -> request.headers().get("range"))
            .toList());
  }

  @Test
  void aModelIsFollowedToItsNewName() throws IOException {
    Path folder =
        hub(Optional.empty(), false)
            .download(SmallHub.FORMER_NAME, FileSelection.needed(), (bytes, total) -> {});
    assertEquals(root.resolve("models--former--tiny/snapshots").resolve(COMMIT), folder);
    assertArrayEquals(weights, Files.readAllBytes(folder.resolve(WEIGHTS)));
    assertEquals(
        Path.of("../../blobs", SmallHub.hash(bytes("{}"))),
        Files.readSymbolicLink(folder.resolve("config.json")));
  }

  @Test
  void aModelWithoutWeightsThatLoadIsRefusedUnlessFilesAreNamed() {
    hub.remove(WEIGHTS);
    hub.remove("consolidated.00.pt");
    MissingFileException failure = assertThrows(MissingFileException.class, this::download);
    assertTrue(
        failure.getMessage().contains("not have weights in safetensors"), failure.getMessage());
    assertTrue(failure.getMessage().contains("tiny.Q4_0.gguf"), failure.getMessage());
  }

  @Test
  void whatIsRightAlreadyIsNotTouched() throws IOException {
    Path link = download().resolve(WEIGHTS);
    FileTime made = FileTime.fromMillis(1_000_000);
    Files.getFileAttributeView(link, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        .setTimes(made, null, null);
    Path reference = root.resolve("models--org--tiny/refs/main");
    Files.setLastModifiedTime(reference, made);
    download();
    assertEquals(made, Files.getLastModifiedTime(link, LinkOption.NOFOLLOW_LINKS));
    assertEquals(made, Files.getLastModifiedTime(reference));
  }

  @Test
  void severalDownloadsOfAModelAtOnceAllSucceed() throws Exception {
    try (var team = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Path>> all = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        all.add(team.submit(this::download));
      }
      for (Future<Path> one : all) {
        assertArrayEquals(weights, Files.readAllBytes(one.get().resolve(WEIGHTS)));
      }
    }
    assertEquals(4, names(root.resolve("models--org--tiny/blobs")).size(), "nothing left over");
  }

  @Test
  void whatAListenerThrowsEndsTheDownload() {
    ArithmeticException thrown = new ArithmeticException();
    assertSame(
        thrown,
        assertThrows(
            ArithmeticException.class,
            () ->
                hub(Optional.empty(), false)
                    .download(
                        MODEL,
                        FileSelection.needed(),
                        (bytes, total) -> {
                          throw thrown;
                        })));
  }

  @Test
  void theTokenOfAnOlderVariableCountsBehindTheNewOne() {
    Map<String, String> environment =
        Map.of("HUGGING_FACE_HUB_TOKEN", " old\n", "HF_HOME", root.toString());
    assertEquals(Optional.of("old"), HubDownload.token(environment));
    Map<String, String> both = new HashMap<>(environment);
    both.put("HF_TOKEN", "new");
    assertEquals(Optional.of("new"), HubDownload.token(both));
  }

  @Test
  void aTokenThatCannotBeSentIsNotShown() {
    IllegalArgumentException failure =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                HubDownload.ofEnvironment(
                    Map.of("HF_TOKEN", "secret\nwords", "HF_HOME", root.toString())));
    assertEquals(
        "HF_TOKEN: the token has characters other than letters, digits and signs; copy it again",
        failure.getMessage());
  }

  @Test
  void anEndpointIsAnAddressWithAPathAndNothingElse() {
    for (String address : List.of("huggingface.co", "ftp://x", "https://x?a=b", "https://x#y")) {
      IllegalArgumentException failure =
          assertThrows(
              IllegalArgumentException.class,
              () -> HubDownload.ofEnvironment(Map.of("HF_ENDPOINT", address)));
      assertTrue(failure.getMessage().contains("is no address"), failure.getMessage());
    }
  }

  @Test
  void anEndpointMayHaveAPath() {
    for (String address : List.of(hub.address() + "/mirror", hub.address() + "/mirror/")) {
      assertThrows(
          HubAccessException.class,
          () ->
              hub(address, Optional.empty(), false)
                  .download(MODEL, FileSelection.needed(), (bytes, total) -> {}));
    }
    assertEquals(
        List.of(
            "/mirror/api/models/org/tiny/revision/main?blobs=true",
            "/mirror/api/models/org/tiny/revision/main?blobs=true"),
        hub.requests().stream().map(SmallHub.Request::path).toList());
  }

  @Test
  void aListThatIsRefusedForAMomentIsAskedForAgain() throws IOException {
    hub.spoil(SmallHub.LISTING, Mishap.REFUSE, Mishap.REFUSE);
    assertArrayEquals(weights, Files.readAllBytes(download().resolve(WEIGHTS)));
  }

  @Test
  void aServerThatPassesOverRangesSendsTheWholeFile() throws IOException {
    hub.spoil(WEIGHTS, Mishap.TRUNCATE, Mishap.IGNORE_RANGE);
    assertArrayEquals(weights, Files.readAllBytes(download().resolve(WEIGHTS)));
  }

  @Test
  void aFileThatStaysDamagedIsRefusedAndNotKept() throws IOException {
    hub.spoil(WEIGHTS, Mishap.DAMAGE, Mishap.DAMAGE, Mishap.DAMAGE);
    MalformedFileException failure = assertThrows(MalformedFileException.class, this::download);
    assertTrue(
        failure.getMessage().startsWith(MODEL + ": " + WEIGHTS + ": expected hash"),
        failure.getMessage());
    Path blobs = root.resolve("models--org--tiny/blobs");
    assertTrue(
        names(blobs).stream().noneMatch(name -> name.startsWith(SmallHub.hash(weights))),
        () -> names(blobs).toString());
    assertFalse(Files.exists(root.resolve("models--org--tiny/refs/main")), "no finished model");
  }

  @Test
  void aServerThatRefusesForeverEndsInOneMessage() {
    hub.spoil(WEIGHTS, Mishap.REFUSE, Mishap.REFUSE, Mishap.REFUSE, Mishap.REFUSE, Mishap.REFUSE);
    UncheckedIOException failure = assertThrows(UncheckedIOException.class, this::download);
    assertTrue(failure.getMessage().contains(WEIGHTS), failure.getMessage());
    assertTrue(failure.getCause().getMessage().contains("503"), failure.getCause().getMessage());
  }

  @Test
  void theTokenGoesToTheHubAndNotToItsStore() {
    hub.requireToken("secret");
    HubAccessException refused = assertThrows(HubAccessException.class, this::download);
    assertTrue(refused.getMessage().contains("HF_TOKEN"), refused.getMessage());
    hub(Optional.of("secret"), false).download(MODEL, FileSelection.needed(), (bytes, total) -> {});
    assertTrue(hub.requests().stream().anyMatch(request -> request.path().startsWith("/store/")));
    assertTrue(
        hub.requests().stream()
            .filter(request -> request.path().startsWith("/store/"))
            .noneMatch(request -> request.headers().containsKey("authorization")));
  }

  @Test
  void aHubThatCannotBeReachedIsNamed() {
    Map.of(
            "http://localhost:1", "no connection to localhost:1",
            "http://nowhere.invalid", "unknown host nowhere.invalid")
        .forEach(
            (address, reason) -> {
              UncheckedIOException failure =
                  assertThrows(
                      UncheckedIOException.class,
                      () ->
                          hub(address, Optional.empty(), false)
                              .download(MODEL, FileSelection.needed(), (bytes, total) -> {}));
              assertEquals(
                  MODEL + " from " + address + "/: cannot be downloaded", failure.getMessage());
              assertEquals(reason, failure.getCause().getMessage());
            });
  }

  @Test
  void whatTheHubHasNotIsMissing() {
    for (String name : List.of("org/other", MODEL + "@v2")) {
      HubAccessException failure =
          assertThrows(
              HubAccessException.class,
              () ->
                  hub(Optional.empty(), false)
                      .download(name, FileSelection.needed(), (bytes, total) -> {}));
      assertTrue(failure.getMessage().contains("404"), failure.getMessage());
    }
  }

  @Test
  void theOlderVariableForbidsDownloadsWhereTheUsualOneIsNotSet() {
    String home = root.toString();
    for (Map<String, String> environment :
        List.of(
            Map.of("HF_HOME", home, "TRANSFORMERS_OFFLINE", "yes"),
            Map.of("HF_HOME", home, "TRANSFORMERS_OFFLINE", "1", "HF_HUB_OFFLINE", ""),
            Map.of("HF_HOME", home, "TRANSFORMERS_OFFLINE", "0", "HF_HUB_OFFLINE", "ON"))) {
      HubAccessException failure =
          assertThrows(
              HubAccessException.class,
              () ->
                  HubDownload.ofEnvironment(environment)
                      .download(MODEL, FileSelection.needed(), (bytes, total) -> {}));
      assertTrue(failure.getMessage().contains("HF_HUB_OFFLINE"), failure.getMessage());
    }
  }

  @Test
  void offlineNothingIsAskedFor() {
    HubAccessException failure =
        assertThrows(
            HubAccessException.class,
            () ->
                hub(Optional.empty(), true)
                    .download(MODEL, FileSelection.needed(), (bytes, total) -> {}));
    assertTrue(failure.getMessage().contains("HF_HUB_OFFLINE"), failure.getMessage());
    assertEquals(List.of(), hub.requests());
  }

  @Test
  void offlineWhatIsInTheCacheIsTheAnswer() {
    hub.put("model.safetensors", bytes("weights"));
    Path downloaded = download();
    assertEquals(
        downloaded,
        hub(Optional.empty(), true).download(MODEL, FileSelection.needed(), (bytes, total) -> {}));
  }

  @Test
  void aNameThatLeavesTheFolderIsRefused() {
    for (String name : List.of("../evil.json", "a/../../evil.json", "/etc/x.json", "c:x.json")) {
      hub.put(name, bytes("x"));
      MalformedFileException failure = assertThrows(MalformedFileException.class, this::download);
      assertTrue(
          failure.getMessage().contains("leads out of the model's folder"), failure.getMessage());
    }
  }

  private Path download() {
    return hub(Optional.empty(), false)
        .download(MODEL, FileSelection.needed(), (bytes, total) -> {});
  }

  private HubDownload hub(Optional<String> token, boolean offline) {
    return hub(hub.address(), token, offline);
  }

  private HubDownload hub(String address, Optional<String> token, boolean offline) {
    return new HubDownload(
        new HubCache(root),
        new HubEndpoint(address, token, Duration.ofMillis(700)),
        offline,
        Duration.ofMillis(5));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> names(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
