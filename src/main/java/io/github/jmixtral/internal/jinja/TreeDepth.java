package io.github.jmixtral.internal.jinja;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Bounds the depth of a template's tree, which is walked by recursion. Chains of operators make it
 * deep without nesting anything.
 */
final class TreeDepth {
  private static final int DEEPEST = 300;

  private record Visit(Expr expression, int depth) {}

  private TreeDepth() {}

  /**
   * @throws JinjaException if an expression is too deep
   */
  static void require(List<Statement> statements) {
    for (Statement statement : statements) {
      statement.expressions().forEach(TreeDepth::require);
      require(statement.inner());
    }
  }

  private static void require(Expr root) {
    Deque<Visit> left = new ArrayDeque<>();
    left.push(new Visit(root, 1));
    while (!left.isEmpty()) {
      Visit visit = left.pop();
      if (visit.depth() > DEEPEST) {
        throw JinjaException.whileCompiling(
            "RecursionError",
            "an expression has more than " + DEEPEST + " operators within each other",
            root.line());
      }
      for (Expr child : visit.expression().children()) {
        left.push(new Visit(child, visit.depth() + 1));
      }
    }
  }
}
