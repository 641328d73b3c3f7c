package io.github.jmixtral.internal.jinja;

import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Computes constant expressions beforehand. Jinja2 does, and it shows: a computed slice with wrong
 * bounds is undefined where at run time it would be an error.
 */
final class Folding {
  /** An expression that is not constant. */
  private static final class NotConstantException extends Exception {
    private static final long serialVersionUID = 1L;

    NotConstantException() {
      super(null, null, false, false);
    }
  }

  private final Rendering rendering = new Rendering(JinjaLimits.OF_CONSTANTS, Clock.systemUTC());
  private boolean undecided;

  /**
   * Sets what the code to come is compiled for.
   *
   * @param undecided whether only rendering will tell if texts are escaped
   */
  void setEscaping(boolean autoescape, boolean undecided) {
    rendering.setAutoescape(autoescape);
    this.undecided = undecided;
  }

  /** The value of a constant expression; null if it has none. */
  @Nullable Value constant(Expr expression) {
    try {
      return value(expression);
    } catch (NotConstantException | JinjaException e) {
      return null;
    }
  }

  /** An expression with its constant parts computed. */
  Expr fold(Expr expression) {
    if (undecided) {
      return expression;
    }
    Expr folded = withFoldedChildren(expression);
    if (folded instanceof Expr.Const || folded instanceof Expr.Slice) {
      return folded;
    }
    if (folded instanceof Expr.Dict) {
      requireKeys(folded);
    }
    Value value = constant(folded);
    return value != null && isPlain(value) ? new Expr.Const(value, folded.line()) : folded;
  }

  /** A constant dictionary with a key that cannot be one fails already here. */
  private void requireKeys(Expr dict) {
    try {
      value(dict);
    } catch (NotConstantException _) {
      // Rendering will show.
    } catch (JinjaException failure) {
      if (failure.reason().startsWith("unhashable type")) {
        throw JinjaException.whileCompiling(failure.kind(), failure.reason(), dict.line());
      }
    }
  }

  /** Whether Python source can say the value. */
  private static boolean isPlain(Value value) {
    return switch (value) {
      case NoneValue _, BoolValue _, IntValue _, FloatValue _, Text _, RangeValue _ -> true;
      case ListValue list -> list.elements().stream().allMatch(Folding::isPlain);
      case TupleValue tuple ->
          !tuple.group() && tuple.elements().stream().allMatch(Folding::isPlain);
      case DictValue dict ->
          dict.entries().entrySet().stream()
              .allMatch(entry -> isPlain(entry.getKey().value()) && isPlain(entry.getValue()));
      default -> false;
    };
  }

  private Expr withFoldedChildren(Expr expression) {
    return switch (expression) {
      case Expr.Const _, Expr.TemplateData _, Expr.Name _, Expr.NSRef _ -> expression;
      case Expr.Tuple tuple -> new Expr.Tuple(all(tuple.elements()), tuple.line());
      case Expr.ListOf list -> new Expr.ListOf(all(list.elements()), list.line());
      case Expr.Dict dict -> new Expr.Dict(all(dict.keysAndValues()), dict.line());
      case Expr.Binary binary ->
          new Expr.Binary(
              binary.operator(), fold(binary.left()), fold(binary.right()), binary.line());
      case Expr.Unary unary ->
          new Expr.Unary(unary.operator(), fold(unary.operand()), unary.line());
      case Expr.And and -> new Expr.And(fold(and.left()), fold(and.right()), and.line());
      case Expr.Or or -> new Expr.Or(fold(or.left()), fold(or.right()), or.line());
      case Expr.Not not -> new Expr.Not(fold(not.operand()), not.line());
      case Expr.Concat concat -> new Expr.Concat(all(concat.parts()), concat.line());
      case Expr.Compare compare ->
          new Expr.Compare(all(compare.operands()), compare.operators(), compare.line());
      case Expr.CondExpr condition ->
          new Expr.CondExpr(
              fold(condition.test()),
              fold(condition.then()),
              orNull(condition.otherwise()),
              condition.line());
      case Expr.Getattr getattr ->
          new Expr.Getattr(fold(getattr.owner()), getattr.attribute(), getattr.line());
      case Expr.Getitem getitem ->
          new Expr.Getitem(fold(getitem.owner()), fold(getitem.key()), getitem.line());
      case Expr.Slice slice ->
          new Expr.Slice(
              orNull(slice.start()), orNull(slice.stop()), orNull(slice.step()), slice.line());
      case Expr.Call call -> new Expr.Call(fold(call.callee()), all(call.arguments()), call.line());
      case Expr.Filter filter ->
          new Expr.Filter(
              orNull(filter.value()), filter.name(), all(filter.arguments()), filter.line());
      case Expr.Test test ->
          new Expr.Test(fold(test.value()), test.name(), all(test.arguments()), test.line());
    };
  }

  private @Nullable Expr orNull(@Nullable Expr expression) {
    return expression == null ? null : fold(expression);
  }

  private List<Expr> all(List<Expr> expressions) {
    return expressions.stream().map(this::fold).toList();
  }

  private Expr.CallArguments all(Expr.CallArguments arguments) {
    return new Expr.CallArguments(
        all(arguments.positional()),
        arguments.named().stream()
            .map(keyword -> new Expr.Keyword(keyword.name(), fold(keyword.value())))
            .toList(),
        orNull(arguments.morePositional()),
        orNull(arguments.moreNamed()));
  }

  private Work work() {
    return rendering.work();
  }

