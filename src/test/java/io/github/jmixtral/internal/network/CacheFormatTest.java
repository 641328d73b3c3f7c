package io.github.jmixtral.internal.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.Golden;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CacheFormatTest {

  private static final int[] IDS =
      new SplittableRandom(7).ints(150, 3, 1900).toArray(); // beyond the storyteller's window, 128

  private static float[] logits(CacheFormat format, int chunk) {
    LoadOptions options = LoadOptions.defaults().withCacheFormat(format).withChunkTokens(chunk);
    try (LanguageModel model = LanguageModel.fromPretrained(Fixtures.storyteller(), options)) {
      float[] logits = new float[model.config().vocabSize()];
      model.nextTokenLogits(new SequenceStep(model.newCache(), IDS, 0, IDS.length, logits));
      return logits;
    }
  }

  @ParameterizedTest
  @EnumSource(CacheFormat.class)
  void chunksOfAnySizeGiveTheSameBitsInEveryFormat(CacheFormat format) {
    float[] whole = logits(format, 512);
    assertArrayEquals(whole, logits(format, 64));
    assertArrayEquals(whole, logits(format, 7));
    assertArrayEquals(whole, logits(format, 1));
  }

  @ParameterizedTest
  @CsvSource({"F16, 2e-3", "I8, 5e-2"})
  void aNarrowFormatChangesLogitsAsMuchAsItRounds(CacheFormat format, double tolerance) {
    float[] exact = logits(CacheFormat.F32, 512);
    float[] rounded = logits(format, 512);
    assertFalse(Arrays.equals(exact, rounded), "the format was not used");
    Golden.assertClose(format.toString(), exact, rounded, tolerance);
  }

  @ParameterizedTest
  @EnumSource(CacheFormat.class)
  void aBlockTakesTheMemoryThatItsFormatSays(CacheFormat format) {
    var config = Configs.withWindow(OptionalInt.empty());
    CacheBlock block = CacheBlock.of(format, config);
    long bytes = 0;
    for (CacheTensor tensor : CacheTensor.of(format)) {
      for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
        bytes += block.bytes(tensor, layer).byteSize();
      }
    }
    assertEquals(bytes, CacheBlock.byteSize(format, config));
  }

  @ParameterizedTest
  @EnumSource(CacheFormat.class)
  void whatIsStoredIsReadBackRounded(CacheFormat format) {
    var config = Configs.withWindow(OptionalInt.empty());
    int headDim = config.headDim();
    int kvHeads = config.numKeyValueHeads();
    CacheBlock block = CacheBlock.of(format, config);
    var random = new SplittableRandom(3);
    float[] keys = new float[kvHeads * headDim];
    float[] values = new float[kvHeads * headDim];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = (float) random.nextGaussian();
      values[i] = (float) random.nextGaussian();
    }
    int slot = 37;
    block.store(1, slot, keys, values, 0);
    float[] scratch = new float[headDim * CacheBlock.SIZE];
    for (int h = 0; h < kvHeads; h++) {
      for (int d = 0; d < headDim; d++) {
        int first = block.offset(h);
        float key = block.keys(1, h, scratch)[first + d * CacheBlock.SIZE + slot];
        assertEquals(keys[h * headDim + d], key, tolerance(format));
        float value = block.values(1, h, scratch)[first + slot * headDim + d];
        assertEquals(values[h * headDim + d], value, tolerance(format));
      }
    }
  }

  /** Of numbers up to 4: half a unit of 11 significant bits, half a step of 127. */
  private static double tolerance(CacheFormat format) {
    return switch (format) {
      case F32 -> 0;
      case F16 -> 4.0 / (1 << 12);
      case I8 -> 4.0 / 127 / 2 * 1.001;
    };
  }
}
