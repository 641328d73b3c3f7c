package io.github.jmixtral.internal.automaton;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
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

  /**
   * Where a piece ends in a rule that has yet to count far: the costs depend on the count.
   *
   * @param above the number of tokens that suffice to come back to the rule
   * @param state the state of the rule to come back to
   * @param counts how often the piece counted
   */
  record Ending(int above, int state, int counts) {}

  /** The ids of pieces with the same endings. */
  private record Shifting(List<Ending> endings, Object members) {
    int cost(Costs costs, int count) {
      int least = Costs.NEVER;
      for (Ending ending : endings) {
        least = Math.min(least, ending.above() + costs.of(ending.state(), count + ending.counts()));
      }
      return least;
    }
  }

  private final int[] costs;
  private final Object[] members;
  private final List<Shifting> shifting;
  private final int[] escapes;
  private final Map<Long, TokenGroups> callers = new ConcurrentHashMap<>();

  private TokenGroups(int[] costs, Object[] members, List<Shifting> shifting, int[] escapes) {
    this.costs = costs;
    this.members = members;
    this.shifting = shifting;
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

  /** What was found for the states, by count and number, that go on at the escapes: a memory. */
  Map<Long, TokenGroups> callers() {
    return callers;
  }

  /** The cost of the cheapest group, {@link Costs#NEVER} when there is none. */
  int leastCost(Costs all, int count) {
    int least = costs.length == 0 ? Costs.NEVER : costs[0];
    for (Shifting group : shifting) {
      least = Math.min(least, group.cost(all, count));
    }
    return least;
  }

  /**
   * Adds the ids after which at most {@code limit} tokens are needed to {@code bits}.
   *
   * @param count of the state
   */
  void addTo(long[] bits, int limit, Costs all, int count) {
    for (int group = 0; group < costs.length && costs[group] <= limit; group++) {
      addAll(members[group], bits);
    }
    for (Shifting group : shifting) {
      if (group.cost(all, count) <= limit) {
        addAll(group.members(), bits);
      }
    }
  }

  private static void addAll(Object members, long[] bits) {
    switch (members) {
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

  /** Collects ids and nodes as a walk meets them. */
  static final class Builder {
    private static final int FIRST_ROOM = 16;

    private final int idCount;
    private final Map<Integer, Ids> groups = new TreeMap<>();
    private final Map<List<Ending>, Ids> shifting = new HashMap<>();
    private final Ids escapes = new Ids();

    Builder(int idCount) {
      this.idCount = idCount;
    }

    void add(int cost, int id) {
      groups.computeIfAbsent(cost, _ -> new Ids()).add(id);
    }

    void add(List<Ending> endings, int id) {
      shifting.computeIfAbsent(endings, _ -> new Ids()).add(id);
    }

    void escape(int node) {
      escapes.add(node);
    }

    TokenGroups build() {
      return new TokenGroups(
          groups.keySet().stream().mapToInt(cost -> cost).toArray(),
          groups.values().stream().map(this::compact).toArray(),
          shifting.entrySet().stream()
              .map(entry -> new Shifting(entry.getKey(), compact(entry.getValue())))
              .toList(),
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

      void add(int value) {
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
