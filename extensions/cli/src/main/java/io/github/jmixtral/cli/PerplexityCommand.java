package io.github.jmixtral.cli;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** How well a model foresees a text. */
@Command(
    name = "perplexity",
    description = {
      "Prints the mean negative log likelihood of a text, and its perplexity.",
      "",
      "The text's ids are cut into stretches of --context ids. Each is run on its own; its value is"
          + " the mean over all its ids but the first. What is left behind the last whole stretch"
          + " does not count."
    },
    footer = {
      "  jmixtral perplexity --text wiki.test.raw --context 512",
      "  jmixtral perplexity --lines --context 256 --text models/storyteller/evaluation/valid.txt"
    })
final class PerplexityCommand implements Callable<Integer> {
  private static final int CONTEXT_WITHOUT_WINDOW = 512;

  /** Ids that run through the model together: as many as it takes in one chunk. */
  private static final int BATCH_IDS = 512;

  @Spec private CommandSpec spec;
  @ParentCommand private Main main;
  @Mixin private ModelOptions modelOptions;
  @Mixin private TextOptions textOptions;

  @Option(
      names = "--text",
      paramLabel = "FILE",
      required = true,
      description = "The text, UTF-8; encoded as a prompt is, as a rule with BOS in front.")
  private Path text;

  @Option(
      names = "--lines",
      description =
          "Each line is BOS, its tab-separated parts encoded each by itself, and EOS; all joined.")
  private boolean lines;

  @Option(
      names = "--context",
      paramLabel = "N",
      description = "Ids of a stretch. Default: the model's window, or 512 where it has none.")
  private Integer context;

  @Option(
      names = "--stretches",
      paramLabel = "N",
      description = "Stop after N stretches. Default: all.")
  private Integer mostStretches;

  @Option(
      names = "--json",
      description =
          "Print one object: negative_log_likelihood, perplexity, stretches, context, ids.")
  private boolean json;

  PerplexityCommand() {}

  @Override
  public Integer call() {
    require(context == null || context >= 2, "--context", "at least 2", context);
    require(
        mostStretches == null || mostStretches >= 1, "--stretches", "at least 1", mostStretches);
    Path folder = modelOptions.folder(main.terminal());
    Tokenizer tokenizer = textOptions.over(Tokenizer.fromPretrained(folder));
    int[] ids = lines ? encodeLines(tokenizer) : encodeWhole(tokenizer);
    try (LanguageModel model = LanguageModel.fromPretrained(folder, modelOptions.loadOptions())) {
      int length =
          context != null ? context : model.config().slidingWindow().orElse(CONTEXT_WITHOUT_WINDOW);
      if (ids.length < length) {
        throw new MalformedFileException(
            text.toString(),
            "the text has %d ids, fewer than the %d of a stretch; --context makes it shorter"
                .formatted(ids.length, length));
      }
      int stretches = ids.length / length;
      if (mostStretches != null) {
        stretches = Math.min(stretches, mostStretches);
      }
      print(measure(model, ids, length, stretches), length, stretches, ids.length);
    }
    return Main.GOOD;
  }

  private void require(boolean holds, String option, String expected, Integer found) {
    if (!holds) {
      throw WrongValue.of(spec, option, expected, found);
    }
  }

  private int[] encodeWhole(Tokenizer tokenizer) {
    return tokenizer.encode(TextInput.readAll(text), true);
  }

  private int[] encodeLines(Tokenizer tokenizer) {
    int bos =
        special(tokenizer.bosTokenId().isPresent(), tokenizer.bosTokenId().orElse(0), "begin");
    int eos = special(tokenizer.eosTokenId().isPresent(), tokenizer.eosTokenId().orElse(0), "end");
    try (BufferedReader reader = TextInput.open(text)) {
      IntStream.Builder ids = IntStream.builder();
      for (Optional<String> line = TextInput.readLine(reader, text.toString());
          line.isPresent();
          line = TextInput.readLine(reader, text.toString())) {
        ids.add(bos);
        for (String part : line.get().split("\t", -1)) {
          Arrays.stream(tokenizer.encode(part)).forEach(ids);
        }
        ids.add(eos);
      }
      return ids.build().toArray();
    } catch (IOException failure) {
      throw new UncheckedIOException(text + ": cannot be closed", failure);
    }
  }

  private static int special(boolean present, int id, String what) {
    if (!present) {
      throw new MalformedFileException(
          "tokenizer",
          "it has no id for the %s of a sequence, which --lines needs".formatted(what));
    }
    return id;
  }

  /** The mean over the stretches, several of which run at once where they are short. */
  private double measure(LanguageModel model, int[] ids, int length, int stretches) {
    LikelihoodMeter meter = new LikelihoodMeter(model);
    int together = Math.max(1, BATCH_IDS / length);
    double sum = 0;
    try (Progress progress = main.progress("perplexity", stretches)) {
      for (int first = 0; first < stretches; first += together) {
        int end = Math.min(stretches, first + together);
        List<int[]> batch =
            IntStream.range(first, end)
                .mapToObj(i -> Arrays.copyOfRange(ids, i * length, (i + 1) * length))
                .toList();
        sum += Arrays.stream(meter.negativeLogLikelihoods(batch)).sum();
        progress.step(end - first);
      }
    }
    return sum / stretches;
  }

  private void print(double mean, int length, int stretches, int idCount) {
    if (json) {
      ObjectNode object = JsonLines.object();
      object.put("negative_log_likelihood", mean);
      object.put("perplexity", Math.exp(mean));
      object.put("stretches", stretches);
      object.put("context", length);
      object.put("ids", idCount);
      main.terminal().printLine(JsonLines.line(object));
      return;
    }
    Stream.of(
            String.format(Locale.ROOT, "negative log likelihood  %.6f", mean),
            String.format(Locale.ROOT, "perplexity               %.6f", Math.exp(mean)),
            "measured on              %d stretches of %d ids".formatted(stretches, length))
        .forEach(main.terminal()::printLine);
  }
}
