package io.github.jmixtral.generation;

import io.github.jmixtral.model.KeyValueCache;
import io.github.jmixtral.model.LanguageModel;
import java.util.Arrays;
import java.util.List;

/**
 * Prompt lookup decoding (Saxena 2023): guesses the next ids from where the text's last ids stood
 * before, computes them all in one pass, and keeps them up to the first that the model would not
 * have chosen. What is chosen, greedily or by the sampler, is chosen from the same logits in the
 * same order as without guesses: the text is the same, only the passes are fewer.
 *
 * <pre>
 * text … the duck swam . Then the duck, guesses of 3 → swam . Then
 * one pass computes duck swam . Then → four rows of logits
 * chosen from them: swam . But → swam and . were right, But replaces Then, which is taken back
 * </pre>
 */
final class PromptLookup implements Search {
  private final Strand strand;
  private final LanguageModel model;
  private final int mostGuesses;
  private final int maxNgramSize;
  private final int maxLength;

  /** Logits after the last id and after each guess. */
  private final float[][] rows;

  /**
   * @param strand the text; without guidance and without outputs of the model's inside
   * @param mostGuesses ids that are guessed at once
   * @param maxNgramSize last ids that are searched for, fewer when they stand nowhere
   */
  PromptLookup(
      Strand strand, LanguageModel model, int mostGuesses, int maxNgramSize, int maxLength) {
    this.strand = strand;
    this.model = model;
    this.mostGuesses = mostGuesses;
    this.maxNgramSize = maxNgramSize;
    this.maxLength = maxLength;
    rows = new float[mostGuesses + 1][];
  }

  @Override
  public List<Branch> branches() {
    return strand.branches();
  }

  /** Chooses an id, and more as long as there are guesses. */
  @Override
  public void advance() {
    strand.advance();
    while (!strand.isDone() && !strand.isCancelled()) {
      TokenSequence sequence = strand.branch().sequence();
      int guesses = mostGuessesNow();
      int start =
          guesses < 1 ? -1 : continuation(sequence.array(), sequence.length(), maxNgramSize);
      if (start < 0) {
        return;
      }
      verify(start, Math.min(guesses, sequence.length() - start));
    }
  }

  /** As many as the length allows, and as a rolling cache can take back. */
  private int mostGuessesNow() {
    int length = strand.branch().sequence().length();
    int guesses = Math.min(mostGuesses, maxLength - length - 1);
    return Math.min(guesses, strand.branch().cache().retractable(1));
  }

  /**
   * Where the text went on when its last ids stood in it for the first time: the longest run of
   * last ids that stands there before, at most {@code maxNgramSize}.
   *
   * @return the position after that place, or −1 when not even the last id stood before
   */
  static int continuation(int[] ids, int length, int maxNgramSize) {
    for (int size = Math.min(maxNgramSize, length - 1); size > 0; size--) {
      int ngram = length - size;
      for (int place = 0; place < ngram; place++) {
        if (Arrays.equals(ids, place, place + size, ids, ngram, length)) {
          return place + size;
        }
      }
    }
    return -1;
  }

  /** Computes the last id and the guesses behind it, and chooses as long as they are right. */
  private void verify(int start, int guesses) {
    Branch branch = strand.branch();
    KeyValueCache cache = branch.cache();
    TokenSequence sequence = branch.sequence();
    int[] ids = new int[guesses + 1];
    ids[0] = sequence.last();
    System.arraycopy(sequence.array(), start, ids, 1, guesses);
    for (int row = 0; row <= guesses; row++) {
      if (rows[row] == null) {
        rows[row] = new float[branch.logits().length];
      }
    }
    model.nextTokensLogits(cache, ids, 0, ids.length, Arrays.copyOf(rows, ids.length));
    branch.countPass();
    int row = 0;
    do {
      strand.choose(rows[row++]);
    } while (!strand.isDone() && row <= guesses && sequence.last() == ids[row]);
    if (!strand.isDone() || !branch.ownsCache()) {
      cache.truncate(sequence.length() - 1);
    }
  }

  @Override
  public boolean isDone() {
    return strand.isDone();
  }

  @Override
  public boolean isCancelled() {
    return strand.isCancelled();
  }

  @Override
  public void cancel() {
    strand.cancel();
  }

  @Override
  public void close() {
    strand.close();
  }

  @Override
  public List<Generation> results() {
    return strand.results();
  }
}
