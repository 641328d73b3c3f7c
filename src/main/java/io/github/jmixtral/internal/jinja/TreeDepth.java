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
    statements.forEach(TreeDepth::require);
  }

  private static void require(Statement statement) {
    switch (statement) {
      case Statement.Output output -> output.parts().forEach(TreeDepth::require);
      case Statement.For loop -> {
        require(loop.values());
        require(loop.test());
        require(loop.body());
        require(loop.otherwise());
      }
      case Statement.If condition -> {
        require(condition.test());
        require(condition.body());
        condition.elifs().forEach(TreeDepth::require);
        require(condition.otherwise());
      }
      case Statement.Assign assign -> require(assign.value());
      case Statement.AssignBlock assign -> {
        require(assign.filter());
        require(assign.body());
      }
      case Statement.With with -> {
        with.values().forEach(TreeDepth::require);
        require(with.body());
      }
      case Statement.Macro macro -> {
        macro.parameters().defaults().forEach(TreeDepth::require);
        require(macro.body());
      }
      case Statement.CallBlock call -> {
        call.parameters().defaults().forEach(TreeDepth::require);
        require(call.call());
        require(call.body());
      }
      case Statement.Generation generation -> require(generation.body());
      case Statement.FilterBlock block -> {
        require(block.filter());
        require(block.body());
      }
      case Statement.Autoescape block -> {
        require(block.value());
        require(block.body());
      }
      case Statement.Block block -> require(block.body());
      case Statement.Loaded loaded -> require(loaded.template());
      case Statement.Break _, Statement.Continue _ -> {}
    }
  }

  private static void require(Expr root) {
    if (root == null) {
      return;
    }
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
