package io.github.jmixtral.internal.automaton;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The ids that fit in a state, grouped by how many tokens suffice afterwards to the end of its
 * rule; and the nodes of the trie at which the rule was at its end, from where longer pieces go on
 * in the caller. Immutable but for what it remembers.
 */
final class TokenGroups {
  /** A group larger than this share of the vocabulary is a bit set, a smaller one a list. */
  private static final int SPARSE_SHARE = 64;

  private final int[] costs;
  private final Object[] members;
  private final int[] escapes;
  private final Map<Integer, TokenGroups> callers = new ConcurrentHashMap<>();

  private TokenGroups(int[] costs, Object[] members, int[] escapes) {
    this.costs = costs;
    this.members = members;
    this.escapes = escapes;
  }

  /** Nodes at which the rule was at its end and pieces go on; the caller must not change them. */
  int[] escapes() {
    return escapes;
  }

  /** Whether pieces go on beyond the end of the rule. */
  boolean goesOn() {
    return escapes.length > 0;
  }

  /** What was found for the states, by number, that go on at the escapes: a memory. */
  Map<Integer, TokenGroups> callers() {
    return callers;
  }

  /** The cost of the cheapest group, {@link Grammar#NEVER} when there is none. */
  int leastCost() {
    return costs.length == 0 ? Grammar.NEVER : costs[0];
  }

  /** Adds the ids after which at most {@code limit} tokens are needed to {@code bits}. */
  void addTo(long[] bits, int limit) {
    for (int group = 0; group < costs.length && costs[group] <= limit; group++) {
      switch (members[group]) {
        case int[] ids -> {
          for (int id : ids) {
            bits[id >> 6] |= 1L << id;
          }
        }
        case long[] set -> {
          for (int word = 0; word < set.length; word++) {
            bits[word] |= set[word];
          }
        }
        case Object other -> throw new IllegalStateException("group of " + other.getClass());
      }
    }
  }

  /** Collects ids and nodes as a walk meets them. */
  static final class Builder {
    private static final int FIRST_ROOM = 16;

    private final int idCount;
    private final Map<Integer, Ids> groups = new TreeMap<>();
    private final Ids escapes = new Ids();

    Builder(int idCount) {
      this.idCount = idCount;
    }

    public void add(int cost, int id) {
      groups.computeIfAbsent(cost, _ -> new Ids()).add(id);
    }

    void escape(int node) {
      escapes.add(node);
    }

    public TokenGroups build() {
      return new TokenGroups(
          groups.keySet().stream().mapToInt(cost -> cost).toArray(),
          groups.values().stream().map(this::compact).toArray(),
          escapes.toArray());
    }

    private Object compact(Ids ids) {
      if (ids.count <= idCount / SPARSE_SHARE) {
        return ids.toArray();
      }
      long[] bits = new long[(idCount + 63) >> 6];
      for (int i = 0; i < ids.count; i++) {
        bits[ids.values[i] >> 6] |= 1L << ids.values[i];
      }
      return bits;
    }

    private static final class Ids {
      private int[] values = new int[FIRST_ROOM];
      private int count;

      public void add(int value) {
        if (count == values.length) {
          values = Arrays.copyOf(values, 2 * count);
        }
        values[count++] = value;
      }

      int[] toArray() {
        return Arrays.copyOf(values, count);
      }
    }
  }
}
