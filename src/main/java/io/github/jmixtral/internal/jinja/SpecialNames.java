package io.github.jmixtral.internal.jinja;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Whether {@code loop}, {@code caller}, {@code self} and the like are used before they are set. */
final class SpecialNames {
  private final Set<String> sought;
  private final Set<String> found = new HashSet<>();

  private SpecialNames(Set<String> sought) {
    this.sought = new HashSet<>(sought);
  }

  /** Those of the names that are read in the statements; inner scopes count, blocks do not. */
  static Set<String> usedIn(List<Statement> statements, Set<String> names) {
    SpecialNames search = new SpecialNames(names);
    search.statements(statements);
    return search.found;
  }

  private void statements(List<Statement> statements) {
    statements.forEach(this::statement);
  }

  private void statement(Statement statement) {
    switch (statement) {
      case Statement.Output output -> output.parts().forEach(this::expression);
      case Statement.For loop -> {
        target(loop.target());
        expression(loop.values());
        statements(loop.body());
        statements(loop.otherwise());
        Expr.present(loop.test()).forEach(this::expression);
      }
      case Statement.If condition -> {
        expression(condition.test());
        statements(condition.body());
        condition.elifs().forEach(this::statement);
        statements(condition.otherwise());
      }
      case Statement.Assign assign -> {
        target(assign.target());
        expression(assign.value());
      }
      case Statement.AssignBlock assign -> {
        target(assign.target());
        Expr.present(assign.filter()).forEach(this::expression);
        statements(assign.body());
      }
      case Statement.With with -> {
        with.targets().forEach(this::target);
        with.values().forEach(this::expression);
        statements(with.body());
      }
      case Statement.Macro macro -> function(macro.parameters(), macro.body());
      case Statement.CallBlock call -> {
        expression(call.call());
        function(call.parameters(), call.body());
      }
      case Statement.Generation generation -> statements(generation.body());
      case Statement.FilterBlock block -> {
        statements(block.body());
        expression(block.filter());
      }
      case Statement.Autoescape block -> {
        expression(block.value());
        statements(block.body());
      }
      case Statement.Loaded loaded -> expression(loaded.template());
      case Statement.Block _, Statement.Break _, Statement.Continue _ -> {}
    }
  }

  private void function(Statement.Parameters parameters, List<Statement> body) {
    sought.removeAll(parameters.names());
    parameters.defaults().forEach(this::expression);
    statements(body);
  }

  private void target(Target target) {
    switch (target) {
      case Target.Name name -> sought.remove(name.name());
      case Target.Attribute _ -> {}
      case Target.Several several -> several.targets().forEach(this::target);
    }
  }

  private void expression(Expr expression) {
    if (!(expression instanceof Expr.Name name)) {
      expression.children().forEach(this::expression);
    } else if (sought.contains(name.name())) {
      found.add(name.name());
    }
  }
}
