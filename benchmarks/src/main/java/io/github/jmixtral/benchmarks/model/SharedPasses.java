package io.github.jmixtral.benchmarks.model;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.TokenStream;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.generation.Prompt;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

/**
 * What streams of one model do to each other, in some minutes: eight at once beside one, the
 * longest gap between two tokens of four streams while a prompt of 2,000 ids is computed beside
 * them, and how much sooner the first token of a second turn comes, whose history is in the prefix
 * cache.
 *
 * <p>Arguments: a folder of the recipe q4-all, the number of threads; both may be left out.
 */
public final class SharedPasses {
  private static final int STREAMS = 8;
  private static final int NEW_IDS = 48;
  private static final int SHORT_PROMPT = 16;
  private static final int LONG_PROMPT = 2000;

  /** New ids of a second turn. */
  private static final int TURN = 30;

  private static final int ROUNDS = 3;

  private final MixtralForCausalLM model;
  private final SplittableRandom random = new SplittableRandom(1);

  private SharedPasses(MixtralForCausalLM model) {
    this.model = model;
  }

  /** Measures and prints. */
  public static void main(String[] arguments) throws Exception {
    Path folder =
        SyntheticFolder.prepare(arguments.length > 0 ? arguments[0] : SyntheticFolder.DEFAULT);
    int threads = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2;
    LoadOptions options = LoadOptions.defaults().withThreads(threads).withPreload((_, _) -> {});
    try (MixtralForCausalLM model = MixtralForCausalLM.fromPretrained(folder, options)) {
      model.warmUp();
      new SharedPasses(model).measure();
    }
  }

  private void measure() throws Exception {
    double[] one = new double[ROUNDS];
    double[] eight = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      one[round] = tokensPerSecond(1);
      eight[round] = tokensPerSecond(STREAMS);
    }
    print("one stream", median(one), "tokens/s");
    print("eight streams at once", median(eight), "tokens/s");
    print("of one stream's", median(eight) / median(one), "×");
    for (int round = 0; round < ROUNDS; round++) {
      measureGap();
    }
    double[] sooner = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      int[] history = ids(LONG_PROMPT);
      int[] longer = IntStream.concat(Arrays.stream(history), Arrays.stream(ids(TURN))).toArray();
      sooner[round] = secondsToFirst(history) / secondsToFirst(longer);
    }
    print("second turn: its first token comes sooner", median(sooner), "×");
  }

  /** Tokens a second of so many streams, prompts not counted. */
  private double tokensPerSecond(int streams) throws Exception {
    List<long[]> times = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<long[]>> running = new ArrayList<>();
      for (int i = 0; i < streams; i++) {
        int[] prompt = ids(SHORT_PROMPT);
        running.add(threads.submit(() -> stream(prompt, NEW_IDS, null, null)));
      }
      for (Future<long[]> one : running) {
        times.add(one.get());
      }
    }
    long begin = times.stream().mapToLong(list -> list[0]).max().orElseThrow();
    long end = times.stream().mapToLong(list -> list[list.length - 1]).max().orElseThrow();
    long after = times.stream().flatMapToLong(Arrays::stream).filter(time -> time > begin).count();
    return after / ((end - begin) / 1e9);
  }

  private void measureGap() throws Exception {
    int streams = STREAMS / 2;
    AtomicBoolean enough = new AtomicBoolean();
    CountDownLatch flowing = new CountDownLatch(streams);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<long[]>> running = new ArrayList<>();
      for (int i = 0; i < streams; i++) {
        int[] prompt = ids(SHORT_PROMPT);
        running.add(threads.submit(() -> stream(prompt, 4 * LONG_PROMPT, flowing, enough)));
      }
      flowing.await();
      long begin = System.nanoTime();
      stream(ids(LONG_PROMPT), 1, null, null);
      long end = System.nanoTime();
      enough.set(true);
      double usual = 0;
      double longest = 0;
      for (Future<long[]> one : running) {
        long[] times = one.get();
        usual = Math.max(usual, median(gaps(times, 0, begin)));
        longest = Math.max(longest, Arrays.stream(gaps(times, begin, end)).max().orElse(0));
      }
      print("four streams: usual gap", 1e3 * usual, "ms");
      print("longest gap beside a prompt of 2,000 ids", 1e3 * longest, "ms");
    }
  }

  /** Seconds between neighbouring times of which the later one lies in a range. */
  private static double[] gaps(long[] times, long from, long to) {
    return IntStream.range(1, times.length)
        .filter(i -> times[i] > from && times[i] <= to)
        .mapToDouble(i -> (times[i] - times[i - 1]) / 1e9)
        .toArray();
  }

  /** The times of a stream's tokens; a number of them count as flowing, and it may end early. */
  private long[] stream(int[] prompt, int newIds, CountDownLatch flowing, AtomicBoolean enough) {
    GenerationConfig config = GenerationConfig.inherit().withMaxNewTokens(newIds).withEosTokenIds();
    long[] times = new long[newIds];
    int count = 0;
    try (TokenStream tokens = model.request(Prompt.ids(prompt)).withConfig(config).stream()) {
      while (tokens.hasNext() && (enough == null || !enough.get())) {
        tokens.next();
        times[count++] = System.nanoTime();
        if (flowing != null && count == SHORT_PROMPT) {
          flowing.countDown();
        }
      }
    }
    return Arrays.copyOf(times, count);
  }

  private double secondsToFirst(int[] prompt) {
    long begin = System.nanoTime();
    return (stream(prompt, 1, null, null)[0] - begin) / 1e9;
  }

  private int[] ids(int count) {
    return random.ints(count, 3, model.config().vocabSize()).toArray();
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
  }

  private static void print(String what, double value, String unit) {
    System.out.printf(Locale.ROOT, "%-45s %8.2f %s%n", what, value, unit);
  }
}
