package io.github.jmixtral.internal.automaton;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A deterministic automaton over bytes and calls of rules: from a state, a byte leads to at most
 * one state, and so does a call of a rule. Immutable.
 */
final class Automaton {
  /** Bounds memory and time: determinising may grow exponentially. */
  static final int MAX_STATES = 50_000;

  /** The state to begin in. */
  static final int START = 0;

  /** Stands for a state that matches nothing. */
  private static final int NO_STATE = -1;

  private static final int BYTES = 256;

  /**
   * An edge along the bytes {@code low} … {@code high}.
   *
   * @param counted whether the rule's counter counts it
   */
  record Edge(int low, int high, int target, boolean counted) {}

  /** An edge along everything that a rule matches. */
  record Call(int rule, int target, boolean counted) {}

  /**
   * A state.
   *
   * @param edges in rising order of bytes; never changed
   * @param calls never changed
   */
  record State(boolean accepting, Edge[] edges, Call[] calls) {
    /** Where a byte leads, or null. */
    @Nullable Edge edge(int value) {
      for (Edge edge : edges) {
        if (value <= edge.high()) {
          return value < edge.low() ? null : edge;
        }
      }
      return null;
    }

    /** Whether nothing can follow here. */
    boolean isLast() {
      return edges.length == 0 && calls.length == 0;
    }
  }

  private final List<State> states;

  Automaton(List<State> states) {
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

  /** The state behind a byte, or −1. */
  int target(int state, int value) {
    Edge edge = states.get(state).edge(value);
    return edge == null ? NO_STATE : edge.target();
  }

  /** Whether the automaton matches these bytes; calls are not followed. */
  boolean matches(byte[] bytes) {
    int state = START;
    for (byte b : bytes) {
      state = target(state, b & 0xFF);
      if (state == NO_STATE) {
        return false;
      }
    }
    return states.get(state).accepting();
  }

  /** What both match; calls are not followed. */
  Automaton intersection(Automaton other) {
    return new Product(this, other, false).automaton();
  }

  /** What this one matches and the other does not; calls are not followed. */
  Automaton minus(Automaton other) {
    return new Product(this, other, true).automaton();
  }

  static void requireRoom(int states) {
    if (states >= MAX_STATES) {
      throw new IllegalArgumentException(
          "constraint: it needs more than " + MAX_STATES + " states: it is too intricate");
    }
  }

  /** Runs two automata side by side. */
  private static final class Product {
    private final Automaton first;
    private final Automaton second;
    private final boolean difference;
    private final Map<Long, Integer> indices = new HashMap<>();
    private final Deque<int[]> open = new ArrayDeque<>();

    Product(Automaton first, Automaton second, boolean difference) {
      this.first = first;
      this.second = second;
      this.difference = difference;
    }

    Automaton automaton() {
      List<State> product = new ArrayList<>();
      index(START, START);
      while (!open.isEmpty()) {
        int[] pair = open.remove();
        product.add(state(pair[0], pair[1]));
      }
      return new Automaton(product);
    }

    private State state(int a, int b) {
      EdgeList edges = new EdgeList();
      for (int value = 0; value < BYTES; value++) {
        Edge edge = first.states.get(a).edge(value);
        Edge beside = b == NO_STATE ? null : second.states.get(b).edge(value);
        if (edge == null || beside == null && !difference) {
          continue;
        }
        int target = index(edge.target(), beside == null ? NO_STATE : beside.target());
        boolean counted = edge.counted() || beside != null && beside.counted() && !difference;
        edges.add(value, value, target, counted);
      }
      boolean inSecond = b != NO_STATE && second.states.get(b).accepting();
      return new State(
          first.states.get(a).accepting() && inSecond != difference, edges.toArray(), new Call[0]);
    }

    private int index(int a, int b) {
      long key = (long) a << 32 | b + 1;
      Integer known = indices.get(key);
      if (known != null) {
        return known;
      }
      requireRoom(indices.size());
      int index = indices.size();
      indices.put(key, index);
      open.add(new int[] {a, b});
      return index;
    }
  }

  /** Collects edges in rising order and joins neighbours that lead to the same state. */
  static final class EdgeList {
    private final List<Edge> edges = new ArrayList<>();

    void add(int low, int high, int target, boolean counted) {
      Edge last = edges.isEmpty() ? null : edges.getLast();
      if (last != null
          && last.high() == low - 1
          && last.target() == target
          && last.counted() == counted) {
        edges.removeLast();
        edges.add(new Edge(last.low(), high, target, counted));
      } else {
        edges.add(new Edge(low, high, target, counted));
      }
    }

    Edge[] toArray() {
      return edges.toArray(Edge[]::new);
    }
  }
}
