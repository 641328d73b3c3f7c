package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.config.SequenceBias;
import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;
import java.util.Arrays;
import java.util.stream.Stream;

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
  SequenceBiasProcessor(SequenceBias... sequenceBiases) {
    sequences = new int[sequenceBiases.length][];
    biases = new float[sequenceBiases.length];
    for (int i = 0; i < sequences.length; i++) {
      sequences[i] = sequenceBiases[i].ids();
      biases[i] = (float) sequenceBiases[i].bias();
    }
  }

  /** Bans sequences of ids; a lone end-of-sequence id among them is left possible. */
  static SequenceBiasProcessor banning(int[][] badWords, int[] eosTokenIds) {
    return new SequenceBiasProcessor(
        Stream.of(badWords)
            .filter(
                ids -> ids.length > 1 || Arrays.stream(eosTokenIds).noneMatch(id -> id == ids[0]))
            .map(ids -> new SequenceBias(Double.NEGATIVE_INFINITY, ids))
            .toArray(SequenceBias[]::new));
  }

  @Override
  public void process(TokenSequence sequence, float[] logits) {
    int[] ids = IdSequence.array(sequence);
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
