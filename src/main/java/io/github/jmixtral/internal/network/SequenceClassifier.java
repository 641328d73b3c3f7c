package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.config.ProblemType;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.model.KeyValueCache;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.model.ModelOutput;
import io.github.jmixtral.model.SequenceClassifierOutput;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A {@link DecoderStack} with a classifier's head: ids in, a score for each label out. The scores
 * of a sequence are {@code score · h} for the final hidden state h of its last id that is not
 * padding. Several threads may call it at once; calls take turns, first come first served.
 */
public final class SequenceClassifier implements HeadedModel, AutoCloseable {
  private final DecoderStack model;
  private final WeightMatrix score;
  private final ProblemType problemType;

  private SequenceClassifier(DecoderStack model, WeightMatrix score, ProblemType problemType) {
    this.model = model;
    this.score = score;
    this.problemType = problemType;
  }

  /**
   * Loads a checkpoint of any layout.
   *
   * @throws io.github.jmixtral.error.JmixtralException when the folder is not a readable Mixtral
   *     with a classifier's head
   */
  public static SequenceClassifier fromPretrained(Path folder, LoadOptions options) {
    return DecoderStack.load(
        folder,
        options,
        checkpoint -> {
          WeightMatrix score = checkpoint.classifierHead();
          ProblemType problemType = problemType(checkpoint.config());
          return new SequenceClassifier(new DecoderStack(checkpoint, options), score, problemType);
        });
  }

  /**
   * Whether a Hub folder holds a classifier.
   *
   * @throws io.github.jmixtral.error.JmixtralException when it is not a readable Mixtral
   */
  public static boolean isStoredIn(Path folder) {
    try (Checkpoint checkpoint = Checkpoint.openAsStored(CheckpointLayout.of(folder))) {
      return checkpoint.weights().head() instanceof MixtralWeights.Head.Classifier;
    }
  }

  /** The model's shape. */
  public MixtralConfig config() {
    return model.config();
  }

  @Override
  public int chunk() {
    return model.chunk();
  }

  @Override
  public void requireFits(SequenceStep step) {
    model.requireFits(step, score);
  }

  @Override
  public void run(List<SequenceStep> steps, @Nullable DoubleConsumer progress) {
    model.run(steps, score, progress);
  }

  /** What the scores mean. */
  public ProblemType problemType() {
    return problemType;
  }

  /**
   * Runs the input and computes each sequence's scores. Padding is what the attention mask hides,
   * and the configuration's {@code pad_token_id}; of nothing but padding the first column counts.
   *
   * @param input [batch, columns] ids or embeddings, without labels of its own
   * @return logits [batch, labels] and what else was asked for
   * @throws IllegalArgumentException when the batch has more than one sequence and the
   *     configuration no {@code pad_token_id}, when a sequence is hidden whole, or when ids,
   *     shapes, mask or caches do not fit the model
   * @throws IllegalStateException when the model is closed
   */
  public SequenceClassifierOutput forward(ModelInput input) {
    return forward(input, scores -> OptionalDouble.empty());
  }

  /**
   * The same with the loss of labels that exclude each other: the mean cross entropy.
   *
   * @param labels each sequence's label [batch]; {@link ModelInput#IGNORED_LABEL} leaves one out
   * @throws IllegalArgumentException also when the labels do not fit the problem type or the model
   */
  public SequenceClassifierOutput forward(ModelInput input, int[] labels) {
    requireProblem(
        problemType == ProblemType.SINGLE_LABEL_CLASSIFICATION, "a row of floats for each", "ids");
    requireCount(input, labels.length);
    for (int b = 0; b < labels.length; b++) {
      int label = labels[b];
      if (label != ModelInput.IGNORED_LABEL && (label < 0 || label >= config().numLabels())) {
        throw new IllegalArgumentException(
            "labels[%d]: expected a label from 0 to %d or %d, found %d"
                .formatted(b, config().numLabels() - 1, ModelInput.IGNORED_LABEL, label));
      }
    }
    return forward(input, scores -> OptionalDouble.of(Losses.crossEntropy(scores, labels)));
  }

