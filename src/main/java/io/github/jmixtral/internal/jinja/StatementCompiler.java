package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Compiles statements. */
final class StatementCompiler {
  private final ExpressionCompiler expressions = new ExpressionCompiler();
  private final Map<String, Statement.Block> blocks = new HashMap<>();

  private StatementCompiler() {}

  /** Compiles a template. */
  static CompiledTemplate compile(List<Statement> statements) {
    StatementCompiler compiler = new StatementCompiler();
    for (Statement.Block block : StatementSearch.blocks(statements)) {
      if (compiler.blocks.putIfAbsent(block.name(), block) != null) {
        throw JinjaException.assertion(
            "block " + Printing.quoted(block.name()) + " defined twice", block.line());
      }
    }
    Block root = compiler.function(statements, null);
    Map<String, Block> compiled = new HashMap<>();
    compiler.blocks.forEach(
        (name, block) -> compiled.put(name, compiler.function(block.body(), name)));
    return new CompiledTemplate(root, Map.copyOf(compiled));
  }

  /**
   * Compiles the template itself or a block.
   *
   * @param name the block's; null for the template
   */
  private Block function(List<Statement> statements, @Nullable String name) {
    FunctionScope scope = FunctionScope.root();
    Frame frame = new Frame(Symbols.root(), scope, name == null, false, false);
    Set<String> special = SpecialNames.usedIn(statements, Set.of("self", "super"));
    int self = -1;
    int parent = -1;
    if (special.contains("self")) {
      self = scope.slot(frame.symbols().declareParameter("self"));
    }
    if (name != null && special.contains("super")) {
      parent = scope.slot(frame.symbols().declareParameter("super"));
    }
    SymbolAnalysis.ofStatements(statements, frame.symbols());
    ScopeEntry entry = ScopeEntry.of(frame);
    Execution body = all(statements, frame);
    int selfSlot = self;
    int superSlot = parent;
    return new Block(
        scope.size(),
        (activation, out) -> {
          if (selfSlot >= 0) {
            activation.set(selfSlot, new Blocks(activation.context()));
          }
          if (name != null && superSlot >= 0) {
            activation.set(
                superSlot,
                Undefined.because(
                    "there is no parent block called " + Printing.quoted(name) + "."));
          }
          entry.enter(activation);
          return body.run(activation, out);
        });
  }

  private Execution all(List<Statement> statements, Frame frame) {
    Execution[] compiled =
        statements.stream().map(statement -> compile(statement, frame)).toArray(Execution[]::new);
    return (activation, out) -> {
      Work work = activation.work();
      work.enter();
      for (Execution statement : compiled) {
        work.step();
        Execution.Flow flow = statement.run(activation, out);
        if (flow != Execution.Flow.ON) {
          work.leave();
          return flow;
        }
      }
      work.leave();
      return Execution.Flow.ON;
    };
  }

  private Execution compile(Statement statement, Frame frame) {
    Execution compiled =
        switch (statement) {
          case Statement.Output output -> output(output, frame);
          case Statement.For loop -> new LoopCompiler(this, expressions).compile(loop, frame);
          case Statement.If condition -> condition(condition, frame.asSoft());
          case Statement.Assign assign -> assign(assign, frame);
          case Statement.AssignBlock assign -> assignBlock(assign, frame);
          case Statement.With with -> with(with, frame);
          case Statement.Macro macro -> macro(macro, frame);
          case Statement.CallBlock call -> callBlock(call, frame);
          case Statement.Generation generation -> generation(generation, frame);
          case Statement.FilterBlock block -> filterBlock(block, frame);
          case Statement.Autoescape block -> autoescape(block, frame);
          case Statement.Block block -> block(block, frame);
          case Statement.Loaded loaded -> loaded(loaded, frame);
          case Statement.Break jump -> jump(Execution.Flow.BREAK, "break", jump.line(), frame);
          case Statement.Continue jump ->
              jump(Execution.Flow.CONTINUE, "continue", jump.line(), frame);
        };
    int line = statement.line();
    return (activation, out) -> {
      activation.rendering().setLine(line);
      return compiled.run(activation, out);
    };
  }

