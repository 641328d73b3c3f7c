package io.github.jmixtral.cli;

import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.model.ModelInput;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Measures how likely a language model finds ids. */
final class LikelihoodMeter {
  /** Columns whose logits are held at a time, which bounds the memory. */
  private static final int COLUMNS = 512;

  private final LanguageModel model;

  LikelihoodMeter(LanguageModel model) {
    this.model = model;
  }

  /**
   * For each sequence the mean of −log p(id | ids before it) over all ids but the first.
   *
   * @param sequences of one length, at least 2
   */
  double[] negativeLogLikelihoods(List<int[]> sequences) {
    int length = sequences.getFirst().length;
    List<BlockCache> caches = Stream.generate(model::newCache).limit(sequences.size()).toList();
    double[] sums = new double[sequences.size()];
    for (int start = 0; start < length - 1; start += COLUMNS) {
      int from = start;
      // Nothing follows the last id that it could foretell.
      int to = Math.min(length - 1, start + COLUMNS);
      int[][] chunk =
          sequences.stream().map(ids -> Arrays.copyOfRange(ids, from, to)).toArray(int[][]::new);
      float[][][] logits = model.forward(ModelInput.ofIds(chunk).withCaches(caches)).logits();
      for (int s = 0; s < sums.length; s++) {
        for (int column = from; column < to; column++) {
          sums[s] += negativeLog(logits[s][column - from], sequences.get(s)[column + 1]);
        }
      }
    }
    return Arrays.stream(sums).map(sum -> sum / (length - 1)).toArray();
  }

  /** {@code log Σ exp(logits) − logits[id]}, in doubles. */
  private static double negativeLog(float[] logits, int id) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    return largest + Math.log(sum) - logits[id];
  }
}
