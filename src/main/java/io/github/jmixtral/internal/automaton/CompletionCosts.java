package io.github.jmixtral.internal.automaton;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Finds for each state of a grammar, and each count, a number of tokens that suffices to bring its
 * rule to the end.
 *
 * <p>One token for each byte always suffices. Shorter ways are looked for with the real pieces
 * along the texts of fewest bytes; so the result may be more than the true minimum (a piece that
 * ends one rule and goes on in its caller is not counted on), but there is always a token that
 * makes it smaller by one. On that the closing of a text as the budget ends relies.
 */
final class CompletionCosts {
  /** Nodes of the trie that are looked at for one state. */
  private static final int MAX_VISITS = 4096;

  /** Up to such a least count, each smaller one is looked at by itself. */
  private static final int FEW = 8;

  private final Grammar grammar;
  private final PieceTrie trie;
  private final PushdownMachine machine;
  private final Costs costs;
  private int visits;
  private int best;

  /** A state with a count, and the bytes that it takes to end it. */
  private record Place(int state, int count, int bytes) {}

  /** What a piece may do: count so often, and lead to a state of the same rule. */
  private record Hop(int counts, int state) {}

  private CompletionCosts(Grammar grammar, PieceTrie trie) {
    this.grammar = grammar;
    this.trie = trie;
    costs = grammar.bytes().copy();
    machine = new PushdownMachine(grammar);
  }

  /** The costs in tokens. */
  static Costs of(Grammar grammar, PieceTrie trie) {
    CompletionCosts search = new CompletionCosts(grammar, trie);
    List<Place> places = search.places();
    search.improveAll(places);
    // Once more: where a call leads, the rule may have come later in the order.
    if (grammar.recursive() || search.hasCalls()) {
      search.improveAll(places);
    }
    return search.costs;
  }

  private boolean hasCalls() {
    for (int state = 0; state < grammar.size(); state++) {
      if (grammar.state(state).calls().length > 0) {
        return true;
      }
    }
    return false;
  }

  private void improveAll(List<Place> places) {
    for (Place place : places) {
      improve(place.state(), place.count());
    }
    for (int rule = 0; rule < grammar.ruleCount(); rule++) {
      if (grammar.counter(rule).least() > FEW) {
        improveBelowLeast(rule);
      }
    }
  }

  /**
   * States with the counts to be looked at one by one, those with few bytes first: of the counts
   * that are enough, many cost the same, and the highest of them stands for all.
   */
  private List<Place> places() {
    List<Place> places = new ArrayList<>();
    for (int state = 0; state < grammar.size(); state++) {
      int rule = grammar.rule(state);
      Counter counter = grammar.counter(rule);
      for (int count = 0; count < counter.least() && counter.least() <= FEW; count++) {
        addPlace(places, state, count);
      }
      for (int count = grammar.bytes().lastOfLevel(rule); count <= counter.last(); count++) {
        addPlace(places, state, count);
      }
    }
    places.sort(Comparator.comparingInt(Place::bytes));
    return places;
  }

  private void addPlace(List<Place> places, int state, int count) {
    int bytes = grammar.bytes().of(state, count);
    if (bytes > 1 && bytes < Costs.NEVER) {
      places.add(new Place(state, count, bytes));
    }
  }

  private void improve(int state, int count) {
    visits = 0;
    best = costs.of(state, count);
    if (best > 1) {
      walk(machine.at(state, count), PieceTrie.ROOT);
      costs.improve(state, count, best);
    }
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
    int least = configuration.isComplete() ? 0 : Costs.NEVER;
    for (Frame reader : configuration.readers()) {
      int sum = 0;
      for (Frame frame = reader; frame != null; frame = frame.parent()) {
        sum = Math.min(Costs.NEVER, sum + costs.of(frame.state(), frame.count()));
      }
      least = Math.min(least, sum);
    }
    return least;
  }

  /**
   * The counts that are not enough, from above: what pieces do does not depend on the count, as
   * long as it is not enough and there may be as many.
   */
  private void improveBelowLeast(int rule) {
    int start = grammar.start(rule);
    List<List<Hop>> hops = new ArrayList<>();
    for (int state = start; state < grammar.end(rule); state++) {
      hops.add(hops(state));
    }
    for (int count = grammar.counter(rule).least() - 1; count >= 0; count--) {
      boolean changed = true;
      while (changed) {
        changed = false;
        for (int state = grammar.end(rule) - 1; state >= start; state--) {
          int before = costs.of(state, count);
          if (before > 1 && before < Costs.NEVER) {
            costs.improve(state, count, cost(state, count, hops.get(state - start)));
            changed |= costs.of(state, count) < before;
          }
        }
      }
    }
  }

  private List<Hop> hops(int state) {
    Set<Hop> found = new HashSet<>();
    if (grammar.bytes().of(state, 0) < Costs.NEVER) {
      collect(machine.at(state, 0), PieceTrie.ROOT, found);
    }
    return List.copyOf(found);
  }

  private void collect(Configuration from, int node, Set<Hop> found) {
    for (int child = node + 1; child < trie.subtreeEnd(node); child = trie.subtreeEnd(child)) {
      Configuration next = machine.next(from, trie.label(child));
      if (next.isDead()) {
        continue;
      }
      if (trie.firstId(child) < trie.firstId(child + 1)) {
        for (Frame kernel : next.kernels()) {
          if (kernel.parent() == null) {
            found.add(new Hop(kernel.count(), kernel.state()));
          }
        }
      }
      collect(next, child, found);
    }
  }

  private int cost(int state, int count, List<Hop> hops) {
    Counter counter = grammar.counter(grammar.rule(state));
    int least = Costs.NEVER;
    for (Hop hop : hops) {
      int reached = count + hop.counts();
      if (counter.most() == Expression.UNBOUNDED) {
        reached = Math.min(reached, counter.least());
      }
      if (reached <= counter.last()) {
        least = Math.min(least, 1 + costs.of(hop.state(), reached));
      }
    }
    for (Automaton.Call call : grammar.state(state).calls()) {
      int reached = call.counted() ? counter.next(count) : count;
      if (reached >= 0) {
        least = Math.min(least, costs.ofCall(call.rule()) + costs.of(call.target(), reached));
      }
    }
    return least;
  }
}
