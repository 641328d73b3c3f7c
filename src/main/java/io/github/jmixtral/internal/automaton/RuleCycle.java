package io.github.jmixtral.internal.automaton;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Looks for a rule that leads back to itself. */
final class RuleCycle {
  private enum Mark {
    NEW,
    UNDER_WAY,
    DONE
  }

  private final List<int[]> called;
  private final Mark[] marks;

  private RuleCycle(List<int[]> called) {
    this.called = called;
    marks = new Mark[called.size()];
    Arrays.fill(marks, Mark.NEW);
  }

  /**
   * A rule on a cycle.
   *
   * @param called for each rule, the rules that it calls
   */
  static Optional<Integer> find(List<int[]> called) {
    RuleCycle search = new RuleCycle(called);
    for (int rule = 0; rule < called.size(); rule++) {
      if (search.leadsToCycle(rule)) {
        return Optional.of(rule);
      }
    }
    return Optional.empty();
  }

  private boolean leadsToCycle(int rule) {
    if (marks[rule] != Mark.NEW) {
      return marks[rule] == Mark.UNDER_WAY;
    }
    marks[rule] = Mark.UNDER_WAY;
    for (int next : called.get(rule)) {
      if (leadsToCycle(next)) {
        return true;
      }
    }
    marks[rule] = Mark.DONE;
    return false;
  }
}
