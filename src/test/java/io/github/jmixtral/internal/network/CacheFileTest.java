package io.github.jmixtral.internal.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.LoadOptions.Activations;
import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.error.JmixtralException;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Caches in files: mapped again, they are what they were; of another model, they are refused. */
@RunsOnce
class CacheFileTest {

  private static final int[] IDS = new SplittableRandom(21).ints(300, 3, 1900).toArray();
  private static final int[] MORE = new SplittableRandom(22).ints(100, 3, 1900).toArray();
  private static final LoadOptions OPTIONS = LoadOptions.defaults().withThreads(2);

  @TempDir private Path folder;

  private static LanguageModel open(LoadOptions options) {
    return LanguageModel.fromPretrained(Fixtures.storyteller(), options);
  }

  private static float[] append(LanguageModel model, BlockCache cache, int[] ids) {
    float[] logits = new float[model.config().vocabSize()];
    model.nextTokenLogits(new SequenceStep(cache, ids, 0, ids.length, logits));
    return logits;
  }

  private Path save(LoadOptions options, int length) {
    Path file = folder.resolve("cache.safetensors");
    try (LanguageModel model = open(options);
        BlockCache cache = model.newCache()) {
      append(model, cache, Arrays.copyOf(IDS, length));
      model.saveCache(new SavedCache(cache, IDS, ""), file);
    }
    return file;
  }

  @ParameterizedTest
  @CsvSource({
    "F32, true, 300",
    "F16, true, 300",
    "I8, true, 300",
    "F32, false, 300",
    "F16, false, 192",
    "I8, false, 300",
    "F32, false, 1"
  })
  void aMappedCacheGoesOnWithTheSameBits(CacheFormat format, boolean rolls, int length) {
    LoadOptions options = OPTIONS.withCacheFormat(format);
    if (!rolls) {
      options = options.withSlidingWindow(0);
    }
    Path file = save(options, length);
    try (LanguageModel model = open(options);
        BlockCache expected = model.newCache()) {
      append(model, expected, Arrays.copyOf(IDS, length));
      SavedCache saved = model.openCache(file);
      try (BlockCache mapped = saved.cache();
          BlockCache fork = mapped.fork()) {
        assertArrayEquals(IDS, saved.ids());
        assertEquals(length, mapped.length());
        float[] logits = append(model, expected, MORE);
        assertArrayEquals(logits, append(model, mapped, MORE));
        assertArrayEquals(logits, append(model, fork, MORE));
        if (!rolls) {
          // What a session does when a turn differs: in a mapped block, and in one of its own.
          fork.truncate(Math.min(100, length));
          int[] rest = Arrays.copyOfRange(IDS, fork.length(), length + 1);
          rest[rest.length - 1] = 7;
          append(model, fork, rest);
          mapped.truncate(length);
          append(model, mapped, new int[] {7});
          assertArrayEquals(append(model, mapped, MORE), append(model, fork, MORE));
        }
      }
      expected.reset();
      assertEquals(0, model.cacheByteSize());
    }
  }

  @Test
  void aMappedCacheIsSavedAgain() throws IOException {
    Path file = save(OPTIONS, 300);
    byte[] before = Files.readAllBytes(file);
    try (LanguageModel model = open(OPTIONS)) {
      SavedCache saved = model.openCache(file);
      try (BlockCache cache = saved.cache()) {
        model.saveCache(new SavedCache(cache, saved.ids(), ""), file);
      }
    }
    assertArrayEquals(before, Files.readAllBytes(file));
  }

  @Test
  void theNumberOfExpertsIsKept() {
    Path file = folder.resolve("cache.safetensors");
    try (LanguageModel model = open(OPTIONS)) {
      BlockCache cache = model.newCache();
      cache.setNumExpertsPerTok(1);
      append(model, cache, MORE);
      model.saveCache(new SavedCache(cache, MORE, ""), file);
      assertEquals(1, model.openCache(file).cache().numExpertsPerTok());
    }
  }

  @Test
  void anEmptyCacheIsSavedToo() {
    Path file = save(OPTIONS, 1);
    try (LanguageModel model = open(OPTIONS)) {
      model.saveCache(new SavedCache(model.newCache(), new int[0], ""), file);
      SavedCache saved = model.openCache(file);
      assertEquals(0, saved.cache().length());
      assertEquals(0, saved.ids().length);
    }
  }

  @Test
  void cachesOfOtherOptionsAreRefused() {
    Path file = save(OPTIONS, 70);
    assertRefused(file, OPTIONS.withSlidingWindow(64), "sliding_window: expected 64, found '128'");
    assertRefused(file, OPTIONS.withSlidingWindow(0), "sliding_window: expected none, found '128'");
    assertRefused(
        file, OPTIONS.withCacheFormat(CacheFormat.F16), "cache_format: expected F16, found 'F32'");
    assertRefused(
        file, OPTIONS.withActivations(Activations.F32), "activations: expected F32, found 'I8'");
    assertRefused(file, OPTIONS.withQuantization(Recipe.Q8), "model: expected ");
  }

