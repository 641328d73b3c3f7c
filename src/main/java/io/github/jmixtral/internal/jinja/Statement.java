package io.github.jmixtral.internal.jinja;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The tree of a statement. */
sealed interface Statement {
  int line();

  /** The expressions of the statement itself. */
  default List<Expr> expressions() {
    return switch (this) {
      case Output output -> output.parts();
      case For loop -> Expr.present(loop.values(), loop.test());
      case If condition -> List.of(condition.test());
      case Assign assign -> List.of(assign.value());
      case AssignBlock assign -> Expr.present(assign.filter());
      case With with -> with.values();
      case Macro macro -> macro.parameters().defaults();
      case CallBlock call -> joined(call.parameters().defaults(), List.of(call.call()));
      case FilterBlock block -> List.of(block.filter());
      case Autoescape block -> List.of(block.value());
      case Loaded loaded -> List.of(loaded.template());
      case Generation _, Block _, Break _, Continue _ -> List.of();
    };
  }

  /** The statements within. */
  default List<Statement> inner() {
    return switch (this) {
      case For loop -> joined(loop.body(), loop.otherwise());
      case If condition ->
          joined(joined(condition.body(), condition.elifs()), condition.otherwise());
      case AssignBlock assign -> assign.body();
      case With with -> with.body();
      case Macro macro -> macro.body();
      case CallBlock call -> call.body();
      case Generation generation -> generation.body();
      case FilterBlock block -> block.body();
      case Autoescape block -> block.body();
      case Block block -> block.body();
      case Output _, Assign _, Loaded _, Break _, Continue _ -> List.of();
    };
  }

  private static <T> List<T> joined(List<T> first, List<? extends T> second) {
    return Stream.<T>concat(first.stream(), second.stream()).toList();
  }

  /** Text and expressions to write. */
  record Output(List<Expr> parts, int line) implements Statement {}

  /** {@code test} may be null; {@code otherwise} may be empty. */
  record For(
      Target target,
      Expr values,
      @Nullable Expr test,
      boolean recursive,
      List<Statement> body,
      List<Statement> otherwise,
      int line)
      implements Statement {}

  /** {@code elifs} are further conditions with bodies of their own. */
  record If(Expr test, List<Statement> body, List<If> elifs, List<Statement> otherwise, int line)
      implements Statement {}

  record Assign(Target target, Expr value, int line) implements Statement {}

  /** {@code filter} may be null. */
  record AssignBlock(Target target, Expr.@Nullable Filter filter, List<Statement> body, int line)
      implements Statement {}

  record With(List<Target> targets, List<Expr> values, List<Statement> body, int line)
      implements Statement {}

  /** The parameters of a macro; the last ones have defaults. */
  record Parameters(List<String> names, List<Expr> defaults) {
    static final Parameters NONE = new Parameters(List.of(), List.of());

    /** Null if there is none. */
    @Nullable Expr defaultOf(int index) {
      int place = index - (names.size() - defaults.size());
      return place < 0 ? null : defaults.get(place);
    }
  }

  record Macro(String name, Parameters parameters, List<Statement> body, int line)
      implements Statement {}

  record CallBlock(Parameters parameters, Expr.Call call, List<Statement> body, int line)
      implements Statement {}

  /** {@code generation} blocks, which mark an assistant's text for training. */
  record Generation(List<Statement> body, int line) implements Statement {}

  record FilterBlock(Expr.Filter filter, List<Statement> body, int line) implements Statement {}

  record Autoescape(Expr value, List<Statement> body, int line) implements Statement {}

  record Block(String name, boolean scoped, boolean required, List<Statement> body, int line)
      implements Statement {}

  /**
   * {@code include}, {@code extends}, {@code import} and {@code from}, which need another template.
   *
   * @param names those that it would set
   */
  record Loaded(String tag, Expr template, List<String> names, int line) implements Statement {}

  record Break(int line) implements Statement {}

  record Continue(int line) implements Statement {}
}