  /** The body of a tag, in a frame of its own. */
  Execution body(List<Statement> statements, Frame frame) {
    return all(statements, frame);
  }

  private static Execution jump(Execution.Flow flow, String tag, int line, Frame frame) {
    if (!frame.inLoop()) {
      throw JinjaException.whileCompiling("SyntaxError", "'" + tag + "' outside loop", line);
    }
    return (_, _) -> flow;
  }

  private Execution output(Statement.Output output, Frame frame) {
    List<Execution> parts = new ArrayList<>();
    for (Expr part : output.parts()) {
      parts.add(part(part, frame));
    }
    Execution[] compiled = parts.toArray(Execution[]::new);
    return (activation, out) -> {
      for (Execution part : compiled) {
        part.run(activation, out);
      }
      return Execution.Flow.ON;
    };
  }

  private Execution part(Expr part, Frame frame) {
    Text constant = part instanceof Expr.TemplateData data ? Text.of(data.text()) : constant(part);
    if (constant != null) {
      return (_, out) -> {
        out.add(constant);
        return Execution.Flow.ON;
      };
    }
    Evaluation evaluation = expressions.compile(part, frame);
    boolean escaping = expressions.autoescape();
    boolean undecided = expressions.undecided();
    int line = part.line();
    return (activation, out) -> {
      Rendering rendering = activation.rendering();
      rendering.setLine(line);
      Value value = evaluation.value(activation);
      boolean escape = undecided ? rendering.autoescape() : escaping;
      out.add(
          escape ? Html.escape(value, activation.work()) : Printing.str(value, activation.work()));
      return Execution.Flow.ON;
    };
  }

  /** What a constant expression prints; null if it is not constant. */
  private @Nullable Text constant(Expr part) {
    Value value = expressions.constant(part);
    if (value == null) {
      return null;
    }
    try {
      Work work = new Work(JinjaLimits.OF_CONSTANTS);
      boolean escaping = expressions.autoescape() && !expressions.undecided();
      return escaping ? Html.escape(value, work).asPlain() : Printing.str(value, work);
    } catch (JinjaException e) {
      return null;
    }
  }

  private Execution condition(Statement.If condition, Frame frame) {
    Evaluation test = expressions.compile(condition.test(), frame);
    Execution body = all(condition.body(), frame);
    List<Evaluation> elifTests = new ArrayList<>();
    List<Execution> elifBodies = new ArrayList<>();
    for (Statement.If elif : condition.elifs()) {
      elifTests.add(expressions.compile(elif.test(), frame));
      elifBodies.add(all(elif.body(), frame));
    }
    Execution otherwise = all(condition.otherwise(), frame);
    return (activation, out) -> {
      if (Truth.of(test.value(activation))) {
        return body.run(activation, out);
      }
      for (int i = 0; i < elifTests.size(); i++) {
        activation.work().step();
        if (Truth.of(elifTests.get(i).value(activation))) {
          return elifBodies.get(i).run(activation, out);
        }
      }
      return otherwise.run(activation, out);
    };
  }

  private Execution assign(Statement.Assign assign, Frame frame) {
    Evaluation value = expressions.compile(assign.value(), frame);
    Assignment assignment = Assignment.to(assign.target(), frame);
    return (activation, _) -> {
      assignment.requireNamespaces(activation);
      assignment.assign(value.value(activation), activation);
      return Execution.Flow.ON;
    };
  }

