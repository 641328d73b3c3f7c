package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.Expression;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Looks for a rule that leads back to itself before anything is read. */
final class LeftRecursion {
  private final boolean[] empty; // by rule, whether it matches the empty text

  private LeftRecursion(List<Expression> rules) {
    empty = new boolean[rules.size()];
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int rule = 0; rule < empty.length; rule++) {
        if (!empty[rule] && isEmpty(rules.get(rule))) {
          empty[rule] = true;
          changed = true;
        }
      }
    }
  }

  /**
   * The first such rule, or −1.
   *
   * @param rules what each rule matches, by its number
   */
  static int in(List<Expression> rules) {
    LeftRecursion search = new LeftRecursion(rules);
    List<Set<Integer>> first = new ArrayList<>();
    for (Expression rule : rules) {
      Set<Integer> calls = new TreeSet<>();
      search.addFirst(rule, calls);
      first.add(calls);
    }
    for (int rule = 0; rule < first.size(); rule++) {
      if (reaches(first, rule)) {
        return rule;
      }
    }
    return -1;
  }

  private static boolean reaches(List<Set<Integer>> first, int rule) {
    Set<Integer> seen = new TreeSet<>();
    Deque<Integer> todo = new ArrayDeque<>(first.get(rule));
    while (!todo.isEmpty()) {
      int next = todo.remove();
      if (next == rule) {
        return true;
      }
      if (seen.add(next)) {
        todo.addAll(first.get(next));
      }
    }
    return false;
  }

  private boolean isEmpty(Expression expression) {
    return switch (expression) {
      case Expression.Literal literal -> literal.text().isEmpty();
      case Expression.Sequence sequence -> sequence.parts().stream().allMatch(this::isEmpty);
      case Expression.Choice choice -> choice.options().stream().anyMatch(this::isEmpty);
      case Expression.Repeat repeat -> repeat.least() == 0 || isEmpty(repeat.part());
      case Expression.Call call -> empty[call.rule()];
      case Expression _ -> false;
    };
  }

  /** Adds the rules that are called before anything is read. */
  private void addFirst(Expression expression, Set<Integer> calls) {
    switch (expression) {
      case Expression.Sequence sequence -> {
        for (Expression part : sequence.parts()) {
          addFirst(part, calls);
          if (!isEmpty(part)) {
            break;
          }
        }
      }
      case Expression.Choice choice -> choice.options().forEach(o -> addFirst(o, calls));
      case Expression.Repeat repeat -> addFirst(repeat.part(), calls);
      case Expression.Call call -> calls.add(call.rule());
      case Expression _ -> {}
    }
  }
}
