package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Compiles expressions. */
final class ExpressionCompiler {
  /** The arguments of a call, computed. */
  @FunctionalInterface
  private interface ArgumentsEvaluation {
    Arguments arguments(Activation activation);
  }

  private final Folding folding = new Folding();
  private boolean autoescape;
  private boolean undecided;

  /** Whether texts are escaped in the code to come; {@code undecided} if only rendering tells. */
  void setEscaping(boolean autoescape, boolean undecided) {
    this.autoescape = autoescape;
    this.undecided = undecided;
    folding.setEscaping(autoescape, undecided);
  }

  boolean autoescape() {
    return autoescape;
  }

  boolean undecided() {
    return undecided;
  }

  /** The value of a constant expression; null if it has none. */
  @Nullable Value constant(Expr expression) {
    return folding.constant(expression);
  }

  Evaluation compile(Expr expression, Frame frame) {
    return switch (expression) {
      case Expr.Const _, Expr.TemplateData _, Expr.Name _, Expr.NSRef _ ->
          folded(expression, frame);
      case Expr.Tuple _, Expr.ListOf _, Expr.Dict _ ->
          folded(withFoldedElements(expression), frame);
      default -> folded(folding.fold(expression), frame);
    };
  }

  /** Displays are not computed themselves, only their elements. */
  private Expr withFoldedElements(Expr expression) {
    return switch (expression) {
      case Expr.Tuple tuple -> new Expr.Tuple(withFoldedElements(tuple.elements()), tuple.line());
      case Expr.ListOf list -> new Expr.ListOf(withFoldedElements(list.elements()), list.line());
      case Expr.Dict dict -> new Expr.Dict(withFoldedElements(dict.keysAndValues()), dict.line());
      default -> folding.fold(expression);
    };
  }

  private List<Expr> withFoldedElements(List<Expr> elements) {
    return elements.stream().map(this::withFoldedElements).toList();
  }

  /** Compiles an expression whose constant parts are computed already. */
  private Evaluation folded(Expr expression, Frame frame) {
    return switch (expression) {
      case Expr.Const constant -> constant(constant.value());
      case Expr.TemplateData data -> {
        Text text = Text.of(data.text());
        yield activation ->
            text.asMarkupIf(undecided ? activation.rendering().autoescape() : autoescape);
      }
      case Expr.Name name -> name(name, frame);
      case Expr.NSRef reference -> throw new AssertionError(reference);
      case Expr.Tuple tuple -> {
        Evaluation[] elements = all(tuple.elements(), frame);
        yield activation -> new TupleValue(values(elements, activation));
      }
      case Expr.ListOf list -> {
        Evaluation[] elements = all(list.elements(), frame);
        yield activation -> new ListValue(values(elements, activation));
      }
      case Expr.Dict dict -> dict(dict, frame);
      case Expr.Binary binary -> {
        Evaluation left = folded(binary.left(), frame);
        Evaluation right = folded(binary.right(), frame);
        Operators.Binary operator = binary.operator();
        yield nested(
            activation ->
                Operators.apply(
                    operator, left.value(activation), right.value(activation), activation.work()));
      }
      case Expr.Unary unary -> {
        Evaluation operand = folded(unary.operand(), frame);
        yield nested(activation -> Operators.apply(unary.operator(), operand.value(activation)));
      }
      case Expr.And and -> {
        Evaluation left = folded(and.left(), frame);
        Evaluation right = folded(and.right(), frame);
        yield nested(
            activation -> {
              Value first = left.value(activation);
              return Truth.of(first) ? right.value(activation) : first;
            });
      }
      case Expr.Or or -> {
        Evaluation left = folded(or.left(), frame);
        Evaluation right = folded(or.right(), frame);
        yield nested(
            activation -> {
              Value first = left.value(activation);
              return Truth.of(first) ? first : right.value(activation);
            });
      }
      case Expr.Not not -> {
        Evaluation operand = folded(not.operand(), frame);
        yield nested(activation -> BoolValue.of(!Truth.of(operand.value(activation))));
      }
      case Expr.Concat concat -> concat(concat, frame);
      case Expr.Compare compare -> compare(compare, frame);
      case Expr.CondExpr condition -> condition(condition, frame.asSoft());
      case Expr.Getattr getattr -> {
        Evaluation owner = folded(getattr.owner(), frame);
        String attribute = getattr.attribute();
        yield nested(
            activation ->
                Attributes.attribute(owner.value(activation), attribute, activation.work()));
      }
      case Expr.Getitem getitem -> item(getitem, frame);
      case Expr.Slice slice -> throw new AssertionError(slice);
      case Expr.Call call -> call(call, frame, null);
      case Expr.Filter filter -> filter(filter, frame, null);
      case Expr.Test test -> test(test, frame);
    };
  }

