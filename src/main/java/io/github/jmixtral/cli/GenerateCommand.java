package io.github.jmixtral.cli;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationHooks;
import io.github.jmixtral.generation.GenerationListener;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Continues texts. */
@Command(
    name = "generate",
    description = {
      "Continues a text and prints the new text as it comes.",
      "",
      "Without flags for sampling the model's generation_config.json decides, and where it says"
          + " nothing, the likeliest token is taken each time. --temperature, --top-k, --top-p,"
          + " --min-p and --seed turn sampling on; --greedy turns it off."
    },
    footer = {
      "  jmixtral generate \"Once upon a time\"",
      "  jmixtral generate --temperature 0.8 --seed 7 --max-new-tokens 100 \"One morning\"",
      "  jmixtral generate --json --model path/to/Mixtral-8x7B-v0.1 - < prompt.txt",
      "  jmixtral generate --greedy --ids-file ids.json"
    })
final class GenerateCommand implements Callable<Integer> {
  private static final String STANDARD_INPUT = "-";

  @Spec private CommandSpec spec;
  @ParentCommand private Main main;

  @Parameters(
      arity = "0..1",
      paramLabel = "PROMPT",
      description = {
        "The text to continue; - reads it from standard input, without a line break at its end.",
        "Put -- before a text that begins with a dash."
      })
  private String prompt;

  @Mixin private ModelOptions modelOptions;
  @Mixin private SamplingOptions samplingOptions;

  @Option(
      names = "--ids-file",
      paramLabel = "FILE",
      description = {
        "Instead of a text, a JSON list of id lists, taken as they are; prints one JSON object a"
            + " line."
      })
  private Path idsFile;

  @Option(
      names = "--json",
      description = {
        "Print one object: prompt_ids, ids, text, finish_reason (eos, stop_string, length, time or"
            + " cancelled), prefill_tokens_per_second, decode_tokens_per_second."
      })
  private boolean json;

  GenerateCommand() {}

  @Override
  public Integer call() {
    if (prompt == null && idsFile == null) {
      throw new ParameterException(
          spec.commandLine(), "Missing PROMPT: give a text in quotes, - or --ids-file FILE");
    }
    if (prompt != null && idsFile != null) {
      throw new ParameterException(
          spec.commandLine(), "PROMPT and --ids-file exclude each other: give one of them");
    }
    Terminal terminal = main.terminal();
    GenerationConfig config = samplingOptions.config();
    try (MixtralForCausalLM model =
        MixtralForCausalLM.fromPretrained(
            modelOptions.folder(terminal), modelOptions.loadOptions())) {
      if (idsFile != null) {
        generateFromIds(model, config);
      } else if (json) {
        print(model, model.tokenizer().encode(text(), true), config);
      } else {
        stream(model, text(), config);
      }
    }
    return Main.GOOD;
  }

  private String text() {
    return prompt.equals(STANDARD_INPUT) ? main.terminal().readAll() : prompt;
  }

  private void generateFromIds(MixtralForCausalLM model, GenerationConfig config) {
    for (int[] ids : IdLists.read(idsFile, model.config().vocabSize())) {
      Generation generation = print(model, ids, config);
      if (generation.finishReason() == FinishReason.CANCELLED) {
        return;
      }
    }
  }

  /** Generates and prints the object. */
  private Generation print(MixtralForCausalLM model, int[] ids, GenerationConfig config) {
    Terminal terminal = main.terminal();
    return terminal
        .interruption()
        .endOrderly(
            () -> {
              Generation generation = generate(model, ids, config, (_, _) -> {});
              terminal.printLine(GenerationJson.line(generation));
              return generation;
            });
  }

  /** Generates, and shows how far the prompt is until the first id comes. */
  private Generation generate(
      MixtralForCausalLM model, int[] ids, GenerationConfig config, GenerationListener listener) {
    try (PromptProgress progress = PromptProgress.watch(main, model, ids.length)) {
      return model.generate(
          ids,
          config,
          hooks()
              .withListener(
                  (id, piece) -> {
                    progress.end();
                    listener.onToken(id, piece);
                  }));
    }
  }

  private void stream(MixtralForCausalLM model, String text, GenerationConfig config) {
    Terminal terminal = main.terminal();
    terminal
        .interruption()
        .endOrderly(
            () -> {
              int[] ids = model.tokenizer().encode(text, true);
              Generation generation =
                  generate(model, ids, config, (_, piece) -> terminal.print(piece));
              terminal.printLine("");
              return generation;
            });
  }

  private GenerationHooks hooks() {
    return GenerationHooks.none().withCancellation(main.terminal().interruption().cancellation());
  }
}