  /**
   * The same with the loss of labels that hold or not, the mean binary cross entropy, or of a
   * regression's values, the mean squared error. Where the configuration names no problem type,
   * several labels given in this way hold or not each.
   *
   * @param labels [batch, labels]
   * @throws IllegalArgumentException also when the labels do not fit the problem type or the model
   */
  public SequenceClassifierOutput forward(ModelInput input, float[][] labels) {
    requireProblem(
        problemType != ProblemType.SINGLE_LABEL_CLASSIFICATION || config().problemType().isEmpty(),
        "an id for each",
        "floats");
    requireCount(input, labels.length);
    for (int b = 0; b < labels.length; b++) {
      if (labels[b].length != config().numLabels()) {
        throw new IllegalArgumentException(
            "labels[%d]: expected %d floats, found %d"
                .formatted(b, config().numLabels(), labels[b].length));
      }
    }
    return forward(
        input,
        scores ->
            OptionalDouble.of(
                problemType == ProblemType.REGRESSION
                    ? Losses.meanSquaredError(scores, labels)
                    : Losses.binaryCrossEntropy(scores, labels)));
  }

  /** As in the reference, one label is regression, and several exclude each other. */
  private static ProblemType problemType(MixtralConfig config) {
    return config
        .problemType()
        .orElse(
            config.numLabels() == 1
                ? ProblemType.REGRESSION
                : ProblemType.SINGLE_LABEL_CLASSIFICATION);
  }

  private void requireProblem(boolean fits, String expected, String found) {
    if (!fits) {
      throw new IllegalArgumentException(
          "labels: the problem type %s takes %s sequence, not %s"
              .formatted(problemType, expected, found));
    }
  }

  private static void requireCount(ModelInput input, int labels) {
    if (labels != input.batchSize()) {
      throw new IllegalArgumentException(
          "labels: there are %d, but %d sequences; give one for each"
              .formatted(labels, input.batchSize()));
    }
  }

  /** How the scores [batch, labels] become a loss. */
  private interface Loss {
    OptionalDouble of(float[][] scores);
  }

  private SequenceClassifierOutput forward(ModelInput input, Loss loss) {
    requirePadding(input.batchSize());
    if (input.labels().isPresent()) {
      throw new IllegalArgumentException(
          "input: a classifier takes its labels as an argument of its own, not those of a language"
              + " model's input");
    }
    float[][] scores = new float[input.batchSize()][score.rows()];
    int[][] ids = input.inputIds().orElse(null);
    float[][][] wanted = new float[input.batchSize()][input.columns()][];
    for (int b = 0; b < scores.length; b++) {
      wanted[b][lastColumn(input, ids, b)] = scores[b];
    }
    ModelOutput output = model.forward(input, score, wanted);
    if (input.caches().isEmpty()) {
      output.caches().forEach(KeyValueCache::close);
    }
    return new SequenceClassifierOutput(scores, loss.of(scores), output);
  }

  /**
   * The last visible column that is not padding; without one the first that is visible.
   *
   * @param ids [batch, columns], or null for embeddings
   */
  private int lastColumn(ModelInput input, int @Nullable [][] ids, int b) {
    int first = -1;
    for (int column = input.columns() - 1; column >= 0; column--) {
      if (input.isVisible(b, column)) {
        if (ids == null || !isPadding(ids[b][column])) {
          return column;
        }
        first = column;
      }
    }
    if (first < 0) {
      throw new IllegalArgumentException(
          "attentionMask[%d]: the last %d columns are all masked; leave at least one"
              .formatted(b, input.columns()));
    }
    return first;
  }

  private boolean isPadding(int id) {
    return config().padTokenId().isPresent() && config().padTokenId().getAsInt() == id;
  }