  /** Counts a level of depth around an evaluation. */
  private static Evaluation nested(Evaluation evaluation) {
    return activation -> {
      Work work = activation.work();
      work.enter();
      Value value = evaluation.value(activation);
      work.leave();
      return value;
    };
  }

  private Evaluation constant(Value value) {
    String unspeakable = unspeakable(value);
    if (unspeakable != null) {
      // The reference writes constants as Python source, where inf and nan are unknown names.
      return _ -> {
        throw JinjaException.of("NameError", "name '" + unspeakable + "' is not defined");
      };
    }
    return _ -> value;
  }

  /** {@code inf} or {@code nan} if the value is or holds one; else null. */
  private static @Nullable String unspeakable(Value value) {
    return switch (value) {
      case FloatValue number ->
          Double.isNaN(number.value()) ? "nan" : Double.isInfinite(number.value()) ? "inf" : null;
      case ListValue list -> unspeakable(list.elements());
      case TupleValue tuple -> unspeakable(tuple.elements());
      case DictValue dict -> {
        List<Value> keysAndValues = new ArrayList<>();
        dict.entries()
            .forEach(
                (key, element) -> {
                  keysAndValues.add(key.value());
                  keysAndValues.add(element);
                });
        yield unspeakable(keysAndValues);
      }
      default -> null;
    };
  }

  private static @Nullable String unspeakable(List<Value> values) {
    for (Value value : values) {
      String name = unspeakable(value);
      if (name != null) {
        return name;
      }
    }
    return null;
  }

  private static Evaluation name(Expr.Name name, Frame frame) {
    FunctionScope.Place place = frame.place(name.name(), name.line());
    return activation -> {
      activation.work().step();
      Value value = place.get(activation);
      return value != null ? value : Undefined.name(name.name());
    };
  }

  private Evaluation[] all(List<Expr> expressions, Frame frame) {
    return expressions.stream()
        .map(expression -> folded(expression, frame))
        .toArray(Evaluation[]::new);
  }

  private static List<Value> values(Evaluation[] evaluations, Activation activation) {
    activation.work().steps(evaluations.length);
    activation.work().enter();
    List<Value> values = new ArrayList<>(evaluations.length);
    for (Evaluation evaluation : evaluations) {
      values.add(evaluation.value(activation));
    }
    activation.work().leave();
    return values;
  }

  private Evaluation dict(Expr.Dict dict, Frame frame) {
    Evaluation[] keysAndValues = all(dict.keysAndValues(), frame);
    return activation -> {
      List<Value> values = values(keysAndValues, activation);
      DictValue value = new DictValue();
      for (int i = 0; i < values.size(); i += 2) {
        value.put(values.get(i), values.get(i + 1), activation.work());
      }
      return value;
    };
  }

  private Evaluation concat(Expr.Concat concat, Frame frame) {
    Evaluation[] parts = all(concat.parts(), frame);
    boolean escaping = autoescape && !undecided;
    return activation -> {
      Work work = activation.work();
      List<Value> values = values(parts, activation);
      boolean markup =
          escaping
              && values.stream().anyMatch(value -> value instanceof Text text && text.isMarkup());
      TextBuilder text = new TextBuilder(work);
      for (Value value : values) {
        text.add(markup ? Html.escape(value, work) : Printing.str(value, work));
      }
      return text.build().asMarkupIf(markup);
    };
  }

  private Evaluation compare(Expr.Compare compare, Frame frame) {
    Evaluation[] operands = all(compare.operands(), frame);
    String[] operators = compare.operators().toArray(String[]::new);
    return nested(
        activation -> {
          Value left = operands[0].value(activation);
          for (int i = 0; i < operators.length; i++) {
            Value right = operands[i + 1].value(activation);
            if (!compare(operators[i], left, right, activation.work())) {
              return BoolValue.FALSE;
            }
            left = right;
          }
          return BoolValue.TRUE;
        });
  }