  private Execution assignBlock(Statement.AssignBlock assign, Frame frame) {
    Frame inner = frame.inner();
    SymbolAnalysis.ofStatements(assign.body(), inner.symbols());
    ScopeEntry entry = ScopeEntry.of(inner);
    Execution body = all(assign.body(), inner);
    Assignment assignment = Assignment.to(assign.target(), frame);
    Captured text = new Captured();
    Evaluation filtered =
        assign.filter() == null ? null : expressions.filterOf(assign.filter(), inner, text);
    boolean escaping = expressions.autoescape();
    boolean undecided = expressions.undecided();
    int textSlot = text.reserve(inner.function());
    return (activation, out) -> {
      entry.enter(activation);
      TextBuilder captured = new TextBuilder(activation.work());
      Execution.Flow flow = body.run(activation, captured);
      if (flow != Execution.Flow.ON) {
        return flow;
      }
      Text result = captured.build();
      Value value = result;
      boolean escape = undecided ? activation.rendering().autoescape() : escaping;
      if (filtered != null) {
        activation.set(textSlot, result.asMarkupIf(escape));
        value = filtered.value(activation);
      }
      if (activation.rendering().autoescape()) {
        value = Printing.str(value, activation.work()).asMarkup();
      }
      assignment.assign(value, activation);
      entry.leave(activation);
      return Execution.Flow.ON;
    };
  }

  /** The text of a block, as the first value of the block's filters: a slot of its own. */
  private static final class Captured implements Evaluation {
    private int slot;

    int reserve(FunctionScope scope) {
      slot = scope.slot("text of block " + scope.size());
      return slot;
    }

    @Override
    public Value value(Activation activation) {
      return activation.get(0, slot);
    }
  }

  private Execution with(Statement.With with, Frame frame) {
    Frame inner = frame.inner();
    SymbolAnalysis.ofWith(with, inner.symbols());
    ScopeEntry entry = ScopeEntry.of(inner);
    List<Assignment> assignments = new ArrayList<>();
    List<Evaluation> values = new ArrayList<>();
    for (int i = 0; i < with.targets().size(); i++) {
      assignments.add(Assignment.to(with.targets().get(i), inner));
      values.add(expressions.compile(with.values().get(i), frame));
    }
    Execution body = all(with.body(), inner);
    return (activation, out) -> {
      entry.enter(activation);
      for (int i = 0; i < values.size(); i++) {
        assignments.get(i).assign(values.get(i).value(activation), activation);
      }
      Execution.Flow flow = body.run(activation, out);
      if (flow == Execution.Flow.ON) {
        entry.leave(activation);
      }
      return flow;
    };
  }

  private Execution macro(Statement.Macro macro, Frame frame) {
    Evaluation value =
        new MacroCompiler(this, expressions)
            .compile(macro.name(), macro.parameters(), macro.body(), macro.line(), frame);
    Assignment assignment = Assignment.to(new Target.Name(macro.name(), macro.line()), frame);
    return (activation, _) -> {
      assignment.assign(value.value(activation), activation);
      return Execution.Flow.ON;
    };
  }

  private Execution callBlock(Statement.CallBlock block, Frame frame) {
    Evaluation caller =
        new MacroCompiler(this, expressions)
            .compile(null, block.parameters(), block.body(), block.line(), frame);
    Evaluation call = expressions.callWith(block.call(), frame, caller);
    return (activation, out) -> {
      out.add(requireText(call.value(activation)));
      return Execution.Flow.ON;
    };
  }

  private Execution generation(Statement.Generation generation, Frame frame) {
    Evaluation caller =
        new MacroCompiler(this, expressions)
            .compile(null, Statement.Parameters.NONE, generation.body(), generation.line(), frame);
    return (activation, out) -> {
      Value text = Calls.call(caller.value(activation), Arguments.NONE, activation.rendering());
      out.add(requireText(text));
      return Execution.Flow.ON;
    };
  }

  /** What blocks write has to be text; nothing makes it so. */
  private static Text requireText(Value value) {
    if (value instanceof Text text) {
      return text;
    }
    throw JinjaException.typeError(
        "sequence item 0: expected str instance, " + value.typeName() + " found");
  }

