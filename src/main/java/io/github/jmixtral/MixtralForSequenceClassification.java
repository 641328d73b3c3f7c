package io.github.jmixtral;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.config.ProblemType;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.hub.HubCache;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.internal.decoding.Admission;
import io.github.jmixtral.internal.decoding.Labeller;
import io.github.jmixtral.internal.decoding.PassScheduler;
import io.github.jmixtral.internal.network.SequenceClassifier;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.model.SequenceClassifierOutput;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * A Mixtral that labels texts: model and tokenizer of one folder whose head is a classifier's.
 *
 * <pre>{@code
 * try (var model = MixtralForSequenceClassification.fromPretrained(Path.of("my-classifier"))) {
 *   Classification mood = model.classify("What a wonderful day!");
 *   System.out.println(mood.best().name());
 * }
 * }</pre>
 *
 * <p>What the scores mean is {@code problem_type} of {@code config.json}, see {@link ProblemType}:
 * labels that exclude each other get their probabilities by softmax, labels that hold or not by
 * sigmoid, and a regression's values stay as they are.
 *
 * <p>Immutable and thread-safe: threads may classify with one model at once, up to {@link
 * LoadOptions#withMaxRequests}, further ones wait in the order they came. Texts of all calls under
 * way share their passes over the weights. On quantised weights a text gets the same to the bit
 * whatever is beside it; weights of 16 or 32 bits round a little differently.
 *
 * @since 0.1.0
 */
public final class MixtralForSequenceClassification implements AutoCloseable {
  private final SequenceClassifier classifier;
  private final ModelTokenizer tokenizer;
  private final Admission admission;
  private final Labeller labeller;

  private MixtralForSequenceClassification(
      SequenceClassifier classifier, ModelTokenizer tokenizer, Admission admission) {
    this.classifier = classifier;
    this.tokenizer = tokenizer;
    this.admission = admission;
    labeller = new Labeller(classifier, new PassScheduler(classifier), admission);
  }

  /**
   * As {@link #fromPretrained(Path, LoadOptions)} with {@link LoadOptions#defaults()}, from a path
   * or by the name of a model in the Hub's cache. Nothing is downloaded: see {@link
   * io.github.jmixtral.hub.HubDownload}.
   *
   * @param pathOrName a folder, {@code ORG/NAME} or {@code ORG/NAME@REVISION}
   */
  public static MixtralForSequenceClassification fromPretrained(String pathOrName) {
    return fromPretrained(HubCache.ofEnvironment(System.getenv()).locate(pathOrName));
  }

  /** As {@link #fromPretrained(Path, LoadOptions)} with {@link LoadOptions#defaults()}. */
  public static MixtralForSequenceClassification fromPretrained(Path folder) {
    return fromPretrained(folder, LoadOptions.defaults());
  }

  /**
   * Loads a folder as the Hub lays it out. The weights stay where the files are mapped. A folder
   * without a tokenizer classifies ids only.
   *
   * @throws io.github.jmixtral.error.JmixtralException when a file is missing, damaged or asks for
   *     something that jmixtral does not do, or when the head is not a classifier's
   * @throws java.io.UncheckedIOException when a file can't be read
   */
  public static MixtralForSequenceClassification fromPretrained(Path folder, LoadOptions options) {
    Objects.requireNonNull(folder, "folder");
    Objects.requireNonNull(options, "options");
    ModelTokenizer tokenizer = ModelTokenizer.of(CheckpointLayout.of(folder), options);
    SequenceClassifier classifier = SequenceClassifier.fromPretrained(folder, options);
    return new MixtralForSequenceClassification(
        classifier,
        tokenizer,
        new Admission(options.maxRequests(), options.maxWaiting(), classifier.cacheMemory()));
  }

  /**
   * Labels a text. It is encoded with the special tokens that the tokenizer puts around a text, BOS
   * as a rule.
   *
   * @throws MissingFileException when the folder has no tokenizer
   */
  public Classification classify(String text) {
    Objects.requireNonNull(text, "text");
    return classify(tokenizer().encode(text, true));
  }

  /**
   * Labels ids, taken as they are. Padding at their end counts for nothing.
   *
   * @param ids at least one, each inside the vocabulary
   * @throws IllegalArgumentException when there is none, or one outside the vocabulary
   */
  public Classification classify(int[] ids) {
    return classify(new int[][] {ids}).getFirst();
  }

  /**
   * Labels texts together, which is faster than one by one.
   *
   * @throws MissingFileException when the folder has no tokenizer
   * @throws IllegalArgumentException when there are several and the configuration has no {@code
   *     pad_token_id}, as in the reference
   */
  public List<Classification> classify(List<String> texts) {
    Objects.requireNonNull(texts, "texts");
    Tokenizer encoding = tokenizer();
    return classify(texts.stream().map(text -> encoding.encode(text, true)).toArray(int[][]::new));
  }

  /**
   * Labels lists of ids together. They may differ in length.
   *
   * @param sequences at least one id each, each inside the vocabulary
   * @throws IllegalArgumentException when a sequence has no id, or one outside the vocabulary, or
   *     when there are several and the configuration has no {@code pad_token_id}, as in the
   *     reference
   */
  public List<Classification> classify(int[][] sequences) {
    Objects.requireNonNull(sequences, "sequences");
    return Arrays.stream(labeller.scores(List.of(sequences))).map(this::classification).toList();
  }

  private Classification classification(float[] scores) {
    double[] probabilities = probabilities(scores);
    return new Classification(
        IntStream.range(0, scores.length)
            .mapToObj(
                label ->
                    new Classification.Label(
                        label,
                        Objects.requireNonNull(config().id2label().get(label)),
                        probabilities[label]))
            .toList());
  }

  private double[] probabilities(float[] scores) {
    double[] values = IntStream.range(0, scores.length).mapToDouble(i -> scores[i]).toArray();
    return switch (problemType()) {
      case REGRESSION -> values;
      case MULTI_LABEL_CLASSIFICATION ->
          Arrays.stream(values).map(score -> 1 / (1 + Math.exp(-score))).toArray();
      case SINGLE_LABEL_CLASSIFICATION -> {
        double largest = Arrays.stream(values).max().orElseThrow();
        double[] weights = Arrays.stream(values).map(x -> Math.exp(x - largest)).toArray();
        double sum = Arrays.stream(weights).sum();
        yield Arrays.stream(weights).map(weight -> weight / sum).toArray();
      }
    };
  }

  /**
   * Runs the model over a batch of sequences. Padding is what the attention mask hides, and the
   * configuration's {@code pad_token_id}.
   *
   * @param input ids or embeddings, [batch, columns]
   * @return logits [batch, labels] and the rest as {@link SequenceClassifierOutput} says
   * @throws IllegalArgumentException when the batch has more than one sequence and the
   *     configuration no {@code pad_token_id}, or when ids, shapes, mask or caches do not fit
   * @throws IllegalStateException when the model is closed
   */
  public SequenceClassifierOutput forward(ModelInput input) {
    Objects.requireNonNull(input, "input");
    return classifier.forward(input);
  }

  /**
   * The same with the loss of labels that exclude each other: the mean cross entropy.
   *
   * @param labels each sequence's label [batch]; {@link ModelInput#IGNORED_LABEL} leaves one out
   * @throws IllegalArgumentException also when the labels do not fit the problem type or the model
   */
  public SequenceClassifierOutput forward(ModelInput input, int[] labels) {
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(labels, "labels");
    return classifier.forward(input, labels);
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
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(labels, "labels");
    return classifier.forward(input, labels);
  }

  /** How many calls of {@code classify} run now, at most {@link LoadOptions#maxRequests}. */
  public int runningRequestCount() {
    return admission.running();
  }

  /** How many calls of {@code classify} wait now, for a place or for cache memory. */
  public int waitingRequestCount() {
    return admission.waiting();
  }

  /** Bytes of all caches of this model: 0 while it computes nothing and none is open. */
  public long cacheByteSize() {
    return classifier.cacheMemory().usedBytes();
  }

  /**
   * Runs the loops until they are compiled, so that the first call is as fast as later ones; a few
   * seconds at most.
   *
   * @throws IllegalStateException if the model is closed
   */
  public void warmUp() {
    classifier.warmUp();
  }

  /**
   * Writes configuration, weights and, where there is one, the tokenizer into a folder that {@link
   * #fromPretrained} reads.
   *
   * @param target created when absent; may hold neither weights nor another tokenizer
   * @throws IllegalArgumentException when it holds such, before anything is written
   * @throws IllegalStateException when the model is closed
   * @throws java.io.UncheckedIOException when the folder can't be written
   */
  public void savePretrained(Path target) {
    Objects.requireNonNull(target, "target");
    tokenizer.savePretrained(target, () -> classifier.savePretrained(target));
  }

  /** The model's configuration, with the labels' names. */
  public MixtralConfig config() {
    return classifier.config();
  }

  /** What the scores mean. */
  public ProblemType problemType() {
    return classifier.problemType();
  }

  /** Whether the folder has a tokenizer. */
  public boolean hasTokenizer() {
    return tokenizer.found().isPresent();
  }

  /**
   * The folder's tokenizer.
   *
   * @throws MissingFileException when it has none
   */
  public Tokenizer tokenizer() {
    return tokenizer.require();
  }

  /**
   * Waits for the calls under way in other threads and frees the memory. Later calls throw an
   * {@link IllegalStateException}.
   */
  @Override
  public void close() {
    admission.close();
    classifier.close();
  }
}