  static boolean compare(String operator, Value left, Value right, Work work) {
    return switch (operator) {
      case "==" -> Comparison.equal(left, right, work);
      case "!=" -> !Comparison.equal(left, right, work);
      case "<" -> Comparison.ordered(Comparison.Order.LESS, left, right, work);
      case "<=" -> Comparison.ordered(Comparison.Order.LESS_OR_EQUAL, left, right, work);
      case ">" -> Comparison.ordered(Comparison.Order.GREATER, left, right, work);
      case ">=" -> Comparison.ordered(Comparison.Order.GREATER_OR_EQUAL, left, right, work);
      case "in" -> Comparison.contains(right, left, work);
      case "not in" -> !Comparison.contains(right, left, work);
      default -> throw new AssertionError(operator);
    };
  }

  private Evaluation condition(Expr.CondExpr condition, Frame frame) {
    Evaluation test = folded(condition.test(), frame);
    Evaluation then = folded(condition.then(), frame);
    Evaluation otherwise =
        condition.otherwise() != null
            ? folded(condition.otherwise(), frame)
            : _ ->
                Undefined.because(
                    "the inline if-expression on line "
                        + condition.line()
                        + " evaluated to false and no else section was defined.");
    return nested(
        activation -> (Truth.of(test.value(activation)) ? then : otherwise).value(activation));
  }

  private Evaluation item(Expr.Getitem getitem, Frame frame) {
    Evaluation owner = folded(getitem.owner(), frame);
    if (getitem.key() instanceof Expr.Slice slice) {
      Evaluation start = optional(slice.start(), frame);
      Evaluation stop = optional(slice.stop(), frame);
      Evaluation step = optional(slice.step(), frame);
      return nested(
          activation ->
              Sequences.slice(
                  owner.value(activation),
                  valueOrNull(start, activation),
                  valueOrNull(stop, activation),
                  valueOrNull(step, activation),
                  activation.work()));
    }
    if (getitem.key() instanceof Expr.Tuple tuple
        && tuple.elements().stream().anyMatch(Expr.Slice.class::isInstance)) {
      // Python has no such syntax, into which the reference would write it.
      throw JinjaException.whileCompiling("SyntaxError", "invalid syntax", getitem.line());
    }
    Evaluation key = folded(getitem.key(), frame);
    return nested(
        activation ->
            Attributes.item(owner.value(activation), key.value(activation), activation.work()));
  }

  /** Several indexes, one of them a slice: no value has such an item. */
  static Value itemOfSlices(Value owner) {
    if (owner instanceof Undefined missing) {
      throw missing.failure();
    }
    return Undefined.of(owner, TupleValue.of());
  }

  /** An expression that may be left out, and is null then. */
  private @Nullable Evaluation optional(@Nullable Expr expression, Frame frame) {
    return expression == null ? null : folded(expression, frame);
  }

  private static @Nullable Value valueOrNull(
      @Nullable Evaluation evaluation, Activation activation) {
    return evaluation == null ? null : evaluation.value(activation);
  }

  /**
   * Compiles a call.
   *
   * @param caller gives the argument of that name; may be null
   */
  Evaluation callWith(Expr.Call call, Frame frame, Evaluation caller) {
    return call((Expr.Call) folding.fold(call), frame, caller);
  }

  private Evaluation call(Expr.Call call, Frame frame, @Nullable Evaluation caller) {
    Evaluation callee = folded(call.callee(), frame);
    boolean twice =
        caller != null
            && call.arguments().named().stream().anyMatch(one -> one.name().equals("caller"));
    if (twice) {
      throw repeated("caller", call.line());
    }
    ArgumentsEvaluation arguments = arguments(call.arguments(), frame, call.line());
    int line = call.line();
    return nested(
        activation -> {
          Value function = callee.value(activation);
          Arguments given = arguments.arguments(activation);
          if (caller != null) {
            if (given.named().containsKey("caller")) {
              throw repeatedAtRunTime("caller");
            }
            given = given.with("caller", caller.value(activation));
          }
          activation.rendering().setLine(line);
          Value result = Calls.call(function, given, activation.rendering());
          activation.rendering().setLine(line);
          return result;
        });
  }

  private static JinjaException repeated(String name, int line) {
    return JinjaException.whileCompiling("SyntaxError", "keyword argument repeated: " + name, line);
  }

  private static JinjaException repeatedAtRunTime(String name) {
    return JinjaException.typeError(
        "got multiple values for keyword argument " + Printing.quoted(name));
  }

