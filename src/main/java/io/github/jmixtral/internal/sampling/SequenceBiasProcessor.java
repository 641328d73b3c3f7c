package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.config.SequenceBias;
import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;
import java.util.Arrays;
import java.util.List;

/**
 * {@code logits[last id of s] + bias(s)} for each biased sequence s whose other ids are the last
 * ids of the text so far; a sequence of one id is biased always. A bias of −inf bans the sequence:
 * so bad words are done. As in the reference, a sequence longer than the text so far waits.
 */
final class SequenceBiasProcessor implements LogitsProcessor {
  private final int[][] sequences;
  private final float[] biases;

  /**
   * @param sequenceBiases of ids inside the vocabulary
   */
  SequenceBiasProcessor(List<SequenceBias> sequenceBiases) {
    sequences = new int[sequenceBiases.size()][];
    biases = new float[sequenceBiases.size()];
    for (int i = 0; i < sequences.length; i++) {
      sequences[i] = TokenIds.toArray(sequenceBiases.get(i).ids());
      biases[i] = (float) sequenceBiases.get(i).bias();
    }
  }

  /** Bans sequences of ids; a lone end-of-sequence id among them is left possible. */
  static SequenceBiasProcessor banning(List<List<Integer>> badWords, List<Integer> eosTokenIds) {
    return new SequenceBiasProcessor(
        badWords.stream()
            .filter(ids -> ids.size() > 1 || !eosTokenIds.contains(ids.getFirst()))
            .map(ids -> new SequenceBias(ids, Double.NEGATIVE_INFINITY))
            .toList());
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    int[] ids = sequence.array();
    int length = sequence.length();
    for (int i = 0; i < sequences.length; i++) {
      int[] biased = sequences[i];
      int prefix = biased.length - 1;
      int id = biased[prefix];
      if (prefix == 0
          || biased.length <= length
              && Arrays.equals(biased, 0, prefix, ids, length - prefix, length)) {
        logits[id] += biases[i];
      }
    }
  }
}
