package io.github.jmixtral.benchmarks.model;

import io.github.jmixtral.cli.WeightsRead;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.network.SequenceStep;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * What decoding eight texts together gains over one, in a minute: both end to end, and in turns
 * with them what bounds the eight. A pass reads the weights of all experts that eight tokens touch,
 * 7.2 of 8 on average, no faster than they can be read from memory; and it multiplies attention and
 * head with eight tokens, each expert with those that chose it, no faster than the kernel does on
 * weights in the cache. Prints medians, and which of the two bounds.
 *
 * <p>Arguments: a folder of the recipe q4-all, the number of threads; both may be left out.
 */
public final class BatchDecoding {
  private static final int TEXTS = 8;
  private static final int ROUNDS = 7;
  private static final double SECONDS = 1.0;

  /** Ids of a text before its decoding is measured. */
  private static final int PROMPT = 16;

  /** Ids after which a measurement ends early. */
  private static final int MOST_IDS = 512;

  private final LanguageModel model;
  private final WeightsRead weightsRead;
  private final MachineLimits limits;
  private final SplittableRandom random = new SplittableRandom(1);

  private BatchDecoding(Path folder, int threads, ThreadTeam team, Arena arena) throws IOException {
    LoadOptions options = LoadOptions.defaults().withThreads(threads).withPreload((_, _) -> {});
    Path weights;
    try (Checkpoint checkpoint = Checkpoint.open(folder, options)) {
      weightsRead = WeightsRead.of(checkpoint.config(), checkpoint.weights());
      weights = checkpoint.contents().files().getFirst();
    }
    limits = new MachineLimits(weights, team, TEXTS, arena);
    model = LanguageModel.fromPretrained(folder, options);
  }

  /** Measures and prints. */
  public static void main(String[] arguments) throws IOException {
    Path folder =
        SyntheticFolder.prepare(arguments.length > 0 ? arguments[0] : SyntheticFolder.DEFAULT);
    int threads = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2;
    try (Arena arena = Arena.ofShared();
        ThreadTeam team = new ThreadTeam(threads)) {
      BatchDecoding decoding = new BatchDecoding(folder, threads, team, arena);
      decoding.measure();
      decoding.model.close();
    }
  }

  private void measure() {
    model.warmUp();
    double[] one = new double[ROUNDS];
    double[] eight = new double[ROUNDS];
    double[] read = new double[ROUNDS];
    double[][] kernel = new double[TEXTS + 1][ROUNDS];
    // The first round is not counted: the compiler is at work.
    for (int round = -1; round < ROUNDS; round++) {
      int at = Math.max(round, 0);
      one[at] = decode(1);
      eight[at] = decode(TEXTS);
      read[at] = rate(SECONDS, limits::read);
      for (int tokens = 1; tokens <= TEXTS; tokens++) {
        int count = tokens;
        kernel[tokens][at] = rate(SECONDS / 4, () -> limits.multiply(count));
      }
    }
    double memoryBound = TEXTS * median(read) / weightsRead.bytesPerPass(TEXTS);
    double kernelBound = TEXTS / kernelSeconds(kernel);
    double bound = Math.min(memoryBound, kernelBound);
    print("one text", median(one), "tokens/s");
    print("eight texts together", median(eight), "tokens/s");
    print("of one text's", median(eight) / median(one), "×");
    print("bound by memory: the weights of a pass", memoryBound, "tokens/s");
    print("bound by the kernel on few tokens", kernelBound, "tokens/s");
    print(
        "of the bound, " + (bound == memoryBound ? "memory" : "the kernel"),
        100 * median(eight) / bound,
        "%");
    print("plain read of the mapped file", median(read) / 1e9, "GB/s");
    for (int tokens = 1; tokens <= TEXTS; tokens++) {
      double gigabytes = median(kernel[tokens]) / 1e9;
      print("4-bit kernel in the cache, tokens: " + tokens, gigabytes, "GB/s of weights");
    }
  }

  /** Seconds of a pass that waits for nothing but the kernel. */
  private double kernelSeconds(double[][] kernel) {
    double seconds = weightsRead.always() / median(kernel[TEXTS]);
    double chosen = (double) weightsRead.numExpertsPerTok() / weightsRead.numExperts();
    // Of the tokens each chooses an expert with the same probability: a binomial distribution.
    double probability = Math.pow(1 - chosen, TEXTS);
    for (int tokens = 1; tokens <= TEXTS; tokens++) {
      probability *= (TEXTS - tokens + 1.0) / tokens * chosen / (1 - chosen);
      seconds += probability * weightsRead.experts() / median(kernel[tokens]);
    }
    return seconds;
  }

  /** Tokens a second of so many texts, an id of each in a pass. */
  private double decode(int count) {
    int vocab = model.config().vocabSize();
    List<SequenceStep> texts = new ArrayList<>();
    for (int text = 0; text < count; text++) {
      int[] ids = random.ints(MOST_IDS, 0, vocab).toArray();
      texts.add(new SequenceStep(model.newCache(), ids, 0, PROMPT, new float[vocab]));
    }
    model.nextTokenLogits(texts);
    int position = PROMPT;
    long begin = System.nanoTime();
    double seconds = 0;
    while (seconds < SECONDS && position < MOST_IDS) {
      int next = position++;
      texts.replaceAll(text -> new SequenceStep(text.cache(), text.ids(), next, 1, text.outputs()));
      model.nextTokenLogits(texts);
      seconds = (System.nanoTime() - begin) / 1e9;
    }
    texts.forEach(text -> text.cache().close());
    return count * (position - PROMPT) / seconds;
  }

  /** Work that tells how many bytes it has read. */
  @FunctionalInterface
  private interface Reading {
    long run();
  }

  /** Bytes a second. */
  private static double rate(double atLeastSeconds, Reading reading) {
    long begin = System.nanoTime();
    long bytes = 0;
    double seconds = 0;
    while (seconds < atLeastSeconds) {
      bytes += reading.run();
      seconds = (System.nanoTime() - begin) / 1e9;
    }
    return bytes / seconds;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static void print(String what, double value, String unit) {
    System.out.printf(Locale.ROOT, "%-40s %8.2f %s%n", what, value, unit);
  }
}
