package io.github.jmixtral.cli;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.internal.checkpoint.MachineMemory;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** What a folder holds. */
@Command(
    name = "inspect",
    description = {
      "Prints a model's configuration, layout, dtypes, sizes and the memory it needs.",
      "",
      "Checks that every tensor is there and has the right shape, and says what loading makes of"
          + " weights that are not used where they lie, whether the model fits into the memory, and"
          + " what a folder of each recipe takes. Reads of such weights the first rows, of others"
          + " none. Of a folder that has config.json and no weights, says what they would take."
    },
    footer = {
      "  jmixtral inspect",
      "  jmixtral inspect --model path/to/Mixtral-8x7B-v0.1 --context 8192",
      "  jmixtral inspect --json"
    })
final class InspectCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @ParentCommand private Main main;
  @Mixin private ModelOptions modelOptions;

  @Option(
      names = "--context",
      paramLabel = "N",
      description =
          "Ids of the sequence whose cache is counted. Default: the model's"
              + " max_position_embeddings.")
  private Integer context;

  @Option(names = "--json", description = "Print one object.")
  private boolean json;

  InspectCommand() {}

  @Override
  public Integer call() {
    if (context != null && context < 1) {
      throw WrongValue.of(spec, "--context", "at least 1", context);
    }
    Terminal terminal = main.terminal();
    LoadOptions options = modelOptions.loadOptions();
    CheckpointLayout layout = CheckpointLayout.of(modelOptions.folder(terminal));
    MixtralConfig config = Checkpoint.configOf(layout, options);
    int ids = context != null ? context : config.maxPositionEmbeddings();
    if (!layout.hasWeights()) {
      ConfigSummary summary =
          new ConfigSummary(
              layout.path(), config, MachineMemory.detected(), options.cacheFormat(), ids);
      print(terminal, summary::toJson, summary::toTable);
      return Main.GOOD;
    }
    try (Checkpoint checkpoint = Checkpoint.openAsStored(layout, options)) {
      CheckpointSummary summary = CheckpointSummary.of(checkpoint, options, ids);
      print(terminal, summary::toJson, summary::toTable);
    }
    return Main.GOOD;
  }

  private void print(Terminal terminal, Supplier<ObjectNode> object, Supplier<List<String>> table) {
    if (json) {
      terminal.printLine(JsonLines.line(object.get()));
    } else {
      table.get().forEach(terminal::printLine);
    }
  }
}