  private Execution filterBlock(Statement.FilterBlock block, Frame frame) {
    Frame inner = frame.inner();
    SymbolAnalysis.ofFilterBlock(block, inner.symbols());
    ScopeEntry entry = ScopeEntry.of(inner);
    Execution body = all(block.body(), inner);
    Captured text = new Captured();
    Evaluation filtered = expressions.filterOf(block.filter(), inner, text);
    boolean escaping = expressions.autoescape();
    boolean undecided = expressions.undecided();
    int textSlot = text.reserve(inner.function());
    return (activation, out) -> {
      entry.enter(activation);
      TextBuilder captured = new TextBuilder(activation.work());
      Execution.Flow flow = body.run(activation, captured);
      if (flow != Execution.Flow.ON) {
        return flow;
      }
      boolean escape = undecided ? activation.rendering().autoescape() : escaping;
      activation.set(textSlot, captured.build().asMarkupIf(escape));
      out.add(requireText(filtered.value(activation)));
      entry.leave(activation);
      return Execution.Flow.ON;
    };
  }

  private Execution autoescape(Statement.Autoescape block, Frame frame) {
    Frame inner = frame.inner();
    SymbolAnalysis.ofAutoescape(block, inner.symbols());
    ScopeEntry entry = ScopeEntry.of(inner);
    Evaluation value = expressions.compile(block.value(), inner);
    Value constant = expressions.constant(block.value());
    boolean outerEscaping = expressions.autoescape();
    boolean outerUndecided = expressions.undecided();
    expressions.setEscaping(
        constant == null ? outerEscaping : Truth.of(constant), outerUndecided || constant == null);
    Execution body = all(block.body(), inner);
    expressions.setEscaping(outerEscaping, outerUndecided);
    return (activation, out) -> {
      Rendering rendering = activation.rendering();
      boolean outer = rendering.autoescape();
      entry.enter(activation);
      rendering.setAutoescape(Truth.of(value.value(activation)));
      Execution.Flow flow = body.run(activation, out);
      if (flow == Execution.Flow.ON) {
        rendering.setAutoescape(outer);
        entry.leave(activation);
      }
      return flow;
    };
  }

  private Execution block(Statement.Block block, Frame frame) {
    String name = block.name();
    if (block.required()) {
      return (_, _) -> {
        throw JinjaException.of(
            "TemplateRuntimeError", "Required block " + Printing.quoted(name) + " not found");
      };
    }
    Map<String, FunctionScope.Place> locals = new HashMap<>();
    if (block.scoped()) {
      frame
          .symbols()
          .allStores()
          .forEach((local, variable) -> locals.put(local, frame.function().find(variable)));
    }
    return (activation, out) -> {
      Context context = activation.context();
      if (block.scoped()) {
        Map<String, Value> values = new HashMap<>();
        locals.forEach(
            (local, place) -> {
              Value value = place.get(activation);
              if (value != null) {
                values.put(local, value);
              }
            });
        activation.work().steps(values.size() + 1L);
        context = context.with(values);
      }
      Objects.requireNonNull(context.block(name), name)
          .block()
          .run(context, activation.rendering(), out);
      return Execution.Flow.ON;
    };
  }

  private Execution loaded(Statement.Loaded loaded, Frame frame) {
    if (loaded.tag().equals("extends") && !frame.topLevel()) {
      throw JinjaException.assertion("cannot use extend from a non top-level scope", loaded.line());
    }
    Evaluation template = expressions.compile(loaded.template(), frame);
    return (activation, _) -> {
      template.value(activation);
      throw JinjaException.typeError("no loader for this environment specified");
    };
  }

  /** Fails if a loop's variable {@code loop} would be set. */
  static void requireLoopUnset(Statement.For loop) {
    StatementSearch.stores(loop).stream()
        .filter(name -> name.name().equals("loop"))
        .findFirst()
        .ifPresent(
            name -> {
              throw JinjaException.assertion(
                  "Can't assign to special loop variable in for-loop target", name.line());
            });
  }

  /** The names that stand for a macro's own arguments, as far as its body uses them. */
  static Set<String> specialParameters(List<Statement> body) {
    return new HashSet<>(SpecialNames.usedIn(body, Set.of("caller", "kwargs", "varargs")));
  }
}
