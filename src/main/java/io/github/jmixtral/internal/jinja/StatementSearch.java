package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.List;

/** Finds blocks and assignments anywhere within statements. */
final class StatementSearch {
  private final List<Statement.Block> blocks = new ArrayList<>();
  private final List<Target.Name> stores = new ArrayList<>();

  private StatementSearch() {}

  static List<Statement.Block> blocks(List<Statement> statements) {
    StatementSearch search = new StatementSearch();
    search.statements(statements);
    return search.blocks;
  }

  /** The names that a loop or anything in it sets. */
  static List<Target.Name> stores(Statement.For loop) {
    StatementSearch search = new StatementSearch();
    search.statement(loop);
    return search.stores;
  }

  private void statements(List<Statement> statements) {
    statements.forEach(this::statement);
  }

  private void statement(Statement statement) {
    switch (statement) {
      case Statement.For loop -> target(loop.target());
      case Statement.Assign assign -> target(assign.target());
      case Statement.AssignBlock assign -> target(assign.target());
      case Statement.Block block -> blocks.add(block);
      default -> {}
    }
    statements(statement.inner());
  }

  private void target(Target target) {
    switch (target) {
      case Target.Name name -> stores.add(name);
      case Target.Attribute _ -> {}
      case Target.Several several -> several.targets().forEach(this::target);
    }
  }
}
