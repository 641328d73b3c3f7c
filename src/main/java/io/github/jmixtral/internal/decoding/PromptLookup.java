package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.internal.sampling.IdSequence;
import java.util.Arrays;
import java.util.List;

/**
 * Prompt lookup decoding (Saxena 2023): guesses the next ids from where the text's last ids stood
 * before, computes them all in one pass, and keeps them up to the first that the model would not
 * have chosen. What is chosen, greedily or by the sampler, is chosen from the same logits in the
 * same order as without guesses: the text is the same, only the passes are fewer. The texts of a
 * batch share their passes, guesses and all.
 *
 * <pre>
 * text … the duck swam . Then the duck, guesses of 3 → swam . Then
 * one pass computes duck swam . Then → four rows of logits
 * chosen from them: swam . But → swam and . were right, But replaces Then, which is taken back
 * </pre>
 */
final class PromptLookup implements Search {
  /** Guesses of the first pass; how many are right adapts the number. */
  private static final int FIRST_GUESSES = 2;

  private final Strand strand;
  private final int mostGuesses;
  private final int maxNgramSize;
  private final int maxLength;

  /**
   * Guesses of the next pass, at most. A wrong one costs an id's computation and, with experts of
   * its own, nearly a pass's weights, so that where guesses are wrong few are made.
   */
  private int mostNext = FIRST_GUESSES;

  /**
   * @param strand the text; without guidance and without outputs of the model's inside
   * @param mostGuesses ids that are guessed at once
   * @param maxNgramSize last ids that are searched for, fewer when they stand nowhere
   */
  PromptLookup(Strand strand, int mostGuesses, int maxNgramSize, int maxLength) {
    this.strand = strand;
    this.mostGuesses = mostGuesses;
    this.maxNgramSize = maxNgramSize;
    this.maxLength = maxLength;
  }

  @Override
  public List<Branch> branches() {
    return strand.branches();
  }

  /** Chooses an id, and more as long as the guesses were right; then guesses again. */
  @Override
  public void advance() {
    Branch branch = strand.branch();
    IdSequence sequence = branch.sequence();
    int[] guesses = branch.guesses();
    strand.choose(branch.logits());
    int right = 0;
    while (right < guesses.length
        && !strand.isDone()
        && !strand.isCancelled()
        && sequence.last() == guesses[right]) {
      strand.choose(branch.logits(++right));
    }
    if (guesses.length > 0) {
      adapt(guesses.length, right);
    }
    takeBack(sequence.length() - 1);
    if (!strand.isDone()) {
      guess();
    }
  }

  /** Guesses twice as many where all were right, and fewer where some were wrong. */
  private void adapt(int guesses, int right) {
    mostNext =
        right == guesses ? Math.max(mostNext, 2 * guesses) : Math.max(1, (guesses + right) / 2);
  }

  private void guess() {
    Branch branch = strand.branch();
    IdSequence sequence = branch.sequence();
    int most = mostGuessesNow();
    int start = most < 1 ? -1 : continuation(sequence.array(), sequence.length(), maxNgramSize);
    if (start >= 0) {
      int end = Math.min(start + most, sequence.length());
      branch.guess(Arrays.copyOfRange(sequence.array(), start, end));
    }
  }

  /** Forgets the guesses, and of what was computed all but the first ids. */
  private void takeBack(int length) {
    Branch branch = strand.branch();
    branch.guess();
    boolean isKept = !strand.isDone() || !branch.ownsCache();
    if (isKept && branch.cache().length() > length) {
      branch.cache().truncate(length);
    }
  }

  /** As many as the length allows, and as a rolling cache can take back. */
  private int mostGuessesNow() {
    int length = strand.branch().sequence().length();
    int guesses = Math.min(Math.min(mostGuesses, mostNext), maxLength - length - 1);
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
    takeBack(strand.branch().sequence().length());
  }

  /** Leaves no guesses in the caller's cache, however the run ended. */
  @Override
  public void close() {
    Branch branch = strand.branch();
    if (!branch.ownsCache()) {
      takeBack(branch.sequence().length());
    }
    strand.close();
  }

  @Override
  public List<Generation> results() {
    return strand.results();
  }
}
