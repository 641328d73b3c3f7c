package io.github.jmixtral.internal.automaton;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;

/** Looks for rules that lead back to themselves. */
final class RuleCycle {
  private RuleCycle() {}

  /**
   * Whether some rule leads back to itself. Rules that call none are taken away, then those that
   * call only such, and so on: what is left calls in a circle.
   *
   * @param called for each rule, the rules that it calls, each once
   */
  static boolean in(List<int[]> called) {
    int[] left = called.stream().mapToInt(callees -> callees.length).toArray();
    List<List<Integer>> callers = Grammar.callers(called);
    Deque<Integer> free = new ArrayDeque<>();
    IntStream.range(0, left.length).filter(rule -> left[rule] == 0).forEach(free::add);
    int taken = 0;
    while (!free.isEmpty()) {
      taken++;
      for (int caller : callers.get(free.remove())) {
        if (--left[caller] == 0) {
          free.add(caller);
        }
      }
    }
    return taken < left.length;
  }
}