  private Value value(Expr expression) throws NotConstantException {
    work().step();
    return switch (expression) {
      case Expr.Const constant -> constant.value();
      case Expr.TemplateData data -> {
        if (undecided) {
          throw new NotConstantException();
        }
        yield Text.of(data.text()).asMarkupIf(rendering.autoescape());
      }
      case Expr.Tuple tuple -> new TupleValue(values(tuple.elements()));
      case Expr.ListOf list -> new ListValue(values(list.elements()));
      case Expr.Dict dict -> {
        DictValue value = new DictValue();
        List<Value> keysAndValues = values(dict.keysAndValues());
        for (int i = 0; i < keysAndValues.size(); i += 2) {
          value.put(keysAndValues.get(i), keysAndValues.get(i + 1), work());
        }
        yield value;
      }
      case Expr.Binary binary ->
          Operators.apply(binary.operator(), value(binary.left()), value(binary.right()), work());
      case Expr.Unary unary -> Operators.apply(unary.operator(), value(unary.operand()));
      case Expr.And and -> {
        Value left = value(and.left());
        yield Truth.of(left) ? value(and.right()) : left;
      }
      case Expr.Or or -> {
        Value left = value(or.left());
        yield Truth.of(left) ? left : value(or.right());
      }
      case Expr.Not not -> BoolValue.of(!Truth.of(value(not.operand())));
      case Expr.Concat concat -> {
        TextBuilder text = new TextBuilder(work());
        for (Value part : values(concat.parts())) {
          text.add(Printing.str(part, work()));
        }
        yield text.build();
      }
      case Expr.Compare compare -> {
        List<Value> operands = new ArrayList<>();
        operands.add(value(compare.operands().getFirst()));
        boolean holds = true;
        for (int i = 0; holds && i < compare.operators().size(); i++) {
          operands.add(value(compare.operands().get(i + 1)));
          holds =
              ExpressionCompiler.compare(
                  compare.operators().get(i), operands.get(i), operands.get(i + 1), work());
        }
        yield BoolValue.of(holds);
      }
      case Expr.CondExpr condition -> {
        if (Truth.of(value(condition.test()))) {
          yield value(condition.then());
        }
        if (condition.otherwise() == null) {
          throw new NotConstantException();
        }
        yield value(condition.otherwise());
      }
      case Expr.Getattr getattr ->
          Attributes.attribute(value(getattr.owner()), getattr.attribute(), work());
      case Expr.Getitem getitem -> item(getitem);
      case Expr.Filter filter -> {
        Filter found = Filters.find(filter.name());
        if (filter.value() == null || found == null || found.contextual() || undecided) {
          throw new NotConstantException();
        }
        Arguments arguments = arguments(filter.arguments());
        yield found.apply(value(filter.value()), arguments, rendering);
      }
      case Expr.Test test -> {
        Tests.Body found = Tests.find(test.name());
        if (found == null || undecided) {
          throw new NotConstantException();
        }
        Arguments arguments = arguments(test.arguments());
        yield BoolValue.of(found.holds(value(test.value()), arguments, rendering));
      }
      case Expr.Name _, Expr.NSRef _, Expr.Slice _, Expr.Call _ -> throw new NotConstantException();
    };
  }

  private List<Value> values(List<Expr> expressions) throws NotConstantException {
    List<Value> values = new ArrayList<>(expressions.size());
    for (Expr expression : expressions) {
      values.add(value(expression));
    }
    return values;
  }

  private Arguments arguments(Expr.CallArguments arguments) throws NotConstantException {
    List<Value> positional = values(arguments.positional());
    Map<String, Value> named = new LinkedHashMap<>();
    for (Expr.Keyword keyword : arguments.named()) {
      named.put(keyword.name(), value(keyword.value()));
    }
    if (arguments.morePositional() != null) {
      positional.addAll(Sequences.list(value(arguments.morePositional()), work()));
    }
    if (arguments.moreNamed() != null) {
      if (!(value(arguments.moreNamed()) instanceof DictValue more)) {
        throw new NotConstantException();
      }
      for (Map.Entry<Key, Value> entry : more.entries().entrySet()) {
        if (!(entry.getKey().value() instanceof Text name)) {
          throw new NotConstantException();
        }
        named.put(name.string(), entry.getValue());
      }
    }
    return new Arguments(positional, named);
  }

  /** A slice with wrong bounds, or of what has none, is an item that is not there. */
  private Value item(Expr.Getitem getitem) throws NotConstantException {
    Value owner = value(getitem.owner());
    if (getitem.key() instanceof Expr.Slice slice) {
      Value start = valueOrNull(slice.start());
      Value stop = valueOrNull(slice.stop());
      Value step = valueOrNull(slice.step());
      try {
        return Sequences.slice(owner, start, stop, step, work());
      } catch (JinjaException e) {
        if (e.kind().equals("TypeError")) {
          return Undefined.of(owner, NoneValue.NONE);
        }
        throw e;
      }
    }
    if (getitem.key() instanceof Expr.Tuple tuple
        && tuple.elements().stream().anyMatch(Expr.Slice.class::isInstance)) {
      for (Expr part : tuple.elements()) {
        if (part instanceof Expr.Slice slice) {
          values(slice.children());
        } else {
          value(part);
        }
      }
      return ExpressionCompiler.itemOfSlices(owner);
    }
    return Attributes.item(owner, value(getitem.key()), work());
  }

  private @Nullable Value valueOrNull(@Nullable Expr expression) throws NotConstantException {
    return expression == null ? null : value(expression);
  }
}
