package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.List;

/** The tree of an expression. */
sealed interface Expr {
  int line();

  /** The expressions that it is made of, in Jinja2's order. */
  List<Expr> children();

  /** How Jinja2 names such a node in messages. */
  default String nodeName() {
    return getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
  }

  /** A constant. */
  record Const(Value value, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of();
    }
  }

  /** Text of the template. */
  record TemplateData(String text, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of();
    }
  }

  record Name(String name, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of();
    }
  }

  /** {@code namespace.attribute} in an assignment target; never part of an expression. */
  record NSRef(String namespace, String attribute, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of();
    }
  }

  record Tuple(List<Expr> elements, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return elements;
    }
  }

  record ListOf(List<Expr> elements, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return elements;
    }

    @Override
    public String nodeName() {
      return "list";
    }
  }

  /** Keys and values by turns. */
  record Dict(List<Expr> keysAndValues, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return keysAndValues;
    }
  }

  record Binary(Operators.Binary operator, Expr left, Expr right, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of(left, right);
    }

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
    public List<Expr> children() {
      return List.of(operand);
    }

    @Override
    public String nodeName() {
      return operator == Operators.Unary.MINUS ? "neg" : "pos";
    }
  }

  record And(Expr left, Expr right, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of(left, right);
    }
  }

  record Or(Expr left, Expr right, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of(left, right);
    }
  }

  record Not(Expr operand, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of(operand);
    }
  }

  record Concat(List<Expr> parts, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return parts;
    }
  }

  /** A chain of comparisons: one operator between every two operands. */
  record Compare(List<Expr> operands, List<String> operators, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return operands;
    }
  }

  /** {@code otherwise} is null if there is no {@code else}. */
  record CondExpr(Expr test, Expr then, Expr otherwise, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return otherwise == null ? List.of(test, then) : List.of(test, then, otherwise);
    }
  }

  record Getattr(Expr owner, String attribute, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of(owner);
    }
  }

  record Getitem(Expr owner, Expr key, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return List.of(owner, key);
    }
  }

  /** {@code start:stop:step} within brackets; each may be null. */
  record Slice(Expr start, Expr stop, Expr step, int line) implements Expr {
    @Override
    public List<Expr> children() {
      List<Expr> children = new ArrayList<>(3);
      for (Expr bound : new Expr[] {start, stop, step}) {
        if (bound != null) {
          children.add(bound);
        }
      }
      return children;
    }
  }

  /** A named argument. */
  record Keyword(String name, Expr value) {}

  /** The arguments of a call, filter or test; the starred ones may be null. */
  record CallArguments(
      List<Expr> positional, List<Keyword> named, Expr morePositional, Expr moreNamed) {
    static final CallArguments NONE = new CallArguments(List.of(), List.of(), null, null);

    List<Expr> children() {
      List<Expr> children = new ArrayList<>(positional);
      named.forEach(keyword -> children.add(keyword.value()));
      if (morePositional != null) {
        children.add(morePositional);
      }
      if (moreNamed != null) {
        children.add(moreNamed);
      }
      return children;
    }
  }

  record Call(Expr callee, CallArguments arguments, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return behind(callee, arguments);
    }
  }

  /** {@code value} is null in blocks, where it is the block's text. */
  record Filter(Expr value, String name, CallArguments arguments, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return behind(value, arguments);
    }
  }

  record Test(Expr value, String name, CallArguments arguments, int line) implements Expr {
    @Override
    public List<Expr> children() {
      return behind(value, arguments);
    }
  }

  private static List<Expr> behind(Expr first, CallArguments arguments) {
    List<Expr> children = new ArrayList<>();
    if (first != null) {
      children.add(first);
    }
    children.addAll(arguments.children());
    return children;
  }
}
