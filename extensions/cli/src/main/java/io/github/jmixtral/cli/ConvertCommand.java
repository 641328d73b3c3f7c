package io.github.jmixtral.cli;

import io.github.jmixtral.conversion.CheckpointConverter;
import io.github.jmixtral.conversion.ConversionTarget;
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

/** A checkpoint in another layout. */
@Command(
    name = "convert",
    description = {
      "Writes a model in another layout, with its tokenizer and generation settings.",
      "",
      "hub: a folder as the Hugging Face Hub lays it out, of floats, which every program reads."
          + " quantized: the same with 2.8 to 8.5 bits a weight, as quantize writes it.",
      "gguf: a file with everything in it, which llama.cpp reads."
    },
    footer = {
      "  jmixtral convert mixtral-8x7b-v0.1-raw mixtral --shard-size 10GB",
      "  jmixtral convert mixtral-8x7b-v0.1-raw mixtral-q4 --to quantized --recipe q4",
      "  jmixtral convert mixtral mixtral-q4_0.gguf --type q4_0"
    })
final class ConvertCommand implements Callable<Integer> {
  private static final List<String> LAYOUTS = List.of("hub", "quantized", "gguf");

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
      description =
          "The folder to write, absent or empty, or the GGUF file, absent, whose name ends with"
              + " .gguf; it appears when it is complete.")
  private Path out;

  @Option(
      names = "--to",
      paramLabel = "hub|quantized|gguf",
      description = "The layout to write. Default: gguf where OUT ends with .gguf, else hub.")
  private String to;

  @Option(
      names = "--shard-size",
      paramLabel = "SIZE",
      description = "For hub: the most bytes of a file, such as 500MB or 5GB, the default.")
  private String shardSize;

  @Option(
      names = "--dtype",
      paramLabel = "bf16|f16|f32",
      description = {
        "For hub: the format of all weights.",
        "Default: of each matrix the narrowest that loses nothing."
      })
  private String dtype;

  @Option(
      names = "--type",
      paramLabel = "f32|bf16|f16|q8_0|q4_0",
      description =
          "For gguf: how matrices are stored, but for the router; q4_0 has attention, embedding and"
              + " head in q8_0. What is in tiles already stays as it is. Default: f16.")
  private String type;

  @Option(
      names = "--recipe",
      paramLabel = "q2|q3|q4|q4-all|q5|q6|q8",
      description = "For quantized: which weights take how many bits. Default: q4.")
  private String recipe;

  @Mixin private ThreadsOption threads;

  @Option(
      names = "--json",
      description = "Print one object when done: path, weights_bytes, seconds.")
  private boolean json;

  ConvertCommand() {}

  @Override
  public Integer call() {
    CheckpointConverter converter =
        new CheckpointConverter(ModelOptions.folder(in, main.terminal()), target())
            .withThreads(threads.count());
    long began = System.nanoTime();
    long bytes = main.terminal().interruption().endOrderly(() -> write(converter));
    new WrittenWeights(out, bytes, (System.nanoTime() - began) / 1e9).print(main.terminal(), json);
    return Main.GOOD;
  }

  private long write(CheckpointConverter converter) {
    long bytes = Logging.deferred(converter::byteSize);
    try (Steps steps = new Steps(main, "convert", bytes)) {
      converter.write(out, steps);
    }
    return bytes;
  }

  private ConversionTarget target() {
    String layout = OutputLayout.of(spec, to, LAYOUTS, out);
    return switch (layout) {
      case "hub" -> {
        refuse("--recipe", recipe, layout);
        refuse("--type", type, layout);
        yield hub();
      }
      case "quantized" -> {
        refuse("--shard-size", shardSize, layout);
        refuse("--dtype", dtype, layout);
        refuse("--type", type, layout);
        String name = recipe == null ? "q4" : recipe;
        yield ConversionTarget.quantized(WrongValue.unlessRecipe(spec, name));
      }
      case "gguf" -> {
        refuse("--shard-size", shardSize, layout);
        refuse("--dtype", dtype, layout);
        refuse("--recipe", recipe, layout);
        String name = type == null ? "f16" : type;
        try {
          yield ConversionTarget.gguf(name);
        } catch (IllegalArgumentException unknown) {
          throw WrongValue.of(spec, "--type", "f32, bf16, f16, q8_0 or q4_0", name);
        }
      }
      default -> throw new IllegalStateException(layout);
    };
  }

  private void refuse(String option, String value, String layout) {
    if (value != null) {
      throw new ParameterException(
          spec.commandLine(), option + " cannot be combined with --to " + layout);
    }
  }

  private ConversionTarget hub() {
    ConversionTarget hub = ConversionTarget.hub();
    if (shardSize != null) {
      hub =
          hub.withMaxShardBytes(
              ByteCount.of(shardSize)
                  .orElseThrow(
                      () ->
                          WrongValue.of(
                              spec, "--shard-size", "a size such as 500MB or 5GB", shardSize)));
    }
    return dtype == null ? hub : hub.withDtype(dtypeName());
  }

  private String dtypeName() {
    return switch (dtype.toLowerCase(Locale.ROOT)) {
      case "bf16" -> "bfloat16";
      case "f16" -> "float16";
      case "f32" -> "float32";
      default -> throw WrongValue.of(spec, "--dtype", "bf16, f16 or f32", dtype);
    };
  }
}
