package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.ConstraintRun;
import io.github.jmixtral.internal.sampling.TokenConstraints;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Writes texts by taking any of the allowed ids, as a model would that knows nothing. */
public final class RandomWriter {
  private final Tokenizer tokenizer;
  private final TokenConstraints constraints;
  private final SplittableRandom random;

  public RandomWriter(Tokenizer tokenizer, long seed) {
    this.tokenizer = tokenizer;
    constraints = new TokenConstraints(tokenizer, tokenizer.vocabSize());
    random = new SplittableRandom(seed);
  }

  /** The fewest tokens that a text takes. */
  public int fewestTokens(Constraint constraint) {
    return constraints.start(constraint).fewestTokens();
  }

  /**
   * A text of at most so many tokens, the end-of-sequence id included.
   *
   * @param endShare how often it ends as soon as it may
   */
  public String write(Constraint constraint, int maxTokens, double endShare) {
    ConstraintRun run = constraints.start(constraint);
    long[] bits = new long[(run.idCount() + 63) / 64];
    int[] ids = new int[maxTokens];
    int length = 0;
    while (true) {
      if (!run.follow(ids, 0, length)) {
        throw new IllegalStateException("an allowed id does not fit");
      }
      run.allowed(maxTokens - length, bits);
      int choices = Arrays.stream(bits).mapToInt(Long::bitCount).sum();
      if (run.isComplete() && (choices == 0 || random.nextDouble() < endShare)) {
        return tokenizer.decode(Arrays.copyOf(ids, length), true);
      }
      ids[length++] = nth(bits, random.nextInt(choices));
    }
  }

  private static int nth(long[] bits, int index) {
    int left = index;
    for (int id = 0; ; id++) {
      if ((bits[id / 64] & 1L << id) != 0 && left-- == 0) {
        return id;
      }
    }
  }
}
