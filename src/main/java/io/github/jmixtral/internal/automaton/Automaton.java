package io.github.jmixtral.internal.automaton;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A deterministic automaton over bytes and calls of rules: from a state, a byte leads to at most
 * one state, and so does a call of a rule. Immutable.
 */
final class Automaton {
  /** Bounds memory and time: determinising may grow exponentially. */
  static final int MAX_STATES = 50_000;

  /** The state to begin in. */
  static final int START = 0;

  private static final int BYTES = 256;

  /** Bounds time where few states stand for sets of many, as in {@code (a{0,99}){0,99}}. */
  private static final int MAX_STEPS = 1_000_000;

  /**
   * A state: byte segments in rising order, parallel arrays; calls, parallel arrays.
   *
   * @param lows first byte of each segment
   * @param highs last byte of each segment
   * @param targets state behind each segment
   * @param rules rule of each call
   * @param returns state behind each call
   */
  record State(
      boolean accepting, int[] lows, int[] highs, int[] targets, int[] rules, int[] returns) {}

  private final List<State> states;

  private Automaton(List<State> states) {
    this.states = List.copyOf(states);
  }

  /**
   * The automaton of an expression.
   *
   * @throws IllegalArgumentException when it has too many states
   */
  static Automaton of(Expression expression) {
    return new SubsetConstruction(new Nondeterministic(expression)).automaton();
  }

  int size() {
    return states.size();
  }

  State state(int index) {
    return states.get(index);
  }

  /** Whether the automaton matches these bytes; calls are not followed. */
  boolean matches(byte[] bytes) {
    int state = START;
    for (byte b : bytes) {
      state = target(states.get(state), b & 0xFF);
      if (state < 0) {
        return false;
      }
    }
    return states.get(state).accepting();
  }

  /** What both match; calls are not followed. */
  Automaton intersection(Automaton other) {
    Map<Long, Integer> indices = new HashMap<>();
    Deque<long[]> open = new ArrayDeque<>();
    List<State> product = new ArrayList<>();
    pair(START, START, indices, open);
    while (!open.isEmpty()) {
      long[] pair = open.remove();
      State first = states.get((int) pair[0]);
      State second = other.states.get((int) pair[1]);
      Segments segments = new Segments();
      for (int value = 0; value < BYTES; value++) {
        int a = target(first, value);
        int b = target(second, value);
        segments.add(value, a < 0 || b < 0 ? -1 : pair(a, b, indices, open));
      }
      product.add(segments.state(first.accepting() && second.accepting(), new int[0], new int[0]));
    }
    return new Automaton(product);
  }

  private static int pair(int a, int b, Map<Long, Integer> indices, Deque<long[]> open) {
    long key = (long) a << 32 | b;
    Integer known = indices.get(key);
    if (known != null) {
      return known;
    }
    requireRoom(indices.size());
    int index = indices.size();
    indices.put(key, index);
    open.add(new long[] {a, b});
    return index;
  }

  /** The state behind a byte, or −1. */
  static int target(State state, int value) {
    int[] lows = state.lows();
    for (int segment = 0; segment < lows.length; segment++) {
      if (value < lows[segment]) {
        return -1;
      }
      if (value <= state.highs()[segment]) {
        return state.targets()[segment];
      }
    }
    return -1;
  }

  private static void requireRoom(int states) {
    if (states >= MAX_STATES) {
      throw new IllegalArgumentException(
          "constraint: expected at most "
              + MAX_STATES
              + " states, found more: it is too intricate");
    }
  }

  /** Collects the targets of the bytes 0 to 255 in order and joins neighbours. */
  private static final class Segments {
    private final int[] lows = new int[BYTES];
    private final int[] highs = new int[BYTES];
    private final int[] targets = new int[BYTES];
    private int count;

    void add(int value, int target) {
      if (target < 0) {
        return;
      }
      if (count > 0 && highs[count - 1] == value - 1 && targets[count - 1] == target) {
        highs[count - 1] = value;
        return;
      }
      lows[count] = value;
      highs[count] = value;
      targets[count++] = target;
    }

