package io.github.jmixtral.cli;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.SafetensorsWriter;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.network.SequenceClassifier;
import io.github.jmixtral.internal.network.SequenceStep;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes the logits of given ids to a file. */
@Command(
    name = "logits",
    description = {
      "Writes the logits of every position of given ids to a safetensors file.",
      "",
      "Tensors logits.0, logits.1, … [n, vocab] in f32, one for each list of ids; of a classifier"
          + " scores.0, scores.1, … [labels]."
    },
    footer = {"  jmixtral logits --ids-file ids.json --out logits.safetensors"})
final class LogitsCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private ModelOptions modelOptions;

  @Option(
      names = "--ids-file",
      paramLabel = "FILE",
      required = true,
      description = "A JSON list of id lists, such as [[1, 419, 621], [1]], taken as they are.")
  private Path idsFile;

  @Option(
      names = "--out",
      paramLabel = "FILE.safetensors",
      required = true,
      description = "The file to write; it appears when it is complete.")
  private Path out;

  @Option(names = "--force", description = "Replace --out where it exists.")
  private boolean force;

  @Option(
      names = "--json",
      description = "Print one object when done: file, tensors (name and shape of each).")
  private boolean json;

  LogitsCommand() {}

  @Override
  public Integer call() {
    requireRoom();
    Path folder = modelOptions.folder(main.terminal());
    LoadOptions options = modelOptions.loadOptions();
    List<SafetensorsWriter.Declaration> written =
        main.terminal()
            .interruption()
            .endOrderly(
                () ->
                    SequenceClassifier.isStoredIn(folder)
                        ? writeScores(folder, options)
                        : writeLogits(folder, options));
    if (json) {
      report(written);
    }
    return Main.GOOD;
  }

  private void requireRoom() {
    Path parent = out.toAbsolutePath().getParent();
    if (!Files.isDirectory(parent)) {
      throw new IllegalArgumentException(out + ": there is no folder " + parent + " to write into");
    }
    if (Files.isDirectory(out)) {
      throw new IllegalArgumentException(out + ": this is a folder; name a file in it");
    }
    if (Files.exists(out) && !force) {
      throw new IllegalArgumentException(out + ": the file exists already; --force replaces it");
    }
  }

  private List<SafetensorsWriter.Declaration> writeLogits(Path folder, LoadOptions options) {
    try (LanguageModel model = LanguageModel.fromPretrained(folder, options)) {
      int vocab = model.config().vocabSize();
      List<int[]> lists = read(model.config());
      List<SafetensorsWriter.Declaration> tensors =
          IntStream.range(0, lists.size())
              .mapToObj(i -> declaration("logits." + i, lists.get(i).length, vocab))
              .toList();
      try (SafetensorsWriter writer = writer(tensors);
          Progress progress =
              main.progress("logits", lists.stream().mapToInt(l -> l.length).sum())) {
        for (int i = 0; i < lists.size(); i++) {
          writeLogits(model, lists.get(i), "logits." + i, writer, progress);
        }
        writer.finish();
      }
      return tensors;
    }
  }

  /** In chunks, so that the memory for logits has a bound. */
  private void writeLogits(
      LanguageModel model, int[] ids, String tensor, SafetensorsWriter writer, Progress progress) {
    try (BlockCache cache = model.newCache()) {
      for (SequenceStep chunk : model.chunks(cache, ids)) {
        main.terminal().interruption().requireNone();
        float[][] logits = new float[chunk.length()][model.config().vocabSize()];
        model.nextTokenLogits(chunk.withOutputs(logits));
        for (float[] row : logits) {
          writer.write(tensor, row);
        }
        progress.step(logits.length);
      }
    }
  }

  private List<SafetensorsWriter.Declaration> writeScores(Path folder, LoadOptions options) {
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder, options)) {
      List<int[]> lists = read(model.config());
      List<SafetensorsWriter.Declaration> tensors =
          IntStream.range(0, lists.size())
              .mapToObj(i -> declaration("scores." + i, model.config().numLabels()))
              .toList();
      try (SafetensorsWriter writer = writer(tensors);
          Progress progress = main.progress("scores", lists.size())) {
        for (int i = 0; i < lists.size(); i++) {
          main.terminal().interruption().requireNone();
          writer.write("scores." + i, model.scores(List.of(lists.get(i)))[0]);
          progress.step(1);
        }
        writer.finish();
      }
      return tensors;
    }
  }

  private List<int[]> read(MixtralConfig config) {
    List<int[]> lists = IdLists.read(idsFile, config.vocabSize());
    for (int i = 0; i < lists.size(); i++) {
      if (lists.get(i).length == 0) {
        throw new MalformedFileException(
            idsFile + ": [" + i + "]", "the list is empty; give at least one id");
      }
    }
    return lists;
  }

  private SafetensorsWriter writer(List<SafetensorsWriter.Declaration> tensors) {
    return new SafetensorsWriter(out, tensors, SafetensorsWriter.HUB_METADATA);
  }

  private static SafetensorsWriter.Declaration declaration(String name, long... shape) {
    return new SafetensorsWriter.Declaration(
        name, Dtype.F32, Arrays.stream(shape).boxed().toList());
  }

  /** Deletes the unfinished file when the process is interrupted. */
  private void report(List<SafetensorsWriter.Declaration> written) {
    ObjectNode object = JsonLines.object().put("file", out.toString());
    ObjectNode tensors = object.putObject("tensors");
    for (SafetensorsWriter.Declaration tensor : written) {
      ArrayNode shape = tensors.putArray(tensor.name());
      tensor.shape().forEach(shape::add);
    }
    main.terminal().printLine(JsonLines.line(object));
  }
}
