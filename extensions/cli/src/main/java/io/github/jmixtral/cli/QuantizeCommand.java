package io.github.jmixtral.cli;

import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.conversion.CheckpointQuantizer;
import io.github.jmixtral.conversion.QuantizationReport;
import io.github.jmixtral.internal.format.AtomicFolder;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A quantised copy of a model. */
@Command(
    name = "quantize",
    description = {
      "Writes a quantised copy of a model: 2.8 to 8.5 bits a weight, mapped when it is loaded.",
      "",
      "q4, q5, q6: experts and queries 4, 5 or 6 bits, all other matrices 8 bits. q2, q3: experts 2"
          + " or 3 bits, and more for w2 in the first and last layers and for all other matrices."
          + " q4-all, q8: every matrix but the router 4 or 8 bits. Router and norms stay as they"
          + " are."
    },
    footer = {
      "  jmixtral quantize models/storyteller storyteller-q4",
      "  jmixtral quantize mistralai/Mixtral-8x7B-v0.1 mixtral-q4 --calibration some-text.txt"
    })
final class QuantizeCommand implements Callable<Integer> {
  /** Ids that the calibration text is cut into: as many as the model takes in one chunk. */
  private static final int STRETCH = 512;

  @Spec private CommandSpec spec;
  @ParentCommand private Main main;

  @Parameters(
      index = "0",
      paramLabel = "IN",
      description =
          "A folder as the Hub or as Mistral AI lays it out, a GGUF file, or the name of a model in"
              + " the Hub's cache.")
  private String in;

  @Parameters(
      index = "1",
      paramLabel = "OUT",
      description = "The folder to write, absent or empty; it appears when it is complete.")
  private Path out;

  @Option(
      names = "--recipe",
      paramLabel = "q2|q3|q4|q4-all|q5|q6|q8",
      defaultValue = "q4",
      description = "Which weights take how many bits. Default: ${DEFAULT-VALUE}.")
  private String recipe;

  @Mixin private ThreadsOption threads;

  @Option(
      names = "--calibration",
      paramLabel = "FILE",
      description = {
        "A text, UTF-8. The model runs on it first; rounding then spares the weights whose inputs"
            + " it found large.",
        "Some ten thousand words of the kind that the model is for are enough."
      })
  private Path calibration;

  @Mixin private TextOptions textOptions;

  @Option(names = "--json", description = "Print one object: the report.")
  private boolean json;

  QuantizeCommand() {}

  @Override
  public Integer call() {
    Recipe chosen = WrongValue.unlessRecipe(spec, recipe);
    int count = threads.count();
    Path source = ModelOptions.folder(in, main.terminal());
    AtomicFolder.requireFree(out);
    print(main.terminal().interruption().endOrderly(() -> write(source, chosen, count)));
    return Main.GOOD;
  }

  private QuantizationReport write(Path source, Recipe chosen, int count) {
    CheckpointQuantizer quantizer = new CheckpointQuantizer(source, chosen).withThreads(count);
    List<int[]> stretches = stretches(source);
    try (Steps calibrating =
            new Steps(main, "calibrate", stretches.stream().mapToLong(ids -> ids.length).sum());
        Steps writing = new Steps(main, "quantize", Logging.deferred(quantizer::byteSize))) {
      return quantizer.withCalibration(stretches, calibrating).write(out, writing);
    }
  }

  private List<int[]> stretches(Path source) {
    List<int[]> stretches = new ArrayList<>();
    if (calibration != null) {
      String text = TextInput.readAll(calibration);
      if (text.isBlank()) {
        throw new IllegalArgumentException(
            calibration + ": the calibration text holds nothing but blanks");
      }
      int[] ids = textOptions.over(Tokenizer.fromPretrained(source)).encode(text, true);
      for (int first = 0; first < ids.length; first += STRETCH) {
        stretches.add(Arrays.copyOfRange(ids, first, Math.min(ids.length, first + STRETCH)));
      }
    }
    return stretches;
  }

  private void print(QuantizationReport report) {
    if (json) {
      main.terminal().printLine(JsonLines.line(toJson(report)));
      return;
    }
    main.terminal()
        .printLine(row("matrices", "", "tensors", "parameters", "bytes", "bits", "error"));
    for (QuantizationReport.Kind kind : report.kinds()) {
      main.terminal()
          .printLine(
              row(
                  kind.name(),
                  kind.format(),
                  "" + kind.tensors(),
                  Numbers.grouped(kind.parameters()),
                  Numbers.grouped(kind.bytes()),
                  "%.2f".formatted(kind.bitsPerWeight()),
                  "%.5f".formatted(kind.relativeError())));
    }
    main.terminal()
        .printLine(
            row(
                "all",
                "",
                "",
                Numbers.grouped(report.parameters()),
                Numbers.grouped(report.bytes()),
                "%.2f".formatted(report.bitsPerWeight()),
                ""));
  }

  private static String row(
      String name,
      String format,
      String tensors,
      String parameters,
      String bytes,
      String bits,
      String error) {
    return "%-14s %-5s %7s %16s %16s %6s %8s"
        .formatted(name, format, tensors, parameters, bytes, bits, error)
        .stripTrailing();
  }

  private ObjectNode toJson(QuantizationReport report) {
    ObjectNode object = JsonLines.object();
    object.put("path", out.toString());
    object.put("recipe", recipe);
    object.put("parameters", report.parameters());
    object.put("bytes", report.bytes());
    object.put("bits_per_weight", report.bitsPerWeight());
    ArrayNode kinds = object.putArray("matrices");
    for (QuantizationReport.Kind kind : report.kinds()) {
      kinds
          .addObject()
          .put("name", kind.name())
          .put("format", kind.format())
          .put("tensors", kind.tensors())
          .put("parameters", kind.parameters())
          .put("bytes", kind.bytes())
          .put("bits_per_weight", kind.bitsPerWeight())
          .put("relative_error", kind.relativeError());
    }
    return object;
  }
}
