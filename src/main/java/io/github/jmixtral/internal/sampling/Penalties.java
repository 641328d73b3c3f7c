package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.config.SequenceBias;
import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;
import java.util.Arrays;
import java.util.stream.Stream;

/** Processors that make single ids likelier or less likely. */
final class Penalties {
  private Penalties() {}

  /**
   * For each id that the prompt or the new text holds, once however often it stands there: {@code
   * logits[id] / penalty} when positive, {@code logits[id] · penalty} when negative. Above 1
   * discourages repetition, below 1 rewards it. Source: Keskar et al. 2019, "CTRL: A Conditional
   * Transformer Language Model for Controllable Generation"; the paper divides negative logits,
   * too, which would reward them, and Hugging Face transformers multiplies.
   */
  static final class Repetition implements LogitsProcessor {
    private final float penalty;
    private final int[] lastCallOfId;
    private int call;

    /**
     * @param penalty {@code > 0}
     * @param vocabSize entries of a logits row
     */
    Repetition(double penalty, int vocabSize) {
      this.penalty = (float) penalty;
      lastCallOfId = new int[vocabSize];
    }

    @Override
    public void process(TokenSequence sequence, float[] logits) {
      call++;
      int[] ids = IdSequence.array(sequence);
      int length = sequence.length();
      for (int position = 0; position < length; position++) {
        int id = ids[position];
        if (lastCallOfId[id] != call) {
          lastCallOfId[id] = call;
          logits[id] = logits[id] < 0 ? logits[id] * penalty : logits[id] / penalty;
        }
      }
    }
  }

  /**
   * {@code logits[id] − count · frequency − presence} for each id that stands {@code count > 0}
   * times in the new text. Source: OpenAI's API reference, "Frequency and presence penalties".
   */
  static final class Occurrence implements LogitsProcessor {
    private final double frequency;
    private final double presence;

    /** All 0 between the calls. */
    private final int[] counts;

    /**
     * @param vocabSize entries of a logits row
     */
    Occurrence(double frequency, double presence, int vocabSize) {
      this.frequency = frequency;
      this.presence = presence;
      counts = new int[vocabSize];
    }

    @Override
    public void process(TokenSequence sequence, float[] logits) {
      int[] ids = IdSequence.array(sequence);
      for (int position = sequence.promptLength(); position < sequence.length(); position++) {
        counts[ids[position]]++;
      }
      for (int position = sequence.promptLength(); position < sequence.length(); position++) {
        int id = ids[position];
        if (counts[id] > 0) {
          logits[id] -= (float) (counts[id] * frequency + presence);
          counts[id] = 0;
        }
      }
    }
  }

  /**
   * {@code logits[last id of s] + bias(s)} for each biased sequence s whose other ids are the last
   * ids of the text so far; a sequence of one id is biased always. A bias of −inf bans the
   * sequence: so bad words are done. A sequence longer than the text so far waits. Source: {@code
   * SequenceBiasLogitsProcessor} of Hugging Face transformers.
   */
  static final class Bias implements LogitsProcessor {
    private final int[][] sequences;
    private final float[] biases;

    /**
     * @param sequenceBiases of ids inside the vocabulary
     */
    Bias(SequenceBias... sequenceBiases) {
      sequences = new int[sequenceBiases.length][];
      biases = new float[sequenceBiases.length];
      for (int i = 0; i < sequences.length; i++) {
        sequences[i] = sequenceBiases[i].ids();
        biases[i] = (float) sequenceBiases[i].bias();
      }
    }

    /** Bans sequences of ids; a lone end-of-sequence id among them is left possible. */
    static Bias banning(int[][] badWords, int[] eosTokenIds) {
      return new Bias(
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

  /**
   * Makes the end likelier the longer the text gets: after n new tokens with {@code n > start},
   * {@code logits[eos] + |logits[eos]| · (factor^(n − start) − 1)}. Source: {@code
   * ExponentialDecayLengthPenalty} of Hugging Face transformers.
   */
  record ExponentialDecay(int start, double factor, int[] eosTokenIds) implements LogitsProcessor {
    @Override
    public void process(TokenSequence sequence, float[] logits) {
      int late = sequence.newLength() - start;
      if (late <= 0) {
        return;
      }
      float growth = (float) (Math.pow(factor, late) - 1);
      for (int id : eosTokenIds) {
        // A removed entry stays removed: −inf + inf would be NaN.
        if (id < logits.length && logits[id] != Float.NEGATIVE_INFINITY) {
          logits[id] += Math.abs(logits[id]) * growth;
        }
      }
    }
  }
}
