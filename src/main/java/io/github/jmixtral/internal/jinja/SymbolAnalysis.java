package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.List;

/** Finds the names that a scope reads and sets; scopes within it are analysed by themselves. */
final class SymbolAnalysis {
  private Symbols symbols;

  private SymbolAnalysis(Symbols symbols) {
    this.symbols = symbols;
  }

  /** Of statements that stand in the scope itself. */
  static void ofStatements(List<Statement> statements, Symbols symbols) {
    new SymbolAnalysis(symbols).statements(statements);
  }

  /** Of one round of a loop. */
  static void ofLoopBody(Statement.For loop, Symbols symbols) {
    SymbolAnalysis analysis = new SymbolAnalysis(symbols);
    analysis.parameters(loop.target());
    analysis.statements(loop.body());
  }

  /** Of the condition of a loop. */
  static void ofLoopTest(Target target, Expr test, Symbols symbols) {
    SymbolAnalysis analysis = new SymbolAnalysis(symbols);
    analysis.parameters(target);
    analysis.expression(test);
  }

  /** Of a macro or the body of a call. */
  static void ofFunction(Statement.Parameters parameters, List<Statement> body, Symbols symbols) {
    SymbolAnalysis analysis = new SymbolAnalysis(symbols);
    parameters.names().forEach(symbols::declareParameter);
    parameters.defaults().forEach(analysis::expression);
    analysis.statements(body);
  }

  static void ofFilterBlock(Statement.FilterBlock block, Symbols symbols) {
    SymbolAnalysis analysis = new SymbolAnalysis(symbols);
    analysis.statements(block.body());
    analysis.expression(block.filter());
  }

  static void ofAutoescape(Statement.Autoescape block, Symbols symbols) {
    SymbolAnalysis analysis = new SymbolAnalysis(symbols);
    analysis.expression(block.value());
    analysis.statements(block.body());
  }

  static void ofWith(Statement.With with, Symbols symbols) {
    SymbolAnalysis analysis = new SymbolAnalysis(symbols);
    with.targets().forEach(analysis::parameters);
    analysis.statements(with.body());
  }

  private void statements(List<Statement> statements) {
    statements.forEach(this::statement);
  }

  private void statement(Statement statement) {
    switch (statement) {
      case Statement.Output output -> output.parts().forEach(this::expression);
      case Statement.For loop -> expression(loop.values());
      case Statement.If condition -> condition(condition);
      case Statement.Assign assign -> {
        expression(assign.value());
        target(assign.target());
      }
      case Statement.AssignBlock assign -> target(assign.target());
      case Statement.With with -> with.values().forEach(this::expression);
      case Statement.Macro macro -> symbols.store(macro.name());
      case Statement.CallBlock call -> expression(call.call());
      case Statement.FilterBlock block -> expression(block.filter());
      case Statement.Loaded loaded -> {
        expression(loaded.template());
        loaded.names().forEach(symbols::store);
      }
      case Statement.Generation _, Statement.Autoescape _, Statement.Block _ -> {}
      case Statement.Break _, Statement.Continue _ -> {}
    }
  }

  private void condition(Statement.If condition) {
    expression(condition.test());
    Symbols trunk = symbols;
    List<Symbols> branches = new ArrayList<>();
    symbols = trunk.branch();
    branches.add(symbols);
    statements(condition.body());
    symbols = trunk.branch();
    branches.add(symbols);
    condition.elifs().forEach(this::condition);
    symbols = trunk.branch();
    branches.add(symbols);
    statements(condition.otherwise());
    symbols = trunk;
    symbols.join(branches);
  }

  private void expression(Expr expression) {
    if (expression instanceof Expr.Name name) {
      symbols.load(name.name());
    } else {
      expression.children().forEach(this::expression);
    }
  }

  private void target(Target target) {
    switch (target) {
      case Target.Name name -> symbols.store(name.name());
      case Target.Attribute attribute -> symbols.load(attribute.namespace());
      case Target.Several several -> several.targets().forEach(this::target);
    }
  }

  private void parameters(Target target) {
    switch (target) {
      case Target.Name name -> symbols.declareParameter(name.name());
      case Target.Attribute attribute -> symbols.load(attribute.namespace());
      case Target.Several several -> several.targets().forEach(this::parameters);
    }
  }
}
