package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Compiles macros and the bodies of calls. */
final class MacroCompiler {
  private final StatementCompiler statements;
  private final ExpressionCompiler expressions;

  MacroCompiler(StatementCompiler statements, ExpressionCompiler expressions) {
    this.statements = statements;
    this.expressions = expressions;
  }

  /** An evaluation that gives the macro with the variables around it. */
  Evaluation compile(
      @Nullable String name,
      Statement.Parameters parameters,
      List<Statement> body,
      int line,
      Frame frame) {
    Frame inner = frame.innerFunction();
    FunctionScope scope = inner.function();
    Symbols symbols = inner.symbols();
    SymbolAnalysis.ofFunction(parameters, body, symbols);
    List<Integer> slots = new ArrayList<>();
    parameters.names().forEach(parameter -> slots.add(scope.slot(symbols.require(parameter))));

    Set<String> special = StatementCompiler.specialParameters(body);
    boolean usesCaller = special.contains("caller");
    int caller = parameters.names().indexOf("caller");
    if (usesCaller && caller >= 0 && parameters.defaultOf(caller) == null) {
      throw JinjaException.assertion(
          "When defining macros or call blocks the special \"caller\" argument must be omitted or"
              + " be given a default.",
          line);
    }
    if (usesCaller && caller < 0) {
      slots.add(scope.slot(symbols.declareParameter("caller")));
    }
    boolean catchesNamed = isSpecial("kwargs", special, parameters);
    if (catchesNamed) {
      slots.add(scope.slot(symbols.declareParameter("kwargs")));
    }
    boolean catchesPositional = isSpecial("varargs", special, parameters);
    if (catchesPositional) {
      slots.add(scope.slot(symbols.declareParameter("varargs")));
    }

    ScopeEntry entry = ScopeEntry.of(inner);
    List<Evaluation> defaults = new ArrayList<>();
    for (int i = 0; i < parameters.names().size(); i++) {
      defaults.add(defaultOf(i, parameters, inner));
    }
    Execution compiled = statements.body(body, inner);
    List<String> names = List.copyOf(parameters.names());
    return activation ->
        new Macro(
            name,
            names,
            catchesNamed,
            catchesPositional,
            usesCaller,
            arguments -> {
              Activation call = activation.inner(scope.size());
              for (int i = 0; i < arguments.size(); i++) {
                call.set(slots.get(i), arguments.get(i));
              }
              entry.enter(call);
              for (int i = 0; i < defaults.size(); i++) {
                if (arguments.get(i) == null) {
                  call.set(slots.get(i), defaults.get(i).value(call));
                }
              }
              TextBuilder out = new TextBuilder(call.work());
              compiled.run(call, out);
              return out.build();
            });
  }

  private static boolean isSpecial(
      String name, Set<String> special, Statement.Parameters parameters) {
    return special.contains(name) && !parameters.names().contains(name);
  }

  private Evaluation defaultOf(int index, Statement.Parameters parameters, Frame frame) {
    Expr given = parameters.defaultOf(index);
    String name = parameters.names().get(index);
    return given == null
        ? _ -> Undefined.because("parameter " + Printing.quoted(name) + " was not provided")
        : expressions.compile(given, frame);
  }
}
