package io.github.jmixtral.cli;

import io.github.jmixtral.cli.synthesis.GgufMixture;
import io.github.jmixtral.cli.synthesis.SyntheticCheckpoint;
import io.github.jmixtral.cli.synthesis.SyntheticGguf;
import io.github.jmixtral.cli.synthesis.SyntheticShape;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** A checkpoint with random weights. */
@Command(
    name = "synthesize",
    description = {
      "Writes a checkpoint of a real shape with seeded random weights.",
      "",
      "For measuring speed and memory without a download of 93 GB: what it says is noise. It has no"
          + " tokenizer unless --tokenizer gives one; generate --ids-file and bench need none."
    },
    footer = {
      "  jmixtral synthesize two-layers --layers 2 --recipe q4-all",
      "  jmixtral bench --model two-layers",
      "  jmixtral synthesize full --layers 32 --recipe q4     (26 GB)",
      "  jmixtral synthesize two-layers.gguf --layers 2 --type q4_k_m"
    })
final class SynthesizeCommand implements Callable<Integer> {
  private static final List<String> LAYOUTS = List.of("hub", "raw", "gguf");

  @Spec private CommandSpec spec;
  @ParentCommand private Main main;

  @Parameters(
      paramLabel = "OUT",
      description =
          "The folder to write, absent or empty, or the GGUF file, absent, whose name ends with"
              + " .gguf; it appears when it is complete.")
  private Path out;

  @Option(
      names = "--layers",
      paramLabel = "N",
      required = true,
      description = "Decoder layers: Mixtral 8x7B has 32, 8x22B 56.")
  private int layers;

  @Option(
      names = "--shape",
      paramLabel = "8x7b|8x22b|tiny",
      defaultValue = "8x7b",
      description = "Widths, heads and words. Default: ${DEFAULT-VALUE}.")
  private String shape;

  @Option(
      names = "--recipe",
      paramLabel = "q2|q3|q4|q4-all|q5|q6|q8",
      description = "Write quantised weights. Default: bfloat16.")
  private String recipe;

  @Option(
      names = "--to",
      paramLabel = "hub|raw|gguf",
      description = {
        "A folder as the Hugging Face Hub or as Mistral AI lays it out, or a GGUF file.",
        "Default: gguf where OUT ends with .gguf, else hub."
      })
  private String to;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = {
        "Types of a GGUF file's weights: one of q4_0, q4_1, q5_0, q5_1 and q8_0, or a mixture as"
            + " llama.cpp makes it, such as q4_k_m, q3_k_s or q6_k.",
        "Default: q4_0, the counterpart of q4-all."
      })
  private String type;

  @Option(
      names = "--tokenizer",
      paramLabel = "DIR",
      description = {
        "A folder or file with a tokenizer for the shape's words, to be written along.",
        "For a GGUF file a tokenizer.model, without which llama.cpp may refuse it."
      })
  private Path tokenizer;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "The same seed gives the same weights. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--json",
      description = "Print one object when done: path, weights_bytes, seconds.")
  private boolean json;

  SynthesizeCommand() {}

  @Override
  public Integer call() {
    if (layers < 1) {
      throw WrongValue.of(spec, "--layers", "at least 1", "" + layers);
    }
    MixtralConfig config =
        SyntheticShape.of(shape)
            .orElseThrow(() -> WrongValue.of(spec, "--shape", "8x7b, 8x22b or tiny", shape))
            .config(layers);
    Optional<Recipe> chosen =
        Optional.ofNullable(recipe).map(name -> WrongValue.unlessRecipe(spec, name));
    long began = System.nanoTime();
    String layout = OutputLayout.of(spec, to, LAYOUTS, out);
    boolean gguf = layout.equals("gguf");
    boolean raw = layout.equals("raw");
    if (raw && chosen.isPresent()) {
      throw WrongValue.of(spec, "--recipe", "nothing for a raw folder", recipe);
    }
    if (gguf && chosen.isPresent() && chosen.get() != Recipe.Q4_ALL) {
      throw WrongValue.of(spec, "--recipe", "q4-all or nothing for a GGUF file", recipe);
    }
    if (!gguf && type != null) {
      throw WrongValue.of(spec, "--type", "nothing unless a GGUF file is written", type);
    }
    if (gguf && chosen.isPresent() && type != null) {
      throw WrongValue.of(spec, "--type", "nothing beside --recipe", type);
    }
    GgufMixture mixture =
        type == null
            ? GgufMixture.Q4_0
            : GgufMixture.of(type)
                .orElseThrow(
                    () ->
                        WrongValue.of(
                            spec, "--type", String.join(", ", GgufMixture.labels()), type));
    long bytes =
        main.terminal()
            .interruption()
            .endOrderly(() -> gguf ? writeGguf(config, mixture) : writeFolder(config, chosen, raw));
    new WrittenWeights(out, bytes, (System.nanoTime() - began) / 1e9).print(main.terminal(), json);
    return Main.GOOD;
  }

  private long writeFolder(MixtralConfig config, Optional<Recipe> chosen, boolean raw) {
    SyntheticCheckpoint checkpoint = new SyntheticCheckpoint(config, chosen, seed);
    Optional<Tokenizer> words = Optional.ofNullable(tokenizer).map(Tokenizer::fromPretrained);
    words.ifPresent(given -> requireFits(given, config));
    Consumer<Path> extras = folder -> words.ifPresent(given -> given.savePretrained(folder));
    try (Steps steps = new Steps(main, "synthesize", checkpoint.byteSize())) {
      if (raw) {
        checkpoint.writeRaw(out, extras, steps);
      } else {
        checkpoint.write(out, extras, steps);
      }
    }
    return checkpoint.byteSize();
  }

  private long writeGguf(MixtralConfig config, GgufMixture mixture) {
    Path parent = out.toAbsolutePath().getParent();
    if (Files.exists(out) || !Files.isDirectory(parent)) {
      throw new IllegalArgumentException(
          out
              + (Files.exists(out)
                  ? ": the file exists already; delete it or choose another name"
                  : ": there is no folder " + parent + " to write into"));
    }
    Optional<Tokenizer> words = Optional.ofNullable(tokenizer).map(Tokenizer::fromPretrained);
    words.ifPresent(given -> requireFits(given, config));
    SyntheticGguf file = new SyntheticGguf(config, words, mixture, seed);
    try (Steps steps = new Steps(main, "synthesize", file.byteSize())) {
      file.write(out, steps);
    }
    return file.byteSize();
  }

  private void requireFits(Tokenizer words, MixtralConfig config) {
    if (words.vocabSize() > config.vocabSize()) {
      throw new MalformedFileException(
          tokenizer.toString(),
          "the tokenizer has "
              + words.vocabSize()
              + " words, more than the "
              + config.vocabSize()
              + " of the shape");
    }
  }
}
