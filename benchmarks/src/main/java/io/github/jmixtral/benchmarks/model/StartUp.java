package io.github.jmixtral.benchmarks.model;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * How long it takes from the start of a process to the first new id, after a prompt of 8 ids: the
 * launcher, Java, opening the model, the prompt, the printing. Its pages are in memory after the
 * first run, which is not counted. The last run, with little heap, shows that weights take none.
 *
 * <p>Arguments: a folder, the number of timed runs; both may be left out. {@code
 * JMIXTRAL_JAVA_OPTS} holds for the processes that are started, too.
 */
public final class StartUp {
  private static final String IDS = "[[1, 5, 25, 125, 625, 3125, 15625, 14]]";
  private static final String SMALL_HEAP = "-Xmx512m";

  private final Path folder;
  private final Path ids;

  private StartUp(Path folder, Path ids) {
    this.folder = folder;
    this.ids = ids;
  }

  /** Measures and prints. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path folder =
        SyntheticFolder.prepare(arguments.length > 0 ? arguments[0] : SyntheticFolder.DEFAULT);
    int runs = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
    Path ids = Files.createTempFile("ids", ".json");
    try {
      Files.writeString(ids, IDS);
      StartUp startUp = new StartUp(folder, ids);
      startUp.seconds("");
      double[] seconds = new double[runs];
      for (int run = 0; run < runs; run++) {
        seconds[run] = startUp.seconds("");
      }
      Arrays.sort(seconds);
      System.out.printf(
          Locale.ROOT,
          "from start to the first new id: %.2f s (%.2f to %.2f, %d runs)%n",
          seconds[runs / 2],
          seconds[0],
          seconds[runs - 1],
          runs);
      System.out.printf(Locale.ROOT, "with %s: %.2f s%n", SMALL_HEAP, startUp.seconds(SMALL_HEAP));
    } finally {
      Files.delete(ids);
    }
  }

  private double seconds(String javaOptions) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            "scripts/jmixtral",
            "generate",
            "--model",
            folder.toString(),
            "--ids-file",
            ids.toString(),
            "--max-new-tokens",
            "1");
    builder.environment().merge("JMIXTRAL_JAVA_OPTS", javaOptions, (a, b) -> a + " " + b);
    builder.redirectError(ProcessBuilder.Redirect.to(new File("/dev/null")));
    long began = System.nanoTime();
    Process process = builder.start();
    String line = process.inputReader(StandardCharsets.UTF_8).readLine();
    double seconds = (System.nanoTime() - began) / 1e9;
    if (process.waitFor() != 0 || line == null || !line.contains("\"ids\"")) {
      throw new IllegalStateException("generate: expected an id, found " + line);
    }
    return seconds;
  }
}