    State state(boolean accepting, int[] rules, int[] returns) {
      return new State(
          accepting,
          Arrays.copyOf(lows, count),
          Arrays.copyOf(highs, count),
          Arrays.copyOf(targets, count),
          rules,
          returns);
    }
  }

  /** Every state stands for the set of states that the nondeterministic automaton may be in. */
  private static final class SubsetConstruction {
    private final Nondeterministic from;
    private final Map<List<Integer>, Integer> indices = new HashMap<>();
    private final Deque<List<Integer>> open = new ArrayDeque<>();
    private int steps;

    SubsetConstruction(Nondeterministic from) {
      this.from = from;
    }

    Automaton automaton() {
      List<State> states = new ArrayList<>();
      index(List.of(from.start()));
      while (!open.isEmpty()) {
        states.add(state(open.remove()));
      }
      return new Automaton(states);
    }

    private State state(List<Integer> members) {
      Map<Integer, List<Integer>> changes = new TreeMap<>();
      Map<Integer, List<Integer>> calls = new TreeMap<>();
      for (int member : members) {
        for (Nondeterministic.ByteEdge edge : from.state(member).bytes()) {
          // One is added so that the end of an edge to state 0 differs from its beginning.
          changes.computeIfAbsent(edge.low(), _ -> new ArrayList<>()).add(edge.target() + 1);
          changes.computeIfAbsent(edge.high() + 1, _ -> new ArrayList<>()).add(-edge.target() - 1);
        }
        for (Nondeterministic.CallEdge edge : from.state(member).calls()) {
          calls.computeIfAbsent(edge.rule(), _ -> new ArrayList<>()).add(edge.target());
        }
      }
      Segments segments = new Segments();
      Map<Integer, Integer> live = new TreeMap<>();
      int value = 0;
      for (Map.Entry<Integer, List<Integer>> change : changes.entrySet()) {
        addSegment(segments, live, value, change.getKey());
        for (int signed : change.getValue()) {
          live.merge(Math.abs(signed) - 1, Integer.signum(signed), Integer::sum);
        }
        live.values().removeIf(count -> count == 0);
        value = change.getKey();
      }
      return segments.state(
          members.contains(Nondeterministic.END),
          calls.keySet().stream().mapToInt(rule -> rule).toArray(),
          calls.values().stream().mapToInt(this::index).toArray());
    }

    private void addSegment(Segments segments, Map<Integer, Integer> live, int from, int to) {
      if (!live.isEmpty()) {
        int target = index(new ArrayList<>(live.keySet()));
        for (int value = from; value < to; value++) {
          segments.add(value, target);
        }
      }
    }

    /** The index of the set that empty edges make of {@code kernel}. */
    private int index(List<Integer> kernel) {
      List<Integer> members = closure(kernel);
      Integer known = indices.get(members);
      if (known != null) {
        return known;
      }
      requireRoom(indices.size());
      int index = indices.size();
      indices.put(members, index);
      open.add(members);
      return index;
    }

    private List<Integer> closure(List<Integer> kernel) {
      TreeMap<Integer, Boolean> members = new TreeMap<>();
      Deque<Integer> todo = new ArrayDeque<>(kernel);
      while (!todo.isEmpty()) {
        int state = todo.pop();
        if (++steps > MAX_STEPS) {
          throw new IllegalArgumentException(
              "constraint: expected at most "
                  + MAX_STEPS
                  + " steps to its states, found more: it is too intricate");
        }
        if (members.put(state, true) == null) {
          todo.addAll(from.state(state).empty());
        }
      }
      // States that only pass on say nothing: without them equal sets are found to be equal.
      return members.keySet().stream().filter(this::hasSubstance).toList();
    }

    private boolean hasSubstance(int state) {
      return state == Nondeterministic.END
          || !from.state(state).bytes().isEmpty()
          || !from.state(state).calls().isEmpty();
    }
  }
}
