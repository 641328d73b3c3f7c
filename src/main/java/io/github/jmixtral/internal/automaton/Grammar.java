package io.github.jmixtral.internal.automaton;

import io.github.jmixtral.internal.access.Inside;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rules that call each other, with the states of all their automata numbered through. Rule 0 is
 * where a text begins. Immutable.
 *
 * <p>A run is a stack: the state of the rule under way and how often what it counts has occurred,
 * below it the same of its callers, where they go on. Before a rule calls itself again, at least
 * one byte is read, so that what one byte does to a stack is finite.
 */
public final class Grammar {
  /** What a constraint of the public API allows. */
  public static final Inside<Grammar> OF_CONSTRAINT = new Inside<>();

  private final List<Automaton.State> states;
  private final int[] starts; // by rule, and behind the last one the number of states
  private final int[] rules; // by state
  private final List<Counter> counters;
  private final boolean recursive;
  private final Costs bytes;

  Grammar(List<Automaton> automata, List<Counter> counters) {
    List<Automaton.State> all = new ArrayList<>();
    starts = new int[automata.size() + 1];
    for (int rule = 0; rule < automata.size(); rule++) {
      starts[rule] = all.size();
      addShifted(automata.get(rule), all);
    }
    starts[automata.size()] = all.size();
    states = List.copyOf(all);
    rules = new int[states.size()];
    for (int rule = 0; rule < automata.size(); rule++) {
      Arrays.fill(rules, starts[rule], starts[rule + 1], rule);
    }
    this.counters = List.copyOf(counters);
    recursive = RuleCycle.in(called());
    if (RuleCycle.in(new FirstCalls(this).called())) {
      throw new IllegalArgumentException(
          "constraint: a definition refers to itself before it writes anything");
    }
    bytes = Costs.ofBytes(this);
    if (bytes.ofCall(0) >= Costs.NEVER) {
      throw new IllegalArgumentException("constraint: no text fits it");
    }
  }

  /** A grammar of one rule without calls. */
  public static Grammar of(Expression expression) {
    GrammarBuilder builder = new GrammarBuilder();
    builder.define(builder.reserve(), expression);
    return builder.build();
  }

  private static void addShifted(Automaton automaton, List<Automaton.State> states) {
    int shift = states.size();
    if (shift + automaton.size() > Nondeterministic.MAX_STATES) {
      throw new IllegalArgumentException(
          "constraint: it needs more than "
              + Nondeterministic.MAX_STATES
              + " states: it is too large");
    }
    for (int index = 0; index < automaton.size(); index++) {
      Automaton.State state = automaton.state(index);
      Automaton.Edge[] edges = new Automaton.Edge[state.edges().length];
      for (int i = 0; i < edges.length; i++) {
        Automaton.Edge edge = state.edges()[i];
        edges[i] =
            new Automaton.Edge(edge.low(), edge.high(), edge.target() + shift, edge.counted());
      }
      Automaton.Call[] calls = new Automaton.Call[state.calls().length];
      for (int i = 0; i < calls.length; i++) {
        Automaton.Call call = state.calls()[i];
        calls[i] = new Automaton.Call(call.rule(), call.target() + shift, call.counted());
      }
      states.add(new Automaton.State(state.accepting(), edges, calls));
    }
  }

  int size() {
    return states.size();
  }

  int ruleCount() {
    return counters.size();
  }

  Automaton.State state(int index) {
    return states.get(index);
  }

  /** The state in which a rule begins. */
  int start(int rule) {
    return starts[rule];
  }

  /** The number behind that of a rule's last state. */
  int end(int rule) {
    return starts[rule + 1];
  }

  /** The rule of a state. */
  int rule(int state) {
    return rules[state];
  }

  Counter counter(int rule) {
    return counters.get(rule);
  }

  /** The fewest bytes to the end of a rule. */
  Costs bytes() {
    return bytes;
  }

  /** Whether a rule may be under way inside itself, so that stacks have no bound. */
  boolean recursive() {
    return recursive;
  }

  /** For each rule, the rules that call it. */
  List<List<Integer>> callers() {
    return callers(called());
  }

  /**
   * For each rule, the rules that call it.
   *
   * @param called for each rule, the rules that it calls, each once
   */
  static List<List<Integer>> callers(List<int[]> called) {
    List<List<Integer>> callers = new ArrayList<>();
    called.forEach(_ -> callers.add(new ArrayList<>()));
    for (int rule = 0; rule < called.size(); rule++) {
      for (int callee : called.get(rule)) {
        callers.get(callee).add(rule);
      }
    }
    return callers;
  }

  /** For each rule, the rules that it calls. */
  private List<int[]> called() {
    List<int[]> called = new ArrayList<>();
    for (int rule = 0; rule < ruleCount(); rule++) {
      called.add(
          states.subList(start(rule), end(rule)).stream()
              .flatMap(state -> Arrays.stream(state.calls()))
              .mapToInt(Automaton.Call::rule)
              .distinct()
              .toArray());
    }
    return called;
  }
}
