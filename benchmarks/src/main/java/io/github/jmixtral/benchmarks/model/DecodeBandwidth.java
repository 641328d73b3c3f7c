package io.github.jmixtral.benchmarks.model;

import io.github.jmixtral.cli.WeightsRead;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.network.SequenceStep;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * How near decoding comes to what the machine can do, in a minute: in turns, a plain read of the
 * mapped weights, the 4-bit kernel on weights that stay in the cache, and decoding end to end.
 * Prints the medians, and the decoding's share of the smaller of the other two.
 *
 * <p>Arguments: a folder of the recipe q4-all, the number of threads; both may be left out.
 */
public final class DecodeBandwidth {
  private static final int ROUNDS = 7;
  private static final double SECONDS = 1.5;

  private final LanguageModel model;
  private final long bytesPerToken;
  private final MachineLimits limits;
  private final SplittableRandom random = new SplittableRandom(1);

  private DecodeBandwidth(Path folder, int threads, ThreadTeam team, Arena arena)
      throws IOException {
    LoadOptions options = LoadOptions.defaults().withThreads(threads).withPreload((_, _) -> {});
    Path weights;
    try (Checkpoint checkpoint = Checkpoint.open(folder, options)) {
      bytesPerToken = WeightsRead.of(checkpoint.config(), checkpoint.weights()).bytesPerToken();
      weights = checkpoint.contents().files().getFirst();
    }
    limits = new MachineLimits(weights, team, 1, arena);
    model = LanguageModel.fromPretrained(folder, options);
  }

  /** Measures and prints. */
  public static void main(String[] arguments) throws IOException {
    Path folder =
        SyntheticFolder.prepare(arguments.length > 0 ? arguments[0] : SyntheticFolder.DEFAULT);
    int threads = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2;
    try (Arena arena = Arena.ofShared();
        ThreadTeam team = new ThreadTeam(threads)) {
      DecodeBandwidth bandwidth = new DecodeBandwidth(folder, threads, team, arena);
      bandwidth.measure();
      bandwidth.model.close();
    }
  }

  private void measure() {
    model.warmUp();
    double[] read = new double[ROUNDS];
    double[] kernel = new double[ROUNDS];
    double[] decode = new double[ROUNDS];
    // The first round is not counted: the compiler is at work.
    for (int round = -1; round < ROUNDS; round++) {
      double[] found = {
        rate(limits::read), rate(() -> limits.multiply(1)), rate(this::decodeSome),
      };
      if (round >= 0) {
        read[round] = found[0];
        kernel[round] = found[1];
        decode[round] = found[2];
      }
    }
    double limit = Math.min(median(read), median(kernel));
    print("plain read of the mapped file", median(read));
    print("4-bit kernel on weights in the cache", median(kernel));
    print("decoding, weights read", median(decode));
    System.out.printf(
        Locale.ROOT, "%-40s %6.1f %%%n", "of the smaller limit", 100 * median(decode) / limit);
  }

  private static void print(String what, double gigabytes) {
    System.out.printf(Locale.ROOT, "%-40s %6.2f GB/s%n", what, gigabytes);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  /** Work that tells how many bytes it has read. */
  @FunctionalInterface
  private interface Reading {
    long run();
  }

  /** 10⁹ bytes a second. */
  private static double rate(Reading reading) {
    long begin = System.nanoTime();
    long bytes = 0;
    double seconds = 0;
    while (seconds < SECONDS) {
      bytes += reading.run();
      seconds = (System.nanoTime() - begin) / 1e9;
    }
    return bytes / 1e9 / seconds;
  }

  private long decodeSome() {
    int vocab = model.config().vocabSize();
    int[] ids = random.ints(96, 0, vocab).toArray();
    float[] logits = new float[vocab];
    BlockCache cache = model.newCache();
    for (int i = 0; i < ids.length; i++) {
      model.nextTokenLogits(new SequenceStep(cache, ids, i, 1, logits));
    }
    return ids.length * bytesPerToken;
  }
}