  private ArgumentsEvaluation arguments(Expr.CallArguments arguments, Frame frame, int line) {
    Evaluation[] positional = all(arguments.positional(), frame);
    Map<String, Evaluation> named = new LinkedHashMap<>();
    Set<String> names = new HashSet<>();
    for (Expr.Keyword keyword : arguments.named()) {
      if (!names.add(keyword.name())) {
        throw repeated(keyword.name(), line);
      }
      named.put(keyword.name(), folded(keyword.value(), frame));
    }
    Evaluation morePositional = optional(arguments.morePositional(), frame);
    Evaluation moreNamed = optional(arguments.moreNamed(), frame);
    if (named.isEmpty() && arguments.morePositional() == null && arguments.moreNamed() == null) {
      return positional.length == 0
          ? _ -> Arguments.NONE
          : activation -> new Arguments(values(positional, activation), Map.of());
    }
    return activation -> {
      List<Value> values = values(positional, activation);
      Map<String, Value> namedValues = new LinkedHashMap<>();
      named.forEach((name, value) -> namedValues.put(name, value.value(activation)));
      addStarred(valueOrNull(morePositional, activation), values, activation.work());
      addStarred(valueOrNull(moreNamed, activation), namedValues, activation.work());
      return new Arguments(values, namedValues);
    };
  }

  private static void addStarred(@Nullable Value more, List<Value> values, Work work) {
    if (more == null) {
      return;
    }
    if (!Sequences.isIterable(more)) {
      throw JinjaException.typeError("Value after * must be an iterable, not " + more.typeName());
    }
    values.addAll(Sequences.list(more, work));
  }

  private static void addStarred(@Nullable Value more, Map<String, Value> values, Work work) {
    switch (more) {
      case null -> {}
      case Undefined missing -> throw missing.failure();
      case DictValue dict -> {
        for (Map.Entry<Key, Value> entry : dict.entries().entrySet()) {
          work.step();
          if (!(entry.getKey().value() instanceof Text name)) {
            throw JinjaException.typeError("keywords must be strings");
          }
          if (values.putIfAbsent(name.string(), entry.getValue()) != null) {
            throw repeatedAtRunTime(name.string());
          }
        }
      }
      default ->
          throw JinjaException.typeError(
              "argument after ** must be a mapping, not " + more.typeName());
    }
  }

  /**
   * Compiles filters whose first value is the text of a block.
   *
   * @param text gives that text
   */
  Evaluation filterOf(Expr.Filter filter, Frame frame, Evaluation text) {
    return filter((Expr.Filter) folding.fold(filter), frame, text);
  }

  private Evaluation filter(Expr.Filter filter, Frame frame, @Nullable Evaluation text) {
    Evaluation value =
        switch (filter.value()) {
          case null -> Objects.requireNonNull(text, "text");
          case Expr.Filter inner -> filter(inner, frame, text);
          default -> folded(filter.value(), frame);
        };
    ArgumentsEvaluation arguments = arguments(filter.arguments(), frame, filter.line());
    Filter found = Filters.find(filter.name());
    if (found == null) {
      return unknown("filter", filter.name(), value, arguments, frame, filter.line());
    }
    int line = filter.line();
    return nested(
        activation -> {
          Value input = value.value(activation);
          Arguments given = arguments.arguments(activation);
          activation.rendering().setLine(line);
          return found.apply(input, given, activation.rendering());
        });
  }

  private Evaluation test(Expr.Test test, Frame frame) {
    Evaluation value = folded(test.value(), frame);
    ArgumentsEvaluation arguments = arguments(test.arguments(), frame, test.line());
    Tests.Body found = Tests.find(test.name());
    if (found == null) {
      return unknown("test", test.name(), value, arguments, frame, test.line());
    }
    return nested(
        activation -> {
          activation.work().step();
          Value input = value.value(activation);
          Arguments given = arguments.arguments(activation);
          return BoolValue.of(found.holds(input, given, activation.rendering()));
        });
  }

  /** Within a condition, an unknown filter or test fails only when it is reached. */
  private static Evaluation unknown(
      String what,
      String name,
      Evaluation value,
      ArgumentsEvaluation arguments,
      Frame frame,
      int line) {
    String message = "No " + what + " named " + Printing.quoted(name);
    if (!frame.soft()) {
      throw JinjaException.assertion(message + ".", line);
    }
    return activation -> {
      value.value(activation);
      arguments.arguments(activation);
      throw JinjaException.of("TemplateRuntimeError", message + " found.");
    };
  }
}
