package io.github.jmixtral.cli;

import io.github.jmixtral.conversion.CheckpointVerifier;
import io.github.jmixtral.conversion.Finding;
import io.github.jmixtral.conversion.VerificationListener;
import io.github.jmixtral.error.MalformedFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Checks of everything that a checkpoint holds. */
@Command(
    name = "verify",
    description = {
      "Checks a model and prints a table: headers, index and shapes, whether all weights are"
          + " finite, whether the tokenizer fits the vocabulary.",
      "",
      "Where expected.safetensors lies in the folder, or beside the file, with tensors input_ids"
          + " [n, ids] and logits [n, ids, vocab] (or scores [n, labels]), or NAME.input_ids and"
          + " NAME.logits, these logits are computed and compared, with --activations f32 unless"
          + " asked otherwise. Reads everything."
    },
    footer = {
      "  jmixtral verify path/to/Mixtral-8x7B-v0.1",
      "  jmixtral verify mixtral-q4_0.gguf --json"
    })
final class VerifyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @ParentCommand private Main main;
  @Mixin private ModelOptions modelOptions;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "DIR",
      description = "The model, as --model names it.")
  private String model;

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      defaultValue = "2e-5",
      description =
          "How far logits may lie from the expected ones, as a part of the largest, or of 1 where"
              + " that is larger. Default: ${DEFAULT-VALUE}.")
  private double tolerance;

  @Option(
      names = "--json",
      description = "Print one object: path, good, checks (check, result and detail of each).")
  private boolean json;

  VerifyCommand() {}

  @Override
  public Integer call() {
    if (!(tolerance >= 0)) {
      throw WrongValue.of(spec, "--tolerance", "a number of 0 or more", tolerance);
    }
    Path path = path();
    List<Finding> findings;
    try (Watcher watcher = new Watcher()) {
      findings =
          new CheckpointVerifier(path)
              .withLoadOptions(modelOptions.exactLoadOptions())
              .withTolerance(tolerance)
              .verify(watcher);
    }
    List<String> failed =
        findings.stream()
            .filter(finding -> finding.outcome() == Finding.Outcome.FAILED)
            .map(Finding::check)
            .distinct()
            .toList();
    if (json) {
      printJson(path, findings, failed.isEmpty());
    }
    if (!failed.isEmpty()) {
      throw new MalformedFileException(
          path.toString(), "the model is faulty: " + String.join(", ", failed));
    }
    return Main.GOOD;
  }

  private Path path() {
    if (model == null) {
      return modelOptions.folder(main.terminal());
    }
    if (modelOptions.isGiven()) {
      throw new ParameterException(
          spec.commandLine(), "DIR and --model exclude each other: give one of them");
    }
    return ModelOptions.folder(model, main.terminal());
  }

  private static String word(Finding finding) {
    return finding.outcome().name().toLowerCase(Locale.ROOT);
  }

  private void printJson(Path path, List<Finding> findings, boolean good) {
    ObjectNode object = JsonLines.object();
    object.put("path", path.toString());
    object.put("good", good);
    ArrayNode checks = object.putArray("checks");
    for (Finding finding : findings) {
      ObjectNode check = checks.addObject();
      check.put("check", finding.check());
      check.put("result", word(finding));
      check.put("detail", finding.detail());
    }
    main.terminal().printLine(JsonLines.line(object));
  }

  /** Prints the rows of the table as they come, and shows how far a long check is. */
  private final class Watcher implements VerificationListener, AutoCloseable {
    private Progress progress = Progress.none();
    private long shown;

    @Override
    public void working(String check, long done, long total) {
      if (shown == 0) {
        progress = main.progress(check, total);
      }
      progress.step(done - shown);
      shown = done;
      if (done == total) {
        close();
      }
    }

    @Override
    public void found(Finding finding) {
      close();
      if (!json) {
        main.terminal()
            .printLine("%-10s %-8s %s".formatted(finding.check(), word(finding), finding.detail()));
      }
    }

    @Override
    public void close() {
      progress.close();
      progress = Progress.none();
      shown = 0;
    }
  }
}
