package io.github.jmixtral.benchmarks.model;

import io.github.jmixtral.benchmarks.RandomTiles;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.network.SequenceStep;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The promise of quantised weights on a model of real width, for which the test suite has no room:
 * a prompt of 300 ids gives the same logits, bit for bit, in chunks of 1, 7, 64 and all, with 1, 2
 * and 3 threads, alone and beside four others, with each format of the cache.
 *
 * <p>Argument: a quantised folder; it may be left out.
 */
public final class SameBits {
  private static final int PROMPT = 300;

  private SameBits() {}

  /** Compares, and throws where a bit differs. */
  public static void main(String[] arguments) {
    Path folder =
        SyntheticFolder.prepare(arguments.length > 0 ? arguments[0] : SyntheticFolder.DEFAULT);
    for (CacheFormat format : CacheFormat.values()) {
      int compared = compare(folder, format);
      System.out.printf("cache %s: %d runs, the same bits%n", format, compared);
    }
  }

  private static int compare(Path folder, CacheFormat format) {
    LoadOptions options = LoadOptions.defaults().withCacheFormat(format);
    float[] expected = null;
    int compared = 0;
    for (int threads = 1; threads <= 3; threads++) {
      for (int chunk : new int[] {1, 7, 64, 512}) {
        try (LanguageModel model =
            LanguageModel.fromPretrained(
                folder, options.withThreads(threads).withChunkTokens(chunk))) {
          String run = "cache %s, %d threads, chunks of %d".formatted(format, threads, chunk);
          int vocab = model.config().vocabSize();
          int[] ids = new SplittableRandom(1).ints(PROMPT, 0, vocab).toArray();
          float[] alone = new float[vocab];
          model.nextTokenLogits(new SequenceStep(model.newCache(), ids, 0, PROMPT, alone));
          expected = expected == null ? alone : expected;
          RandomTiles.requireSameBits(run + ", alone", expected, alone, vocab);
          float[] among = amongOthers(model, ids);
          RandomTiles.requireSameBits(run + ", beside four others", expected, among, vocab);
          compared += 2;
        }
      }
    }
    return compared;
  }

  private static float[] amongOthers(LanguageModel model, int[] ids) {
    int[] lengths = {1, 40, PROMPT, 77, 130};
    List<BlockCache> caches = Stream.generate(model::newCache).limit(lengths.length).toList();
    float[][] logits = new float[lengths.length][model.config().vocabSize()];
    List<int[]> prompts = IntStream.of(lengths).mapToObj(n -> Arrays.copyOf(ids, n)).toList();
    model.nextTokenLogits(SequenceStep.ofEach(caches, prompts, logits));
    return logits[2];
  }
}
