package io.github.jmixtral.cli;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.hub.HubCache;
import io.github.jmixtral.internal.format.GgufFile;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which model, and how it runs: the options of commands that run or show a model. */
final class ModelOptions {
  private static final String IN_THE_BOX = "models/storyteller";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "DIR|FILE.gguf|ORG/NAME[@REVISION]",
      defaultValue = IN_THE_BOX,
      description = {
        "A folder as the Hugging Face Hub lays it out, a GGUF file, or the name of a model in the"
            + " Hub's cache.",
        "Default: ${DEFAULT-VALUE}, the model in the box."
      })
  private String model;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that compute. Default: as many as the machine or container grants.")
  private Integer threads;

  @Option(
      names = "--window",
      paramLabel = "N|none",
      description = "Sliding window, in the place of the model's own.")
  private String window;

  @Option(
      names = "--activations",
      paramLabel = "i8|f32",
      defaultValue = "i8",
      description = {
        "What quantised weights are multiplied with: activations rounded to 8 bits, which is fast,"
            + " or as they are.",
        "Default: ${DEFAULT-VALUE}."
      })
  private LoadOptions.Activations activations;

  @Option(
      names = "--cache",
      paramLabel = "f32|f16|i8",
      defaultValue = "f32",
      description = "How keys and values are stored. Default: ${DEFAULT-VALUE}.")
  private LoadOptions.CacheFormat cacheFormat;

  @Option(
      names = "--preload",
      description = "Read all weights into memory at first, so that no token waits for the disk.")
  private boolean preload;

  @Option(
      names = "--inexact-weights",
      paramLabel = "q8|q4|f32",
      description = {
        "What becomes of weights that another program quantised and 4- or 8-bit tiles do not hold"
            + " exactly.",
        "Default: q8, and f32 with --activations f32."
      })
  private LoadOptions.InexactWeights inexactWeights;

  @Option(
      names = "--tile-cache",
      paramLabel = "DIR",
      description = {
        "A folder that keeps weights as they are rearranged for loading, as those of most GGUF"
            + " files, so that the next loading opens them at once.",
        "Needs about the size of each model's file."
      })
  private Path tileCache;

  ModelOptions() {}

  /**
   * The model's folder.
   *
   * @throws MissingFileException when there is none
   */
  Path folder(Terminal terminal) {
    return folder(model(), terminal);
  }

  /** The folder of a model that is named in another way. */
  static Path folder(String model, Terminal terminal) {
    Path path = path(model, terminal);
    if (!Files.isDirectory(path) && GgufFile.find(path).isEmpty()) {
      throw new UnsupportedCheckpointException(
          model, "this is a file, but should be a checkpoint folder");
    }
    return path;
  }

  /** Java takes an empty path for the current folder. */
  private String model() {
    if (model.isBlank()) {
      throw WrongValue.of(spec, "--model", "a folder, a GGUF file or a name", model);
    }
    return model;
  }

  /** The model's folder, or a file. */
  Path path(Terminal terminal) {
    return path(model(), terminal);
  }

  private static Path path(String model, Terminal terminal) {
    if (model.equals(IN_THE_BOX) && !Files.exists(Path.of(model)) && terminal.home().isPresent()) {
      Path inTheBox = terminal.home().get().resolve(model);
      if (Files.exists(inTheBox)) {
        return inTheBox;
      }
    }
    return HubCache.ofEnvironment(terminal.environment()).locate(model);
  }

  LoadOptions loadOptions() {
    LoadOptions options =
        LoadOptions.defaults().withActivations(activations).withCacheFormat(cacheFormat);
    if (inexactWeights != null) {
      options = options.withInexactWeights(inexactWeights);
    }
    try {
      if (tileCache != null) {
        options = options.withTileCache(tileCache);
      }
      if (threads != null) {
        options = options.withThreads(threads);
      }
      if ("none".equalsIgnoreCase(window)) {
        options = options.withSlidingWindow(0);
      } else if (window != null) {
        int keys = Integer.parseInt(window);
        if (keys < 1) {
          throw WrongValue.of(spec, "--window", "a positive number or none", window);
        }
        options = options.withSlidingWindow(keys);
      }
    } catch (NumberFormatException _) {
      throw WrongValue.of(spec, "--window", "a number or none", window);
    } catch (IllegalArgumentException failure) {
      throw new ParameterException(spec.commandLine(), failure.getMessage(), failure);
    }
    return preload ? options.withPreload(new ByteProgress(main(), "preload")::show) : options;
  }

  /**
   * The same, but that quantised weights are multiplied exactly where nothing else is asked for.
   */
  LoadOptions exactLoadOptions() {
    boolean chosen = spec.commandLine().getParseResult().hasMatchedOption("--activations");
    LoadOptions options = loadOptions();
    return chosen ? options : options.withActivations(LoadOptions.Activations.F32);
  }

  /** What clients of a server call the model: a name of the Hub's, or that of its folder. */
  String servedName(Path folder) {
    return !model.equals(IN_THE_BOX) && HubCache.isModelName(model) && !Files.exists(Path.of(model))
        ? model.split("@", 2)[0]
        : folder.toAbsolutePath().normalize().getFileName().toString();
  }

  /** Whether {@code --model} was given. */
  boolean isGiven() {
    return spec.commandLine().getParseResult().hasMatchedOption("--model");
  }

  private Main main() {
    return (Main) spec.root().userObject();
  }
}
