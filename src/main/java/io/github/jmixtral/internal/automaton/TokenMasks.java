package io.github.jmixtral.internal.automaton;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which ids fit in a configuration. What fits in a state as long as its rule goes on does not
 * depend on what is below: it is found once by walking the trie, and kept. Pieces that go on beyond
 * the end of the rule are walked in the caller's state, from the nodes where the rule ended; that
 * is kept as well, for each state and set of nodes. So a configuration's ids are a few sets in all.
 * Safe for use by several threads.
 */
final class TokenMasks {
  /** Beyond so many the memory is cleared; what is needed is made again. */
  private static final int MAX_REMEMBERED = 20_000;

  private static final int[] ROOT = {PieceTrie.ROOT};

  private final PushdownMachine machine;
  private final PieceTrie trie;
  private final int idCount;
  private final Map<Integer, TokenGroups> remembered = new ConcurrentHashMap<>();

  TokenMasks(PushdownMachine machine, PieceTrie trie, int idCount) {
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
      groups.addTo(bits, limit - boundBelow(kernel));
      for (Frame frame = kernel.parent();
          frame != null && groups.goesOn();
          frame = frame.parent()) {
        groups = groups(groups, frame);
        groups.addTo(bits, limit - boundBelow(frame));
      }
    }
  }

  /** So many tokens suffice to come to an end in at least one of the ways that take a token. */
  int leastBound(Configuration configuration) {
    int least = configuration.bound();
    boolean stays = trie.firstId(PieceTrie.ROOT) < trie.firstId(1);
    int best = stays ? least : Grammar.NEVER;
    for (Frame kernel : configuration.kernels()) {
      TokenGroups groups = groups(kernel);
      best = Math.min(best, groups.leastCost() + boundBelow(kernel));
      for (Frame frame = kernel.parent();
          frame != null && groups.goesOn();
          frame = frame.parent()) {
        groups = groups(groups, frame);
        best = Math.min(best, groups.leastCost() + boundBelow(frame));
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
    return remembered.computeIfAbsent(frame.state(), state -> walk(state, ROOT));
  }

  /** The groups of a state that goes on where pieces left its callee. */
  private TokenGroups groups(TokenGroups callee, Frame caller) {
    return callee.callers().computeIfAbsent(caller.state(), s -> walk(s, callee.escapes()));
  }

  private TokenGroups walk(int state, int[] nodes) {
    TokenGroups.Builder groups = new TokenGroups.Builder(idCount);
    Configuration begin = machine.at(state);
    for (int node : nodes) {
      walk(begin, node, groups);
    }
    return groups.build();
  }

  /** Walks everything below a node; the ids at the node itself are counted already. */
  private void walk(Configuration from, int node, TokenGroups.Builder groups) {
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
      for (int index = trie.firstId(child); index < trie.firstId(child + 1); index++) {
        groups.add(next.bound(), trie.id(index));
      }
      walk(next, child, groups);
    }
  }
}
