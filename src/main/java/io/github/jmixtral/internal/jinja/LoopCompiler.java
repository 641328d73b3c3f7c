package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Compiles loops. */
final class LoopCompiler {
  /** The rounds of a loop over values. */
  @FunctionalInterface
  private interface Rounds {
    Execution.Flow run(
        Value values,
        Loop.@Nullable Recursion recursion,
        int depth,
        Activation activation,
        TextBuilder out);
  }

  /** Picks the values that pass a loop's condition. */
  @FunctionalInterface
  private interface Selection {
    Value select(Value values, Activation activation);
  }

  private final StatementCompiler statements;
  private final ExpressionCompiler expressions;

  LoopCompiler(StatementCompiler statements, ExpressionCompiler expressions) {
    this.statements = statements;
    this.expressions = expressions;
  }

  Execution compile(Statement.For loop, Frame frame) {
    StatementCompiler.requireLoopUnset(loop);
    Selection selection =
        loop.test() == null ? (values, _) -> values : selection(loop, loop.test(), frame);
    Evaluation values = expressions.compile(loop.values(), frame);
    if (!loop.recursive()) {
      Rounds rounds = rounds(loop, frame.inner(), frame.inner());
      return (activation, out) ->
          rounds.run(
              selection.select(values.value(activation), activation), null, 0, activation, out);
    }
    Frame body = frame.innerFunction();
    FunctionScope scope = body.function();
    Rounds rounds =
        rounds(loop, body, new Frame(frame.symbols().inner(), scope, false, false, false));
    boolean escaping = expressions.autoescape();
    boolean undecided = expressions.undecided();
    return (activation, out) -> {
      Loop.Recursion recursion =
          new Loop.Recursion() {
            @Override
            public Value render(Value inner, int depth) {
              TextBuilder text = new TextBuilder(activation.work());
              rounds.run(
                  selection.select(inner, activation),
                  this,
                  depth,
                  activation.inner(scope.size()),
                  text);
              return text.build()
                  .asMarkupIf(undecided ? activation.rendering().autoescape() : escaping);
            }
          };
      out.add((Text) recursion.render(values.value(activation), 0));
      return Execution.Flow.ON;
    };
  }

  /**
   * @param frame of a round
   * @param otherwiseFrame of what is rendered if no round was
   */
  private Rounds rounds(Statement.For loop, Frame frame, Frame otherwiseFrame) {
    Frame body = frame.asLoop();
    Symbols symbols = body.symbols();
    boolean extended =
        loop.recursive()
            || !SpecialNames.usedIn(loop.body(), Set.of("loop")).isEmpty()
            || StatementSearch.blocks(List.of(loop)).stream().anyMatch(Statement.Block::scoped);
    int loopSlot = extended ? body.function().slot(symbols.declareParameter("loop")) : -1;
    SymbolAnalysis.ofLoopBody(loop, symbols);
    SymbolAnalysis.ofStatements(loop.otherwise(), otherwiseFrame.symbols());
    ScopeEntry entry = ScopeEntry.of(body);
    Assignment target = Assignment.to(loop.target(), body);
    Execution round = statements.body(loop.body(), body);
    ScopeEntry otherwiseEntry = ScopeEntry.of(otherwiseFrame);
    Execution otherwise =
        loop.otherwise().isEmpty() ? null : statements.body(loop.otherwise(), otherwiseFrame);
    return (values, recursion, depth, activation, out) -> {
      Work work = activation.work();
      Loop state = extended ? new Loop(values, recursion, depth, work) : null;
      Iterator<Value> iterator = state != null ? state : Sequences.iterator(values, work);
      boolean none = true;
      while (iterator.hasNext()) {
        work.step();
        target.assign(iterator.next(), activation);
        if (state != null) {
          activation.set(loopSlot, state);
        }
        entry.enter(activation);
        Execution.Flow flow = round.run(activation, out);
        if (flow == Execution.Flow.BREAK) {
          break;
        }
        none &= flow == Execution.Flow.CONTINUE;
      }
      entry.leave(activation);
      if (!none || otherwise == null) {
        return Execution.Flow.ON;
      }
      otherwiseEntry.enter(activation);
      Execution.Flow flow = otherwise.run(activation, out);
      if (flow == Execution.Flow.ON) {
        otherwiseEntry.leave(activation);
      }
      return flow;
    };
  }

  private Selection selection(Statement.For loop, Expr condition, Frame frame) {
    Frame inner = frame.innerFunction();
    SymbolAnalysis.ofLoopTest(loop.target(), condition, inner.symbols());
    ScopeEntry entry = ScopeEntry.of(inner);
    Assignment target = Assignment.to(loop.target(), inner);
    Evaluation value = valueOf(loop.target(), inner);
    Evaluation test = expressions.compile(condition, inner);
    FunctionScope scope = inner.function();
    return (values, outer) ->
        Generator.of(
            new Supplier<>() {
              private @Nullable Activation activation;
              private @Nullable Iterator<Value> iterator;

              @Override
              public @Nullable Value get() {
                if (iterator == null || activation == null) {
                  activation = outer.inner(scope.size());
                  entry.enter(activation);
                  iterator = Sequences.iterator(values, outer.work());
                }
                while (iterator.hasNext()) {
                  target.assign(iterator.next(), activation);
                  if (Truth.of(test.value(activation))) {
                    return value.value(activation);
                  }
                }
                return null;
              }
            });
  }

  /** The value that was assigned to a target. */
  private static Evaluation valueOf(Target target, Frame frame) {
    return switch (target) {
      case Target.Name name -> {
        FunctionScope.Place place = frame.place(name.name(), name.line());
        yield place::get;
      }
      case Target.Attribute attribute -> throw new AssertionError(attribute);
      case Target.Several several -> {
        List<Evaluation> parts = new ArrayList<>();
        several.targets().forEach(one -> parts.add(valueOf(one, frame)));
        yield activation ->
            new TupleValue(parts.stream().map(part -> part.value(activation)).toList());
      }
    };
  }
}
