package io.github.jmixtral.internal.automaton;

import java.util.Arrays;

/**
 * A constraint over the pieces of one tokenizer. What it finds out about states is kept, for all
 * generations that use it. Safe for use by several threads.
 */
public final class TokenAutomaton {
  /** Levels below which a constraint without bound (JSON in JSON) only comes to its end. */
  public static final int MAX_DEPTH = 64;

  private final Pieces pieces;
  private final PushdownMachine machine;
  private final TokenMasks beginning;
  private final TokenMasks middle;
  private final boolean recursive;
  private final int fewestTokens;

  public TokenAutomaton(Grammar grammar, Pieces pieces) {
    this.pieces = pieces;
    recursive = grammar.recursive();
    Costs costs = CompletionCosts.of(grammar, pieces.trie(false));
    machine = new PushdownMachine(grammar, costs);
    beginning = new TokenMasks(grammar, costs, machine, pieces.trie(true), pieces.idCount());
    middle = new TokenMasks(grammar, costs, machine, pieces.trie(false), pieces.idCount());
    Configuration start = machine.start();
    fewestTokens = start.isComplete() ? 1 : 2 + beginning.leastBound(start);
  }

  public Configuration start() {
    return machine.start();
  }

  /**
   * Where an id leads.
   *
   * @param first whether it is the text's first
   * @return dead when it does not fit
   */
  public Configuration next(Configuration from, int id, boolean first) {
    byte[] bytes = pieces.bytes(id, first);
    return bytes == null ? Configuration.DEAD : machine.next(from, bytes);
  }

  /** The number of tokens that suffice for a whole text, the end-of-sequence id included. */
  public int fewestTokens() {
    return fewestTokens;
  }

  public int idCount() {
    return pieces.idCount();
  }

  /**
   * Finds the ids that fit and leave enough tokens to come to an end.
   *
   * @param bits one bit for each id; overwritten
   * @param tokensLeft tokens that may still be chosen, this one and the end-of-sequence id included
   */
  public void allowed(Configuration configuration, boolean first, int tokensLeft, long[] bits) {
    Arrays.fill(bits, 0);
    int limit = tokensLeft - 2;
    if (recursive && configuration.depth() > MAX_DEPTH) {
      limit = Math.min(limit, configuration.bound() - 1);
    }
    (first ? beginning : middle).addTo(bits, configuration, limit);
  }
}
