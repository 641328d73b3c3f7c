package io.github.jmixtral.conversion;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.format.SafetensorsFile;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.network.SequenceClassifier;
import io.github.jmixtral.internal.network.SequenceStep;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;

/** Whether a model computes what a file beside it says that the reference computes. */
final class ExpectedLogits {
  static final String FILE = "expected.safetensors";

  private final Path file;
  private final double tolerance;
  private double largest;
  private double worst;
  private String worstPlace = "";
  private double worstExpected;
  private double worstFound;

  /**
   * Prepares the comparison.
   *
   * @param tolerance as a part of the largest logit, or of 1
   */
  ExpectedLogits(Path file, double tolerance) {
    this.file = file;
    this.tolerance = tolerance;
  }

  /** The file in a checkpoint's folder, or beside its file, if there is one. */
  static Optional<Path> beside(Path checkpoint) {
    Path expected =
        Files.isDirectory(checkpoint) ? checkpoint.resolve(FILE) : checkpoint.resolveSibling(FILE);
    return Optional.of(expected).filter(Files::exists);
  }

  /**
   * Computes everything that is expected.
   *
   * @param head what stands on top of the model
   * @param progressOf given the number of ids, returns the receiver of the number computed since
   *     the last call
   * @return what was compared
   * @throws MalformedFileException when the file does not fit the model, or the model the file
   */
  String compare(
      Path model,
      MixtralWeights.Head head,
      LoadOptions options,
      LongFunction<LongConsumer> progressOf) {
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsFile expected = SafetensorsFile.open(file, arena);
      List<ExpectedSequence> sequences =
          switch (head) {
            case MixtralWeights.Head.LanguageModel _ ->
                compareLogits(model, options, expected, progressOf);
            case MixtralWeights.Head.Classifier _ ->
                compareScores(model, options, expected, progressOf);
            case MixtralWeights.Head.None _ ->
                throw new MalformedFileException(
                    FILE,
                    "a model without a head computes nothing to compare; the file belongs beside a"
                        + " language model or a classifier");
          };
      return judge(sequences);
    }
  }

  private List<ExpectedSequence> compareLogits(
      Path path,
      LoadOptions options,
      SafetensorsFile expected,
      LongFunction<LongConsumer> progressOf) {
    try (LanguageModel model = LanguageModel.fromPretrained(path, options)) {
      int vocab = model.config().vocabSize();
      List<ExpectedSequence> sequences =
          require("logits", ExpectedSequence.read(expected.tensors(), "logits", vocab, vocab));
      LongConsumer progress = progressOf.apply(idCount(sequences));
      for (ExpectedSequence sequence : sequences) {
        try (BlockCache cache = model.newCache()) {
          compareLogits(model, cache, sequence, progress);
        }
      }
      return sequences;
    }
  }

  /** In chunks, so that the memory for logits has a bound. */
  private void compareLogits(
      LanguageModel model, BlockCache cache, ExpectedSequence sequence, LongConsumer progress) {
    for (SequenceStep chunk : model.chunks(cache, sequence.ids())) {
      float[][] logits = new float[chunk.length()][model.config().vocabSize()];
      model.nextTokenLogits(chunk.withOutputs(logits));
      for (int i = 0; i < logits.length; i++) {
        compare(sequence, chunk.offset() + i, logits[i]);
      }
      progress.accept(logits.length);
    }
  }

  private List<ExpectedSequence> compareScores(
      Path path,
      LoadOptions options,
      SafetensorsFile expected,
      LongFunction<LongConsumer> progressOf) {
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(path, options)) {
      int labels = model.config().numLabels();
      List<ExpectedSequence> sequences =
          require(
              "scores",
              ExpectedSequence.read(
                  expected.tensors(), "scores", labels, model.config().vocabSize()));
      LongConsumer progress = progressOf.apply(idCount(sequences));
      for (ExpectedSequence sequence : sequences) {
        compare(sequence, 0, model.scores(List.of(sequence.ids()))[0]);
        progress.accept(sequence.ids().length);
      }
      return sequences;
    }
  }

  private static List<ExpectedSequence> require(String wanted, List<ExpectedSequence> sequences) {
    if (sequences.isEmpty()) {
      throw new MalformedFileException(
          FILE, "the file has no pair of tensors NAME.input_ids and NAME." + wanted);
    }
    return sequences;
  }

  private static long idCount(List<ExpectedSequence> sequences) {
    return sequences.stream().mapToLong(sequence -> sequence.ids().length).sum();
  }

  private void compare(ExpectedSequence sequence, int index, float[] found) {
    float[] expected = sequence.expectedAt(index);
    for (int i = 0; i < found.length; i++) {
      double difference = Math.abs((double) found[i] - expected[i]);
      largest = Math.max(largest, Math.abs(expected[i]));
      // What is not a number differs more than any number does.
      if (Double.isNaN(difference) || difference > worst) {
        worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference;
        worstPlace = sequence.placeOf(index);
        worstExpected = expected[i];
        worstFound = found[i];
      }
    }
  }

  private String judge(List<ExpectedSequence> sequences) {
    double allowed = tolerance * Math.max(1, largest);
    if (!(worst <= allowed)) {
      throw new MalformedFileException(
          worstPlace,
          String.format(Locale.ROOT, "%.6g, give or take %.2g", worstExpected, allowed),
          String.format(Locale.ROOT, "%.6g", worstFound));
    }
    return String.format(
        Locale.ROOT,
        "%,d ids in %d sequences, largest difference %.2g of %.2g allowed",
        idCount(sequences),
        sequences.size(),
        worst,
        allowed);
  }
}