  /** A batch's sequences end where their padding begins, so there must be an id for it. */
  private void requirePadding(int batchSize) {
    if (batchSize > 1 && config().padTokenId().isEmpty()) {
      throw new IllegalArgumentException(
          "batch: %d sequences need padding, and the configuration has no pad_token_id; classify them one by one"
              .formatted(batchSize));
    }
  }

  /**
   * The labels' scores of sequences of any lengths. They need no padding; what some have at their
   * end counts for nothing. Long lists are cut into batches of about a chunk's ids each, so that
   * the memory has a bound.
   *
   * @param sequences at least one id each, each inside the vocabulary
   * @param reservation what the caches are taken from, or null
   * @param passes runs the steps of each batch
   * @return by sequence: [labels]
   * @throws IllegalArgumentException when a sequence has no id, or one outside the vocabulary, or
   *     when there are several and the configuration has no {@code pad_token_id}
   * @throws IllegalStateException when the model is closed
   */
  public float[][] scores(
      List<int[]> sequences,
      CacheMemory.@Nullable Reservation reservation,
      Consumer<List<SequenceStep>> passes) {
    requirePadding(sequences.size());
    float[][] scores = new float[sequences.size()][score.rows()];
    int first = 0;
    for (List<int[]> batch : batches(sequences)) {
      run(batch, Arrays.copyOfRange(scores, first, first + batch.size()), reservation, passes);
      first += batch.size();
    }
    return scores;
  }

  /** The same without a reservation, in passes of these sequences alone. */
  public float[][] scores(List<int[]> sequences) {
    return scores(sequences, null, steps -> run(steps, null));
  }

  /** Bytes that the caches of {@link #scores} may need. */
  public long mostCacheBytes(List<int[]> sequences) {
    return batches(sequences).stream()
        .mapToLong(
            batch -> batch.stream().mapToLong(ids -> model.mostCacheBytes(0, ids.length, 1)).sum())
        .max()
        .orElse(0);
  }

  /** The memory of all caches of this model. */
  public CacheMemory cacheMemory() {
    return model.cacheMemory();
  }

  private List<List<int[]>> batches(List<int[]> sequences) {
    List<List<int[]>> batches = new ArrayList<>();
    int ids = model.chunk();
    for (int[] sequence : sequences) {
      if (ids >= model.chunk()) {
        batches.add(new ArrayList<>());
        ids = 0;
      }
      batches.getLast().add(withoutPadding(sequence));
      ids += batches.getLast().getLast().length;
    }
    return batches;
  }

  private void run(
      List<int[]> batch,
      float[][] scores,
      CacheMemory.@Nullable Reservation reservation,
      Consumer<List<SequenceStep>> passes) {
    List<BlockCache> caches = Stream.generate(model::newCache).limit(batch.size()).toList();
    try {
      caches.forEach(cache -> cache.takeFrom(reservation));
      passes.accept(SequenceStep.ofEach(caches, batch, scores));
    } finally {
      caches.forEach(BlockCache::close);
    }
  }

  /** No id sees a later one, so that padding behind it can go; the first id stays. */
  private int[] withoutPadding(int[] ids) {
    int length = ids.length;
    while (length > 1 && isPadding(ids[length - 1])) {
      length--;
    }
    return Arrays.copyOf(ids, length);
  }

  /** As {@link LanguageModel#warmUp}. */
  public void warmUp() {
    model.warmUp(score);
  }

  /**
   * Writes configuration and weights as a Hub folder.
   *
   * @param folder created when absent; may hold a tokenizer, but no weights
   * @throws IllegalArgumentException when it holds weights
   * @throws IllegalStateException when the model is closed
   * @throws java.io.UncheckedIOException when it can't be written
   */
  public void savePretrained(Path folder) {
    model.savePretrainedWithHead(folder);
  }

  /** Waits for the pass that runs, then ends the threads and unmaps the weights. */
  @Override
  public void close() {
    model.close();
  }
}
