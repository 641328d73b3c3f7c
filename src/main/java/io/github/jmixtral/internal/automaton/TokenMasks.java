package io.github.jmixtral.internal.automaton;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which ids fit in a configuration. What fits in a state as long as its rule goes on does not
 * depend on what is below: it is found once by walking the trie, and kept. Pieces that go on beyond
 * the end of the rule are walked in the caller's state, from the nodes where the rule ended; that
 * is kept as well, for each state and set of nodes. So a configuration's ids are a few sets in all.
 *
 * <p>Nor does it depend on how often something was counted, as long as no piece is so long that it
 * reaches a limit: most counts share one walk. Safe for use by several threads.
 */
final class TokenMasks {
  /** The memory is cleared beyond this number of entries; what is needed is made again. */
  private static final int MAX_REMEMBERED = 20_000;

  private static final int[] ROOT = {PieceTrie.ROOT};

  private final Grammar grammar;
  private final Costs costs;
  private final PushdownMachine machine;
  private final PieceTrie trie;
  private final int idCount;
  private final Map<Long, TokenGroups> remembered = new ConcurrentHashMap<>();

  TokenMasks(Grammar grammar, Costs costs, PushdownMachine machine, PieceTrie trie, int idCount) {
    this.grammar = grammar;
    this.costs = costs;
    this.machine = machine;
    this.trie = trie;
    this.idCount = idCount;
  }

  /**
   * Adds the ids that fit and after which at most {@code limit} tokens are needed.
   *
   * @param bits one bit for each id
   */
  void addTo(long[] bits, Configuration configuration, int limit) {
    if (configuration.bound() <= limit) {
      // Pieces of nothing but the space that is dropped at the beginning of a text.
      for (int index = trie.firstId(PieceTrie.ROOT); index < trie.firstId(1); index++) {
        bits[trie.id(index) >> 6] |= 1L << trie.id(index);
      }
    }
    for (Frame kernel : configuration.kernels()) {
      TokenGroups groups = groups(kernel);
      groups.addTo(bits, limit - boundBelow(kernel), costs, kernel.count());
      for (Frame frame = kernel.parent();
          frame != null && groups.goesOn();
          frame = frame.parent()) {
        groups = groups(groups, frame);
        groups.addTo(bits, limit - boundBelow(frame), costs, frame.count());
      }
    }
  }

  /**
   * The number of tokens that suffice to come to an end in at least one of the ways that take a
   * token.
   */
  int leastBound(Configuration configuration) {
    int least = configuration.bound();
    boolean stays = trie.firstId(PieceTrie.ROOT) < trie.firstId(1);
    int best = stays ? least : Costs.NEVER;
    for (Frame kernel : configuration.kernels()) {
      TokenGroups groups = groups(kernel);
      best = Math.min(best, groups.leastCost(costs, kernel.count()) + boundBelow(kernel));
      for (Frame frame = kernel.parent();
          frame != null && groups.goesOn();
          frame = frame.parent()) {
        groups = groups(groups, frame);
        best = Math.min(best, groups.leastCost(costs, frame.count()) + boundBelow(frame));
      }
    }
    return best;
  }

  private static int boundBelow(Frame frame) {
    return frame.parent() == null ? 0 : frame.parent().bound();
  }

  /** The groups of a stack's highest state. */
  private TokenGroups groups(Frame frame) {
    if (remembered.size() > MAX_REMEMBERED) {
      remembered.clear();
    }
    int count = representative(frame);
    return remembered.computeIfAbsent(
        (long) count << 32 | frame.state(), _ -> walk(frame.state(), count, ROOT));
  }

  /** The groups of a state that goes on where pieces left its callee. */
  private TokenGroups groups(TokenGroups callee, Frame caller) {
    int count = representative(caller);
    return callee
        .callers()
        .computeIfAbsent(
            (long) count << 32 | caller.state(),
            _ -> walk(caller.state(), count, callee.escapes()));
  }

  /** The count that stands for all with which the same pieces fit. */
  private int representative(Frame frame) {
    int rule = grammar.rule(frame.state());
    Counter counter = grammar.counter(rule);
    if (counter.last() == 0) {
      return 0;
    }
    int least = counter.least();
    if (isFarBelowLeast(rule, frame.count())) {
      // The highest such count: with it whatever fits with a lower one fits, and maybe more.
      return least - trie.depth() - 1;
    }
    boolean farBelowMost = frame.count() + trie.depth() <= costs.lastOfLevel(rule);
    return frame.count() > least && farBelowMost ? least : frame.count();
  }

  /** Whether no piece counts up to the least that there must be. */
  private boolean isFarBelowLeast(int rule, int count) {
    return grammar.counter(rule).least() - count > trie.depth();
  }

  private TokenGroups walk(int state, int count, int[] nodes) {
    TokenGroups.Builder groups = new TokenGroups.Builder(idCount);
    Configuration begin = machine.at(state, count);
    boolean shifting = isFarBelowLeast(grammar.rule(state), count);
    for (int node : nodes) {
      walk(begin, node, count, shifting, groups);
    }
    return groups.build();
  }

  /** Walks everything below a node; the ids at the node itself are counted already. */
  private void walk(
      Configuration from, int node, int count, boolean shifting, TokenGroups.Builder groups) {
    if (from.isComplete() && trie.hasChildren(node)) {
      groups.escape(node);
    }
    if (from.readers().isEmpty()) {
      return;
    }
    for (int child = node + 1; child < trie.subtreeEnd(node); child = trie.subtreeEnd(child)) {
      Configuration next = machine.next(from, trie.label(child));
      if (next.isDead()) {
        continue;
      }
      List<TokenGroups.Ending> endings =
          shifting && trie.firstId(child) < trie.firstId(child + 1)
              ? endings(next, count)
              : List.of();
      for (int index = trie.firstId(child); index < trie.firstId(child + 1); index++) {
        if (shifting) {
          groups.add(endings, trie.id(index));
        } else {
          groups.add(next.bound(), trie.id(index));
        }
      }
      walk(next, child, count, shifting, groups);
    }
  }

  /**
   * Where the ways of a configuration come back to its lowest rule.
   *
   * @param count with which the rule was before
   */
  private List<TokenGroups.Ending> endings(Configuration configuration, int count) {
    Set<TokenGroups.Ending> endings = new LinkedHashSet<>();
    for (Frame reader : configuration.readers()) {
      int above = 0;
      Frame frame = reader;
      for (; frame.parent() != null; frame = frame.parent()) {
        above += costs.of(frame.state(), frame.count());
      }
      endings.add(new TokenGroups.Ending(above, frame.state(), frame.count() - count));
    }
    return List.copyOf(endings);
  }
}
