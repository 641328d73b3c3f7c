package io.github.jmixtral.model;

import io.github.jmixtral.checkpoint.Checkpoint;
import io.github.jmixtral.checkpoint.LoadOptions;
import io.github.jmixtral.checkpoint.MixtralWeights;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.tensor.WeightMatrix;
import java.nio.file.Path;

/**
 * A {@link MixtralModel} with a classifier's head: ids in, a score for each label out. Several
 * threads may call it at once; calls take turns, first come first served.
 */
public final class SequenceClassifier implements AutoCloseable {
  private final MixtralModel model;
  private final WeightMatrix score;

  private SequenceClassifier(MixtralModel model, WeightMatrix score) {
    this.model = model;
    this.score = score;
  }

  /**
   * Loads a Hub folder.
   *
   * @throws io.github.jmixtral.error.JmixtralException when the folder is not a readable Mixtral
   *     with a classifier's head; its message gives place, expected and found
   */
  public static SequenceClassifier fromPretrained(Path folder, LoadOptions options) {
    Checkpoint checkpoint = Checkpoint.open(folder, options);
    try {
      WeightMatrix score = checkpoint.classifierHead();
      return new SequenceClassifier(new MixtralModel(checkpoint, options), score);
    } catch (RuntimeException | Error failure) {
      checkpoint.close();
      throw failure;
    }
  }

  /**
   * Whether a Hub folder holds a classifier.
   *
   * @throws io.github.jmixtral.error.JmixtralException when it is not a readable Mixtral
   */
  public static boolean isStoredIn(Path folder) {
    // The window changes no weight; saying something of it keeps a doubtful one from a warning.
    LoadOptions options = LoadOptions.defaults().withoutSlidingWindow();
    try (Checkpoint checkpoint = Checkpoint.open(folder, options)) {
      return checkpoint.weights().head() instanceof MixtralWeights.Head.Classifier;
    }
  }

  /** The model's shape. */
  public MixtralConfig config() {
    return model.config();
  }

  /**
   * The labels' scores of one sequence, {@code score · h} for the final hidden state h of the last
   * id that is not padding. No id sees a later one, so that padding behind it counts for nothing.
   *
   * @param ids at least one, each inside the vocabulary
   * @return [labels]
   * @throws IllegalArgumentException when there is no id, or one outside the vocabulary
   * @throws IllegalStateException when the model is closed
   */
  public float[] scores(int[] ids) {
    float[] scores = new float[score.rows()];
    try (KeyValueCache cache = model.newCache()) {
      model.appendAndMultiply(cache, ids, 0, unpaddedLength(ids), score, scores);
    }
    return scores;
  }

  /** The length without padding at the end; of nothing but padding the first id counts. */
  private int unpaddedLength(int[] ids) {
    int length = ids.length;
    if (config().padTokenId().isPresent()) {
      int padding = config().padTokenId().getAsInt();
      while (length > 1 && ids[length - 1] == padding) {
        length--;
      }
    }
    return length;
  }

  /** Waits for the call that runs, then ends the threads and unmaps the weights. */
  @Override
  public void close() {
    model.close();
  }
}
