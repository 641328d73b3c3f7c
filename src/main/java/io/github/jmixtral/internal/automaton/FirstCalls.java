package io.github.jmixtral.internal.automaton;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Which rules a rule may call before a byte is read: at its start, or behind empty texts. */
final class FirstCalls {
  private final Grammar grammar;
  private final boolean[] empty; // by rule, whether it matches the empty text

  FirstCalls(Grammar grammar) {
    this.grammar = grammar;
    empty = new boolean[grammar.ruleCount()];
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int rule = 0; rule < empty.length; rule++) {
        if (!empty[rule] && grammar.counter(rule).least() == 0) {
          empty[rule] =
              beginnings(rule).stream().anyMatch(state -> grammar.state(state).accepting());
          changed |= empty[rule];
        }
      }
    }
  }

  /** For each rule, those that it may call first. */
  List<int[]> called() {
    List<int[]> called = new ArrayList<>();
    for (int rule = 0; rule < empty.length; rule++) {
      Set<Integer> first = new TreeSet<>();
      for (int state : beginnings(rule)) {
        for (Automaton.Call call : grammar.state(state).calls()) {
          first.add(call.rule());
        }
      }
      called.add(first.stream().mapToInt(callee -> callee).toArray());
    }
    return called;
  }

  /** The states that a rule may be in before a byte is read. */
  private Set<Integer> beginnings(int rule) {
    Set<Integer> states = new TreeSet<>();
    Deque<Integer> todo = new ArrayDeque<>(List.of(grammar.start(rule)));
    while (!todo.isEmpty()) {
      int state = todo.pop();
      if (states.add(state)) {
        for (Automaton.Call call : grammar.state(state).calls()) {
          if (empty[call.rule()]) {
            todo.add(call.target());
          }
        }
      }
    }
    return states;
  }
}
