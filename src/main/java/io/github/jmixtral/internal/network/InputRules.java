package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.model.ModelInput;
import java.util.Arrays;
import java.util.List;

/** What an input must be like for a certain model. */
final class InputRules {
  private InputRules() {}

  /**
   * Refuses ids, embeddings, labels and masks that do not fit.
   *
   * @param caches of the sequences
   * @throws IllegalArgumentException for the first fault
   */
  static void check(ModelInput input, MixtralConfig config, List<BlockCache> caches) {
    IdRange range = new IdRange(config.vocabSize());
    int[][] ids = input.inputIds().orElse(null);
    float[][][] embeddings = input.inputEmbeddings().orElse(null);
    for (int b = 0; b < input.batchSize(); b++) {
      String place = "inputIds[" + b + "]";
      for (int c = 0; c < input.columns(); c++) {
        // What is hidden may be anything.
        if (input.isVisible(b, c) && ids != null) {
          range.require(place, ids[b], c, c + 1);
        } else if (input.isVisible(b, c) && embeddings != null) {
          requireWidth(embeddings[b][c], b, c, config.hiddenSize());
        }
      }
    }
    input.labels().ifPresent(labels -> requireLabels(labels, range));
    input.attentionMask().ifPresent(mask -> requirePastIsVisible(mask, input, caches));
  }

  private static void requireWidth(float[] embedding, int b, int c, int hidden) {
    if (embedding.length != hidden) {
      throw new IllegalArgumentException(
          "inputEmbeddings[%d][%d]: expected %d floats, found %d"
              .formatted(b, c, hidden, embedding.length));
    }
  }

  private static void requireLabels(int[][] labels, IdRange range) {
    for (int b = 0; b < labels.length; b++) {
      String place = "labels[" + b + "]";
      for (int c = 0; c < labels[b].length; c++) {
        if (labels[b][c] != ModelInput.IGNORED_LABEL) {
          range.require(place, labels[b], c, c + 1);
        }
      }
    }
  }

  /** What a cache holds cannot be hidden again. */
  private static void requirePastIsVisible(
      int[][] mask, ModelInput input, List<BlockCache> caches) {
    for (int b = 0; b < mask.length; b++) {
      int past = mask[b].length - input.columns();
      long ones = Arrays.stream(mask[b], 0, past).filter(seen -> seen != 0).count();
      int cached = caches.get(b).length();
      if (past > 0 && ones != cached) {
        throw new IllegalArgumentException(
            "attentionMask[%d]: the cache holds %d ids, but before the last %d columns there are %d ones"
                .formatted(b, cached, input.columns(), ones));
      }
    }
  }
}