  @Test
  void aCacheOfAnotherModelIsRefused() {
    Path file = save(OPTIONS.withSlidingWindow(0), 70);
    try (LanguageModel other = LanguageModel.fromPretrained(Fixtures.folder("full-f32"), OPTIONS)) {
      String message =
          assertThrows(MalformedFileException.class, () -> other.openCache(file)).getMessage();
      assertTrue(message.startsWith(file + ": model: expected "), message);
    }
  }

  @Test
  void everyLayoutOfTheSameWeightsTakesTheCache() {
    Path file = folder.resolve("cache.safetensors");
    for (String name : new String[] {"full-f32", "sharded-f32", "fused-v5-f32"}) {
      try (LanguageModel model = LanguageModel.fromPretrained(Fixtures.folder(name), OPTIONS);
          BlockCache cache = model.newCache()) {
        if (name.equals("full-f32")) {
          append(model, cache, new int[] {1, 2, 3});
          model.saveCache(new SavedCache(cache, new int[] {1, 2, 3}, ""), file);
        }
        assertEquals(3, model.openCache(file).cache().length());
      }
    }
  }

  @Test
  void damagedFilesAreRefused() throws IOException {
    Path file = save(OPTIONS, 70);
    byte[] good = Files.readAllBytes(file);
    String[][] damages = {
      {"\"version\":\"1\"", "\"version\":\"2\"", "version: expected 1, found '2'"},
      {"jmixtral cache", "another  cache", "format: expected jmixtral cache"},
      {"\"length\":\"70\"", "\"length\":\"-1\"", "length: expected 0 … 300, found '-1'"},
      {"\"length\":\"70\"", "\"langth\":\"70\"", "the metadata key length is missing"},
      {"\"first_block\":\"0\"", "\"first_block\":\"1\"", "first_block: expected 0 … 0"},
      {"blocks.1.keys", "blocks.9.keys", "'blocks.1.keys': the tensor is missing"},
      {"per_tok\":\"2\"", "per_tok\":\"9\"", "num_experts_per_tok: expected 1 … "},
      {"\"I32\"", "\"F32\"", "'ids': expected I32 [300], found F32 [300]"},
    };
    for (String[] damage : damages) {
      String text = new String(good, StandardCharsets.ISO_8859_1);
      assertTrue(text.contains(damage[0]), damage[0]);
      Files.write(file, text.replace(damage[0], damage[1]).getBytes(StandardCharsets.ISO_8859_1));
      assertRefused(file, OPTIONS, damage[2]);
    }
    Files.write(file, Arrays.copyOf(good, good.length - 1));
    assertRefused(file, OPTIONS, "cache.safetensors");
    Files.write(file, new byte[0]);
    assertRefused(file, OPTIONS, "cache.safetensors");
  }

  @Test
  void anIdOutsideTheVocabularyIsRefused() {
    Path file = folder.resolve("cache.safetensors");
    try (LanguageModel model = open(OPTIONS)) {
      model.saveCache(new SavedCache(model.newCache(), new int[] {5, 1_000_000}, ""), file);
    }
    assertRefused(file, OPTIONS, "tensor 'ids': id 1: expected 0 … ");
  }

  @Test
  void aMissingFileIsRefused() {
    try (LanguageModel model = open(OPTIONS)) {
      assertThrows(
          MissingFileException.class, () -> model.openCache(folder.resolve("none.safetensors")));
      assertEquals(0, model.cacheByteSize());
    }
  }

  @Test
  void whatDoesNotFitIsNotSaved() throws IOException {
    Path file = folder.resolve("cache.safetensors");
    try (LanguageModel model = open(OPTIONS);
        LanguageModel halves = open(OPTIONS.withCacheFormat(CacheFormat.F16));
        BlockCache cache = model.newCache()) {
      append(model, cache, MORE);
      assertEquals(
          "ids: there are 99, but the cache holds 100",
          assertThrows(
                  IllegalArgumentException.class,
                  () -> model.saveCache(new SavedCache(cache, Arrays.copyOf(MORE, 99), ""), file))
              .getMessage());
      assertEquals(
          "cache: a model takes only caches that its own newCache() made, but this one is another"
              + " model's",
          assertThrows(
                  IllegalArgumentException.class,
                  () -> halves.saveCache(new SavedCache(cache, MORE, ""), file))
              .getMessage());
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(0, files.count());
    }
  }

  private static void assertRefused(Path file, LoadOptions options, String message) {
    try (LanguageModel model = open(options)) {
      String found =
          assertThrows(JmixtralException.class, () -> model.openCache(file)).getMessage();
      assertTrue(found.contains(message), found);
      assertEquals(0, model.cacheByteSize());
    }
  }
}
