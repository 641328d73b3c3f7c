package io.github.jmixtral.internal.automaton;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What it costs to come from a state, with a count, to the end of its rule: bytes, or tokens that
 * suffice. Of the counts at least the least, all but the highest few cost the same: a rule has a
 * row for each smaller count, one for all of those, and one for each of the highest few.
 */
final class Costs {
  /** A cost that nothing reaches: the state can't come to an end. */
  static final int NEVER = Integer.MAX_VALUE / 4;

  /** Bounds memory. */
  private static final int MAX_ENTRIES = 2_000_000;

  private final Grammar grammar;
  private final int[][][] rows; // [rule][row][state of the rule]

  private Costs(Grammar grammar, int[][][] rows) {
    this.grammar = grammar;
    this.rows = rows;
  }

  /**
   * The fewest bytes.
   *
   * @throws IllegalArgumentException when counts are so large that there is no room for the costs
   */
  static Costs ofBytes(Grammar grammar) {
    int[][][] rows = new int[grammar.ruleCount()][][];
    Costs costs = new Costs(grammar, rows);
    for (int rule = 0; rule < rows.length; rule++) {
      int[] none = new int[grammar.end(rule) - grammar.start(rule)];
      Arrays.fill(none, NEVER);
      rows[rule] = new int[][] {none};
    }
    List<List<Integer>> callers = grammar.callers();
    boolean[] stale = new boolean[rows.length];
    Arrays.fill(stale, true);
    long entries = 0;
    boolean changed = true;
    while (changed) {
      changed = false;
      // As a rule, those that are called have higher numbers: they come first.
      for (int rule = rows.length - 1; rule >= 0; rule--) {
        if (!stale[rule]) {
          continue;
        }
        int before = costs.ofCall(rule);
        entries -= (long) rows[rule].length * rows[rule][0].length;
        rows[rule] = costs.bytesOf(rule);
        entries += (long) rows[rule].length * rows[rule][0].length;
        requireRoom(entries);
        stale[rule] = false;
        if (costs.ofCall(rule) != before) {
          callers.get(rule).forEach(caller -> stale[caller] = true);
          changed = true;
        }
      }
    }
    return costs;
  }

  /** A copy to be improved. */
  Costs copy() {
    int[][][] copy = new int[rows.length][][];
    for (int rule = 0; rule < rows.length; rule++) {
      copy[rule] = Arrays.stream(rows[rule]).map(int[]::clone).toArray(int[][]::new);
    }
    return new Costs(grammar, copy);
  }

  /** From a state to the end of its rule. */
  int of(int state, int count) {
    int rule = grammar.rule(state);
    return rows[rule][row(rule, count)][state - grammar.start(rule)];
  }

  /** Of a whole rule. */
  int ofCall(int rule) {
    return rows[rule][row(rule, 0)][0];
  }

  /**
   * Lowers what it costs with a count, and with all smaller ones that are enough: whatever comes to
   * the end with the higher count does with them.
   */
  void improve(int state, int count, int cost) {
    int rule = grammar.rule(state);
    int index = state - grammar.start(rule);
    int row = row(rule, count);
    for (int lower = Math.min(row, grammar.counter(rule).least()); lower <= row; lower++) {
      rows[rule][lower][index] = Math.min(cost, rows[rule][lower][index]);
    }
  }

  /** The highest count that costs what the least one costs. */
  int lastOfLevel(int rule) {
    Counter counter = grammar.counter(rule);
    return counter.last() - (rows[rule].length - 1 - counter.least());
  }

  private int row(int rule, int count) {
    int least = grammar.counter(rule).least();
    return count <= least ? count : least + Math.max(0, count - lastOfLevel(rule));
  }

  /** Rows from the highest count down, each of which leads to the one above. */
  private int[][] bytesOf(int rule) {
    Counter counter = grammar.counter(rule);
    List<int[]> found = new ArrayList<>();
    int @Nullable [] above = null;
    int count = counter.last();
    for (; count >= counter.least(); count--) {
      int[] row = bytesOf(rule, true, above);
      if (above != null && Arrays.equals(row, above)) {
        break; // and so are all rows further down
      }
      requireRoom((found.size() + 1L) * row.length);
      found.add(row);
      above = row;
    }
    for (count = counter.least() - 1; count >= 0; count--) {
      above = bytesOf(rule, false, above);
      requireRoom((found.size() + 1L) * above.length);
      found.add(above);
    }
    return found.reversed().toArray(int[][]::new);
  }

  private static void requireRoom(long entries) {
    if (entries > MAX_ENTRIES) {
      throw new IllegalArgumentException(
          "constraint: it counts too far: its counts and states multiply to more than "
              + MAX_ENTRIES);
    }
  }

  /**
   * The costs with one count.
   *
   * @param above those with one more; null with the highest, above which there is none, or where
   *     counting stops
   */
  private int[] bytesOf(int rule, boolean enough, int @Nullable [] above) {
    boolean stays = grammar.counter(rule).most() == Expression.UNBOUNDED;
    int start = grammar.start(rule);
    int[] row = new int[grammar.end(rule) - start];
    Arrays.fill(row, NEVER);
    int @Nullable [] next = above == null && stays ? row : above;
    boolean changed = true;
    while (changed) {
      changed = false;
      // Backwards, as an automaton's states are numbered from its start.
      for (int index = row.length - 1; index >= 0; index--) {
        Automaton.State state = grammar.state(start + index);
        int least = state.accepting() && enough ? 0 : NEVER;
        for (Automaton.Edge edge : state.edges()) {
          least = Math.min(least, 1 + behind(edge.target() - start, edge.counted(), row, next));
        }
        for (Automaton.Call call : state.calls()) {
          int behind = behind(call.target() - start, call.counted(), row, next);
          least = Math.min(least, ofCall(call.rule()) + behind);
        }
        least = Math.min(NEVER, least);
        changed |= least < row[index];
        row[index] = least;
      }
    }
    return row;
  }

  private static int behind(int index, boolean counted, int[] row, int @Nullable [] next) {
    if (!counted) {
      return row[index];
    }
    return next == null ? NEVER : next[index];
  }
}
