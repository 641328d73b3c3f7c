package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The tree of an expression. */
sealed interface Expr {
  int line();

  /** The expressions that it is made of, in Jinja2's order. */
  default List<Expr> children() {
    return switch (this) {
      case Const _, TemplateData _, Name _, NSRef _ -> List.of();
      case Tuple tuple -> tuple.elements();
      case ListOf list -> list.elements();
      case Dict dict -> dict.keysAndValues();
      case Binary binary -> List.of(binary.left(), binary.right());
      case Unary unary -> List.of(unary.operand());
      case And and -> List.of(and.left(), and.right());
      case Or or -> List.of(or.left(), or.right());
      case Not not -> List.of(not.operand());
      case Concat concat -> concat.parts();
      case Compare compare -> compare.operands();
      case CondExpr condition -> present(condition.test(), condition.then(), condition.otherwise());
      case Getattr getattr -> List.of(getattr.owner());
      case Getitem getitem -> List.of(getitem.owner(), getitem.key());
      case Slice slice -> present(slice.start(), slice.stop(), slice.step());
      case Call call -> behind(call.callee(), call.arguments());
      case Filter filter -> behind(filter.value(), filter.arguments());
      case Test test -> behind(test.value(), test.arguments());
    };
  }

  /** Those that are not null. */
  static List<Expr> present(@Nullable Expr... expressions) {
    return Arrays.stream(expressions).filter(Objects::nonNull).toList();
  }

  /** How Jinja2 names such a node in messages. */
  default String nodeName() {
    return getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
  }

  /** A constant. */
  record Const(Value value, int line) implements Expr {}

  /** Text of the template. */
  record TemplateData(String text, int line) implements Expr {}

  record Name(String name, int line) implements Expr {}

  /** {@code namespace.attribute} in an assignment target; never part of an expression. */
  record NSRef(String namespace, String attribute, int line) implements Expr {}

  record Tuple(List<Expr> elements, int line) implements Expr {}

  record ListOf(List<Expr> elements, int line) implements Expr {
    @Override
    public String nodeName() {
      return "list";
    }
  }

  /** Keys and values by turns. */
  record Dict(List<Expr> keysAndValues, int line) implements Expr {}

  record Binary(Operators.Binary operator, Expr left, Expr right, int line) implements Expr {
    @Override
    public String nodeName() {
      return switch (operator) {
        case ADD -> "add";
        case SUBTRACT -> "sub";
        case MULTIPLY -> "mul";
        case DIVIDE -> "div";
        case FLOOR_DIVIDE -> "floordiv";
        case MODULO -> "mod";
        case POWER -> "pow";
      };
    }
  }

  record Unary(Operators.Unary operator, Expr operand, int line) implements Expr {
    @Override
    public String nodeName() {
      return operator == Operators.Unary.MINUS ? "neg" : "pos";
    }
  }

  record And(Expr left, Expr right, int line) implements Expr {}

  record Or(Expr left, Expr right, int line) implements Expr {}

  record Not(Expr operand, int line) implements Expr {}

  record Concat(List<Expr> parts, int line) implements Expr {}

  /** A chain of comparisons: one operator between every two operands. */
  record Compare(List<Expr> operands, List<String> operators, int line) implements Expr {}

  /** {@code otherwise} is null if there is no {@code else}. */
  record CondExpr(Expr test, Expr then, @Nullable Expr otherwise, int line) implements Expr {}

  record Getattr(Expr owner, String attribute, int line) implements Expr {}

  record Getitem(Expr owner, Expr key, int line) implements Expr {}

  /** {@code start:stop:step} within brackets; each may be null. */
  record Slice(@Nullable Expr start, @Nullable Expr stop, @Nullable Expr step, int line)
      implements Expr {}

  /** A named argument. */
  record Keyword(String name, Expr value) {}

  /** The arguments of a call, filter or test; the starred ones may be null. */
  record CallArguments(
      List<Expr> positional,
      List<Keyword> named,
      @Nullable Expr morePositional,
      @Nullable Expr moreNamed) {
    static final CallArguments NONE = new CallArguments(List.of(), List.of(), null, null);
  }

  record Call(Expr callee, CallArguments arguments, int line) implements Expr {}

  /** {@code value} is null in blocks, where it is the block's text. */
  record Filter(@Nullable Expr value, String name, CallArguments arguments, int line)
      implements Expr {}

  record Test(Expr value, String name, CallArguments arguments, int line) implements Expr {}

  private static List<Expr> behind(@Nullable Expr first, CallArguments arguments) {
    List<Expr> children = new ArrayList<>(present(first));
    children.addAll(arguments.positional());
    arguments.named().forEach(keyword -> children.add(keyword.value()));
    children.addAll(present(arguments.morePositional(), arguments.moreNamed()));
    return children;
  }
}
