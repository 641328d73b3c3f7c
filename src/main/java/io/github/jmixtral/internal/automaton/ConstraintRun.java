package io.github.jmixtral.internal.automaton;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A constraint on one generation: follows its ids and says which may come next. It may be led to
 * another sequence at any time; what the two have in common is not followed again. Not thread-safe.
 */
public final class ConstraintRun {
  private final TokenAutomaton automaton;

  /** Where the run was after each number of ids. */
  private final List<Configuration> reached = new ArrayList<>();

  private int[] ids = new int[16];

  /** A run from the beginning of a text. */
  public ConstraintRun(TokenAutomaton automaton) {
    this.automaton = automaton;
    reached.add(automaton.start());
  }

  /** The number of tokens that suffice for a whole text, the end-of-sequence id included. */
  public int fewestTokens() {
    return automaton.fewestTokens();
  }

  /** How many ids the tokenizer has: larger ones are never allowed. */
  public int idCount() {
    return automaton.idCount();
  }

  /**
   * Goes to the end of a sequence.
   *
   * @param sequence ids, of which the text begins at {@code from}
   * @param from where the generated ids begin
   * @param to where they end
   * @return whether they fit the constraint so far
   */
  public boolean follow(int[] sequence, int from, int to) {
    int known = Arrays.mismatch(sequence, from, to, ids, 0, reached.size() - 1);
    int common = known < 0 ? to - from : known;
    reached.subList(common + 1, reached.size()).clear();
    int length = to - from;
    if (length > ids.length) {
      ids = Arrays.copyOf(ids, Math.max(length, 2 * ids.length));
    }
    for (int index = common; index < length; index++) {
      ids[index] = sequence[from + index];
      reached.add(automaton.next(reached.getLast(), ids[index], index == 0));
    }
    return !reached.getLast().isDead();
  }

  /** Whether the text so far is whole: the generation may end. */
  public boolean isComplete() {
    return reached.getLast().isComplete();
  }

  /**
   * Finds the ids that may come next: those that fit and leave enough tokens to end the text.
   *
   * @param tokensLeft tokens that may still be chosen, this one and the end-of-sequence id included
   * @param bits bit {@code id % 64} of element {@code id / 64} for each id of the tokenizer;
   *     overwritten
   */
  public void allowed(int tokensLeft, long[] bits) {
    automaton.allowed(reached.getLast(), reached.size() == 1, tokensLeft, bits);
  }
}
