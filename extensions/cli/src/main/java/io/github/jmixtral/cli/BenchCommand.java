package io.github.jmixtral.cli;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.network.SequenceStep;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** How fast a model is. */
@Command(
    name = "bench",
    description = {
      "Measures how many tokens a second a model takes in and gives out.",
      "",
      "A repetition runs a prompt of random ids, all at once, then decodes random ids one by one."
          + " Printed are the medians of the repetitions after one that is not timed. Needs no"
          + " tokenizer.",
      "",
      "With --batch N, N prompts of random ids run one after the other, then their texts are"
          + " decoded together, an id of each in a pass: the figures are those of all together."
    },
    footer = {
      "  jmixtral bench",
      "  jmixtral synthesize two-layers --layers 2 --recipe q4-all",
      "  jmixtral bench --model two-layers --prompt-tokens 64 --threads 2 --json",
      "  jmixtral bench --model two-layers --batch 8"
    })
final class BenchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @ParentCommand private Main main;
  @Mixin private ModelOptions modelOptions;

  @Option(
      names = "--prompt-tokens",
      paramLabel = "N",
      defaultValue = "512",
      description = "Ids of the prompt. Default: ${DEFAULT-VALUE}.")
  private int promptTokens;

  @Option(
      names = "--new-tokens",
      paramLabel = "N",
      defaultValue = "32",
      description = "Ids decoded after the prompt. Default: ${DEFAULT-VALUE}.")
  private int newTokens;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "1",
      description = "Texts that are decoded together. Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Option(
      names = "--repetitions",
      paramLabel = "N",
      defaultValue = "3",
      description = "Timed repetitions. Default: ${DEFAULT-VALUE}.")
  private int repetitions;

  @Option(
      names = "--json",
      description =
          "Print one object: prefill_tokens_per_second, decode_tokens_per_second,"
              + " weights_gigabytes_per_second, peak_bytes.")
  private boolean json;

  BenchCommand() {}

  /** Tokens a second of one repetition. */
  private record Speed(double prefill, double decode) {}

  @Override
  public Integer call() {
    requirePositive("--prompt-tokens", promptTokens);
    requirePositive("--new-tokens", newTokens);
    requirePositive("--batch", batch);
    requirePositive("--repetitions", repetitions);
    Path folder = modelOptions.folder(main.terminal());
    LoadOptions options = modelOptions.loadOptions();
    double bytesPerPass;
    Speed[] speeds = new Speed[repetitions];
    try (LanguageModel model = LanguageModel.fromPretrained(folder, options);
        Progress progress = main.progress("bench", 1L + repetitions)) {
      WeightsRead read = WeightsRead.of(model.config(), model.weights());
      bytesPerPass = batch == 1 ? read.bytesPerToken() : read.bytesPerPass(batch);
      model.warmUp();
      SplittableRandom random = new SplittableRandom(1);
      measure(model, random);
      progress.step(1);
      for (int repetition = 0; repetition < repetitions; repetition++) {
        speeds[repetition] = measure(model, random);
        progress.step(1);
      }
    }
    double prefill = median(Arrays.stream(speeds).mapToDouble(Speed::prefill).toArray());
    double decode = median(Arrays.stream(speeds).mapToDouble(Speed::decode).toArray());
    print(prefill, decode, bytesPerPass * decode / batch / 1e9, PeakMemory.resident());
    return Main.GOOD;
  }

  private void requirePositive(String option, int value) {
    if (value < 1) {
      throw WrongValue.of(spec, option, "at least 1", value);
    }
  }

  /** Random ids, so that tokens go to different experts, as those of a text do. */
  private Speed measure(LanguageModel model, SplittableRandom random) {
    int vocab = model.config().vocabSize();
    List<SequenceStep> texts = new ArrayList<>();
    try {
      for (int text = 0; text < batch; text++) {
        int[] ids = random.ints((long) promptTokens + newTokens, 0, vocab).toArray();
        texts.add(new SequenceStep(model.newCache(), ids, 0, promptTokens, new float[vocab]));
      }
      long began = System.nanoTime();
      for (SequenceStep prompt : texts) {
        main.terminal().interruption().requireNone();
        model.nextTokenLogits(List.of(prompt));
      }
      long prefilled = System.nanoTime();
      for (int i = 0; i < newTokens; i++) {
        main.terminal().interruption().requireNone();
        int position = promptTokens + i;
        texts.replaceAll(
            text -> new SequenceStep(text.cache(), text.ids(), position, 1, text.outputs()));
        model.nextTokenLogits(texts);
      }
      long ended = System.nanoTime();
      return new Speed(
          1e9 * batch * promptTokens / (prefilled - began),
          1e9 * batch * newTokens / (ended - prefilled));
    } finally {
      texts.forEach(text -> text.cache().close());
    }
  }

  /** The middle one, or the mean of the two in the middle. */
  private static double median(double[] values) {
    Arrays.sort(values);
    return (values[(values.length - 1) / 2] + values[values.length / 2]) / 2;
  }

  private void print(double prefill, double decode, double gigabytes, OptionalLong peak) {
    if (json) {
      ObjectNode object = JsonLines.object();
      object.put("prefill_tokens_per_second", prefill);
      object.put("decode_tokens_per_second", decode);
      object.put("weights_gigabytes_per_second", gigabytes);
      object.put("peak_bytes", peak.isPresent() ? (Long) peak.getAsLong() : null);
      main.terminal().printLine(JsonLines.line(object));
      return;
    }
    Terminal terminal = main.terminal();
    terminal.printLine("prefill  %.1f tokens/s (%d ids)".formatted(prefill, promptTokens));
    terminal.printLine(
        batch == 1
            ? "decode   %.1f tokens/s (%d ids)".formatted(decode, newTokens)
            : "decode   %.1f tokens/s (%d texts of %d ids together)"
                .formatted(decode, batch, newTokens));
    terminal.printLine("weights  %.1f GB/s read while decoding".formatted(gigabytes));
    if (peak.isPresent()) {
      terminal.printLine("memory   %.2f GB at most".formatted(peak.getAsLong() / 1e9));
    }
  }
}
