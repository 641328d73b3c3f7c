package io.github.jmixtral.cli;

import io.github.jmixtral.GenerationRequest;
import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationListener;
import io.github.jmixtral.generation.Prompt;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
          + " --min-p, --seed and such turn sampling on; --greedy turns it off."
    },
    footer = {
      "  jmixtral generate \"Once upon a time\"",
      "  jmixtral generate --temperature 0.8 --seed 7 --max-new-tokens 100 \"One morning\"",
      "  jmixtral generate --num-beams 4 --num-return-sequences 2 \"One morning\"",
      "  jmixtral generate --choice yes --choice no \"Was the duck happy? \"",
      "  jmixtral generate --json-schema weather.schema.json \"The weather today: \"",
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
  @Mixin private TextOptions textOptions;
  @Mixin private SamplingOptions samplingOptions;
  @Mixin private SearchOptions searchOptions;
  @Mixin private ConstraintOptions constraintOptions;

  @Option(
      names = "--ids-file",
      paramLabel = "FILE",
      description = {
        "Instead of a text, a JSON list of id lists, taken as they are; prints one JSON object a"
            + " line."
      })
  private Path idsFile;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      defaultValue = "1",
      description = {
        "With --ids-file, continue N lists together, which is faster: the same ids on quantised"
            + " weights. Default: ${DEFAULT-VALUE}."
      })
  private int batchSize;

  @Option(
      names = "--json",
      description = {
        "Print one object (one a line for several texts): prompt_ids, ids, text, finish_reason"
            + " (eos, stop_string, length, time or cancelled), prefill_tokens_per_second,"
            + " decode_tokens_per_second; with beams sequence_score; with --top-logprobs logprobs."
      })
  private boolean json;

  private Optional<Constraint> constraint;
  private Optional<Prompt> negativePrompt;

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
    requireUse();
    Terminal terminal = main.terminal();
    GenerationConfig config = searchOptions.over(samplingOptions.config());
    constraint = constraintOptions.constraint();
    try (MixtralForCausalLM model =
        MixtralForCausalLM.fromPretrained(
            modelOptions.folder(terminal), textOptions.over(modelOptions.loadOptions()))) {
      negativePrompt =
          searchOptions.negativePrompt(config.over(model.generationConfig()), model::tokenizer);
      if (idsFile != null) {
        generateFromIds(model, config);
      } else if (json) {
        print(model, List.of(model.tokenizer().encode(text(), true)), 0, config);
      } else {
        stream(model, text(), config);
      }
    }
    return Main.GOOD;
  }

  /** Refuses flags that could have no effect. */
  private void requireUse() {
    if (batchSize < 1) {
      throw new ParameterException(
          spec.commandLine(),
          "Invalid value for option '--batch-size': expected at least 1, found " + batchSize);
    }
    if (batchSize > 1 && idsFile == null) {
      throw new ParameterException(spec.commandLine(), "--batch-size needs --ids-file");
    }
    boolean wantsLogprobs =
        searchOptions
            .over(samplingOptions.config())
            .setting("top_logprobs", Integer.class)
            .isPresent();
    if (wantsLogprobs && !json && idsFile == null) {
      throw new ParameterException(spec.commandLine(), "--top-logprobs needs --json");
    }
  }

  private String text() {
    return prompt.equals(STANDARD_INPUT) ? main.terminal().readAll() : prompt;
  }

  /** Continues the lists, batch by batch. */
  private void generateFromIds(MixtralForCausalLM model, GenerationConfig config) {
    List<int[]> lists = IdLists.read(idsFile, model.config().vocabSize());
    for (int first = 0; first < lists.size(); first += batchSize) {
      List<int[]> some = lists.subList(first, Math.min(lists.size(), first + batchSize));
      if (print(model, some, first, config).stream()
          .anyMatch(text -> text.finishReason() == FinishReason.CANCELLED)) {
        return;
      }
    }
  }

  /**
   * Generates and prints an object for each text.
   *
   * @param promptsBefore how many prompts came before these
   */
  private List<Generation> print(
      MixtralForCausalLM model, List<int[]> prompts, int promptsBefore, GenerationConfig config) {
    Terminal terminal = main.terminal();
    return terminal
        .interruption()
        .endOrderly(
            () -> {
              List<Generation> texts = generate(model, prompts, promptsBefore, config, _ -> {});
              texts.forEach(text -> terminal.printLine(GenerationJson.line(text)));
              return texts;
            });
  }

  /** Generates, and shows how far the prompts are until the first id comes. */
  private List<Generation> generate(
      MixtralForCausalLM model,
      List<int[]> prompts,
      int promptsBefore,
      GenerationConfig config,
      GenerationListener listener) {
    // The ids of a beam search are known at its end only.
    boolean listens = config.over(model.generationConfig()).numBeams().orElse(1) == 1;
    try (PromptProgress progress = new PromptProgress(main, prompts)) {
      GenerationListener first =
          token -> {
            progress.end();
            listener.onToken(token);
          };
      List<GenerationRequest> requests = new ArrayList<>();
      for (int i = 0; i < prompts.size(); i++) {
        GenerationConfig seeded = seeded(model, config, promptsBefore + i);
        GenerationRequest request =
            request(model, prompts.get(i)).withConfig(seeded).onPrefill(progress.of(i));
        requests.add(listens ? request.onToken(first) : request);
      }
      return model.generateAll(requests);
    } catch (IllegalArgumentException failure) {
      if (config.equals(GenerationConfig.inherit())) {
        throw failure;
      }
      // Flags that do not fit each other, the prompt or the model.
      throw new ParameterException(spec.commandLine(), failure.getMessage(), failure);
    }
  }

  private GenerationRequest request(MixtralForCausalLM model, int[] ids) {
    GenerationRequest request =
        model
            .request(Prompt.ids(ids))
            .withCancellation(main.terminal().interruption().cancellation());
    request = constraint.map(request::withConstraint).orElse(request);
    return negativePrompt.map(request::withNegativePrompt).orElse(request);
  }

  /** The i-th text of all draws with the seed + i, wherever the seed comes from. */
  private static GenerationConfig seeded(
      MixtralForCausalLM model, GenerationConfig config, long promptsBefore) {
    OptionalLong seed = config.over(model.generationConfig()).seed();
    return seed.isPresent()
        ? config.withSeed(
            seed.getAsLong()
                + promptsBefore
                    * config.over(model.generationConfig()).numReturnSequences().orElse(1))
        : config;
  }

  /** Prints one text as it comes, several at their end with an empty line between two. */
  private void stream(MixtralForCausalLM model, String text, GenerationConfig config) {
    Terminal terminal = main.terminal();
    GenerationConfig all = config.over(model.generationConfig());
    boolean isOne = all.numBeams().orElse(1) == 1 && all.numReturnSequences().orElse(1) == 1;
    terminal
        .interruption()
        .endOrderly(
            () -> {
              int[] ids = model.tokenizer().encode(text, true);
              GenerationListener printer = isOne ? token -> terminal.print(token.text()) : _ -> {};
              List<Generation> texts = generate(model, List.of(ids), 0, config, printer);
              terminal.printLine(
                  isOne
                      ? ""
                      : texts.stream().map(Generation::text).collect(Collectors.joining("\n\n")));
              return texts;
            });
  }
}
