package io.github.jmixtral.internal.automaton;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Finds for each state of a grammar a number of tokens that suffices to bring its rule to the end.
 *
 * <p>One token for each byte always suffices. Shorter ways are looked for with the real pieces
 * along the texts of fewest bytes; so the result may be more than the true minimum (a piece that
 * ends one rule and goes on in its caller is not counted on), but there is always a token that
 * makes it smaller by one. On that the closing of a text as the budget ends relies.
 */
final class CompletionCosts {
  /** Nodes of the trie that are looked at for one state. */
  private static final int MAX_VISITS = 4096;

  private final Grammar grammar;
  private final PieceTrie trie;
  private final PushdownMachine machine;
  private final int[] costs;
  private int visits;
  private int best;

  private CompletionCosts(Grammar grammar, PieceTrie trie) {
    this.grammar = grammar;
    this.trie = trie;
    costs = IntStream.range(0, grammar.size()).map(grammar::byteDistance).toArray();
    machine = new PushdownMachine(grammar, costs.clone());
  }

  /** The costs by state, {@link Grammar#NEVER} where no text comes to an end. */
  static int[] of(Grammar grammar, PieceTrie trie) {
    CompletionCosts search = new CompletionCosts(grammar, trie);
    IntStream.range(0, grammar.size())
        .boxed()
        .filter(state -> grammar.byteDistance(state) < Grammar.NEVER)
        .sorted(Comparator.comparingInt(grammar::byteDistance))
        .forEach(search::improve);
    // Once more: where a call leads, the rule may have come later in the order.
    if (grammar.recursive() || hasCalls(grammar)) {
      IntStream.range(0, grammar.size())
          .filter(state -> grammar.byteDistance(state) < Grammar.NEVER)
          .forEach(search::improve);
    }
    return search.costs;
  }

  private static boolean hasCalls(Grammar grammar) {
    return IntStream.range(0, grammar.size()).anyMatch(s -> grammar.state(s).rules().length > 0);
  }

  private void improve(int state) {
    if (costs[state] <= 1) {
      return;
    }
    visits = 0;
    best = costs[state];
    walk(machine.at(state), PieceTrie.ROOT);
    costs[state] = best;
  }

  /** Follows the trie as long as each byte comes nearer to the end. */
  private void walk(Configuration from, int node) {
    for (int child = node + 1; child < trie.subtreeEnd(node); child = trie.subtreeEnd(child)) {
      if (++visits > MAX_VISITS) {
        return;
      }
      Configuration next = machine.next(from, trie.label(child));
      if (next.isDead() || next.bound() >= from.bound()) {
        continue;
      }
      if (trie.firstId(child) < trie.firstId(child + 1)) {
        best = Math.min(best, 1 + cost(next));
      }
      walk(next, child);
    }
  }

  /** As {@link Configuration#bound}, with the costs known so far. */
  private int cost(Configuration configuration) {
    int least = configuration.isComplete() ? 0 : Grammar.NEVER;
    for (Frame reader : configuration.readers()) {
      int sum = 0;
      for (Frame frame = reader; frame != null; frame = frame.parent()) {
        sum = Math.min(Grammar.NEVER, sum + costs[frame.state()]);
      }
      least = Math.min(least, sum);
    }
    return least;
  }
}
