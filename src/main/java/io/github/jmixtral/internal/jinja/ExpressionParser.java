package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reads expressions, with Jinja2's precedence. */
final class ExpressionParser {
  /** Brackets and operators within each other. */
  private static final int DEEPEST = 120;

  private static final Map<TokenKind, Operators.Binary> SUMS =
      Map.of(TokenKind.ADD, Operators.Binary.ADD, TokenKind.SUB, Operators.Binary.SUBTRACT);

  private static final Map<TokenKind, Operators.Binary> PRODUCTS =
      Map.of(
          TokenKind.MUL, Operators.Binary.MULTIPLY,
          TokenKind.DIV, Operators.Binary.DIVIDE,
          TokenKind.FLOORDIV, Operators.Binary.FLOOR_DIVIDE,
          TokenKind.MOD, Operators.Binary.MODULO);

  private static final Map<TokenKind, Operators.Binary> POWERS =
      Map.of(TokenKind.POW, Operators.Binary.POWER);

  private final TokenStream stream;
  private int depth;

  ExpressionParser(TokenStream stream) {
    this.stream = stream;
  }

  private Token current() {
    return stream.current();
  }

  private int line() {
    return stream.current().line();
  }

  /** Goes a level deeper; statements count, too. */
  void enter() {
    if (++depth > DEEPEST) {
      throw JinjaException.whileCompiling(
          "RecursionError", "the template nests more than " + DEEPEST + " levels", line());
    }
  }

  void leave() {
    depth--;
  }

  Expr parse() {
    return parse(true);
  }

  private Expr parse(boolean withCondition) {
    enter();
    Expr expression = withCondition ? conditional() : or();
    leave();
    return expression;
  }

  private Expr conditional() {
    int line = line();
    Expr then = or();
    while (stream.skipIfName("if")) {
      Expr test = or();
      Expr otherwise = stream.skipIfName("else") ? parse(true) : null;
      then = new Expr.CondExpr(test, then, otherwise, line);
      line = line();
    }
    return then;
  }

  private Expr or() {
    int line = line();
    Expr left = and();
    while (stream.skipIfName("or")) {
      left = new Expr.Or(left, and(), line);
      line = line();
    }
    return left;
  }

  private Expr and() {
    int line = line();
    Expr left = not();
    while (stream.skipIfName("and")) {
      left = new Expr.And(left, not(), line);
      line = line();
    }
    return left;
  }

  private Expr not() {
    if (!current().isName("not")) {
      return compare();
    }
    int line = stream.next().line();
    enter();
    Expr operand = not();
    leave();
    return new Expr.Not(operand, line);
  }

  private Expr compare() {
    int line = line();
    List<Expr> operands = new ArrayList<>();
    List<String> operators = new ArrayList<>();
    operands.add(sum());
    while (true) {
      switch (current().kind()) {
        case EQ, NE, LT, LTEQ, GT, GTEQ -> operators.add(stream.next().kind().description());
        default -> {
          if (stream.skipIfName("in")) {
            operators.add("in");
          } else if (current().isName("not") && stream.look().isName("in")) {
            stream.next();
            stream.next();
            operators.add("not in");
          } else {
            return operators.isEmpty()
                ? operands.getFirst()
                : new Expr.Compare(operands, operators, line);
          }
        }
      }
      operands.add(sum());
      line = line();
    }
  }

  private Expr sum() {
    return chain(SUMS, this::concat);
  }

  private Expr concat() {
    int line = line();
    List<Expr> parts = new ArrayList<>();
    parts.add(product());
    while (stream.skipIf(TokenKind.TILDE)) {
      parts.add(product());
    }
    return parts.size() == 1 ? parts.getFirst() : new Expr.Concat(parts, line);
  }

  private Expr product() {
    return chain(PRODUCTS, this::power);
  }

  private Expr power() {
    return chain(POWERS, () -> unary(true));
  }

  /** Operands with operators of one precedence between them, from left to right. */
  private Expr chain(Map<TokenKind, Operators.Binary> operators, Supplier<Expr> operand) {
    int line = line();
    Expr left = operand.get();
    Operators.Binary operator = operators.get(current().kind());
    while (operator != null) {
      stream.next();
      left = new Expr.Binary(operator, left, operand.get(), line);
      line = line();
      operator = operators.get(current().kind());
    }
    return left;
  }

  private Expr unary(boolean withFilter) {
    int line = line();
    Expr expression;
    if (current().is(TokenKind.SUB) || current().is(TokenKind.ADD)) {
      boolean minus = stream.next().is(TokenKind.SUB);
      enter();
      Expr operand = unary(false);
      leave();
      expression =
          new Expr.Unary(minus ? Operators.Unary.MINUS : Operators.Unary.PLUS, operand, line);
    } else {
      expression = primary();
    }
    expression = postfix(expression);
    return withFilter ? filtersAndTests(expression) : expression;
  }

  private Expr primary() {
    Token token = current();
    return switch (token.kind()) {
      case NAME -> {
        stream.next();
        yield switch (token.text()) {
          case "true", "True" -> new Expr.Const(BoolValue.TRUE, token.line());
          case "false", "False" -> new Expr.Const(BoolValue.FALSE, token.line());
          case "none", "None" -> new Expr.Const(NoneValue.NONE, token.line());
          default -> new Expr.Name(token.text(), token.line());
        };
      }
      case STRING -> {
        StringBuilder text = new StringBuilder();
        while (current().is(TokenKind.STRING)) {
          text.append(stream.next().text());
        }
        yield new Expr.Const(Text.of(text.toString()), token.line());
      }
      case INTEGER, FLOAT -> new Expr.Const(stream.next().number(), token.line());
      case LPAREN -> {
        stream.next();
        Expr inner = tuple(true, true);
        stream.expect(TokenKind.RPAREN);
        yield inner;
      }
      case LBRACKET -> list();
      case LBRACE -> dict();
      default ->
          throw JinjaException.syntax(
              "unexpected " + Printing.quoted(token.description()), token.line());
    };
  }

  /** An expression, or several with commas between them. */
  Expr tuple() {
    return tuple(true, false);
  }

  /** The same without inline conditions. */
  Expr tupleWithoutCondition() {
    return tuple(false, false);
  }

  /**
   * @param bracketed whether it may be empty
   */
  private Expr tuple(boolean withCondition, boolean bracketed) {
    return tuple(() -> parse(withCondition), bracketed);
  }

  private Expr tuple(Supplier<Expr> element, boolean bracketed) {
    int line = line();
    List<Expr> elements = new ArrayList<>();
    boolean isTuple = false;
    while (true) {
      if (!elements.isEmpty()) {
        stream.expect(TokenKind.COMMA);
      }
      if (isTupleEnd()) {
        break;
      }
      elements.add(element.get());
      if (!current().is(TokenKind.COMMA)) {
        break;
      }
      isTuple = true;
      line = line();
    }
    if (!isTuple) {
      if (!elements.isEmpty()) {
        return elements.getFirst();
      }
      if (!bracketed) {
        throw JinjaException.syntax(
            "Expected an expression, got " + Printing.quoted(current().description()), line());
      }
    }
    return new Expr.Tuple(elements, line);
  }

  private boolean isTupleEnd() {
    return current().is(TokenKind.VARIABLE_END)
        || current().is(TokenKind.BLOCK_END)
        || current().is(TokenKind.RPAREN);
  }

  private Expr list() {
    int line = stream.expect(TokenKind.LBRACKET).line();
    List<Expr> elements = new ArrayList<>();
    while (!current().is(TokenKind.RBRACKET)) {
      if (!elements.isEmpty()) {
        stream.expect(TokenKind.COMMA);
      }
      if (current().is(TokenKind.RBRACKET)) {
        break;
      }
      elements.add(parse());
    }
    stream.expect(TokenKind.RBRACKET);
    return new Expr.ListOf(elements, line);
  }

  private Expr dict() {
    int line = stream.expect(TokenKind.LBRACE).line();
    List<Expr> keysAndValues = new ArrayList<>();
    while (!current().is(TokenKind.RBRACE)) {
      if (!keysAndValues.isEmpty()) {
        stream.expect(TokenKind.COMMA);
      }
      if (current().is(TokenKind.RBRACE)) {
        break;
      }
      keysAndValues.add(parse());
      stream.expect(TokenKind.COLON);
      keysAndValues.add(parse());
    }
    stream.expect(TokenKind.RBRACE);
    return new Expr.Dict(keysAndValues, line);
  }

  private Expr postfix(Expr expression) {
    Expr result = expression;
    while (true) {
      switch (current().kind()) {
        case DOT, LBRACKET -> result = subscript(result);
        case LPAREN -> result = call(result);
        default -> {
          return result;
        }
      }
    }
  }

  private Expr filtersAndTests(Expr expression) {
    Expr result = expression;
    while (true) {
      if (current().is(TokenKind.PIPE)) {
        result = filters(result);
      } else if (current().isName("is")) {
        result = test(result);
      } else if (current().is(TokenKind.LPAREN)) {
        result = call(result);
      } else {
        return result;
      }
    }
  }

  private Expr subscript(Expr owner) {
    Token token = stream.next();
    if (token.is(TokenKind.DOT)) {
      Token attribute = stream.next();
      return switch (attribute.kind()) {
        case NAME -> new Expr.Getattr(owner, attribute.text(), token.line());
        case INTEGER ->
            new Expr.Getitem(
                owner, new Expr.Const(attribute.number(), attribute.line()), token.line());
        default -> throw JinjaException.syntax("expected name or number", attribute.line());
      };
    }
    List<Expr> keys = new ArrayList<>();
    while (!current().is(TokenKind.RBRACKET)) {
      if (!keys.isEmpty()) {
        stream.expect(TokenKind.COMMA);
      }
      keys.add(key());
    }
    stream.expect(TokenKind.RBRACKET);
    Expr key = keys.size() == 1 ? keys.getFirst() : new Expr.Tuple(keys, token.line());
    return new Expr.Getitem(owner, key, token.line());
  }

  /** An index or a slice. */
  private Expr key() {
    int line = line();
    Expr start = null;
    if (!current().is(TokenKind.COLON)) {
      start = parse();
      if (!current().is(TokenKind.COLON)) {
        return start;
      }
    }
    stream.next();
    Expr stop = bound();
    Expr step = stream.skipIf(TokenKind.COLON) ? bound() : null;
    return new Expr.Slice(start, stop, step, line);
  }

  private @Nullable Expr bound() {
    return switch (current().kind()) {
      case COLON, RBRACKET, COMMA -> null;
      default -> parse();
    };
  }

  private Expr call(Expr callee) {
    int line = line();
    return new Expr.Call(callee, arguments(), line);
  }

  private Expr.CallArguments arguments() {
    int line = stream.expect(TokenKind.LPAREN).line();
    List<Expr> positional = new ArrayList<>();
    List<Expr.Keyword> named = new ArrayList<>();
    Expr morePositional = null;
    Expr moreNamed = null;
    boolean first = true;
    while (!current().is(TokenKind.RPAREN)) {
      if (!first) {
        stream.expect(TokenKind.COMMA);
        if (current().is(TokenKind.RPAREN)) {
          break;
        }
      }
      first = false;
      if (current().is(TokenKind.MUL)) {
        ensure(morePositional == null && moreNamed == null, line);
        stream.next();
        morePositional = parse();
      } else if (current().is(TokenKind.POW)) {
        ensure(moreNamed == null, line);
        stream.next();
        moreNamed = parse();
      } else if (current().is(TokenKind.NAME) && stream.look().is(TokenKind.ASSIGN)) {
        ensure(moreNamed == null, line);
        String name = stream.next().text();
        stream.next();
        named.add(new Expr.Keyword(name, parse()));
      } else {
        ensure(morePositional == null && moreNamed == null && named.isEmpty(), line);
        positional.add(parse());
      }
    }
    stream.expect(TokenKind.RPAREN);
    return new Expr.CallArguments(positional, named, morePositional, moreNamed);
  }

  private static void ensure(boolean fine, int line) {
    if (!fine) {
      throw JinjaException.syntax("invalid syntax for function call expression", line);
    }
  }

  private Expr filters(Expr value) {
    Expr result = value;
    while (stream.skipIf(TokenKind.PIPE)) {
      result = filter(result);
    }
    return result;
  }

  /** A filter's name and arguments; {@code value} may be null. */
  Expr.Filter filter(@Nullable Expr value) {
    int line = line();
    String name = dottedName();
    Expr.CallArguments arguments =
        current().is(TokenKind.LPAREN) ? arguments() : Expr.CallArguments.NONE;
    return new Expr.Filter(value, name, arguments, line);
  }

  /** Filters that follow one another; null if there is none. */
  Expr.@Nullable Filter moreFilters(Expr.@Nullable Filter first) {
    Expr.Filter result = first;
    while (stream.skipIf(TokenKind.PIPE)) {
      result = filter(result);
    }
    return result;
  }

  private String dottedName() {
    StringBuilder name = new StringBuilder(stream.expect(TokenKind.NAME).text());
    while (stream.skipIf(TokenKind.DOT)) {
      name.append('.').append(stream.expect(TokenKind.NAME).text());
    }
    return name.toString();
  }

  private Expr test(Expr value) {
    int line = stream.next().line();
    boolean negated = stream.skipIfName("not");
    String name = dottedName();
    Expr.CallArguments arguments = Expr.CallArguments.NONE;
    if (current().is(TokenKind.LPAREN)) {
      arguments = arguments();
    } else if (beginsArgument()) {
      if (current().isName("is")) {
        throw JinjaException.syntax("You cannot chain multiple tests with is", line());
      }
      enter();
      Expr argument = postfix(primary());
      leave();
      arguments = new Expr.CallArguments(List.of(argument), List.of(), null, null);
    }
    Expr test = new Expr.Test(value, name, arguments, line);
    return negated ? new Expr.Not(test, line) : test;
  }

  private boolean beginsArgument() {
    return switch (current().kind()) {
      case STRING, INTEGER, FLOAT, LBRACKET, LBRACE -> true;
      case NAME -> !current().isName("else") && !current().isName("or") && !current().isName("and");
      default -> false;
    };
  }

  /**
   * What follows {@code set} or {@code for}.
   *
   * @param withNamespace whether {@code namespace.attribute} may be assigned to
   */
  Target target(boolean withNamespace) {
    Expr expression = tuple(() -> targetPart(withNamespace), false);
    if (!isAssignable(expression)) {
      throw JinjaException.syntax(
          "can't assign to " + Printing.quoted(expression.nodeName()), expression.line());
    }
    return target(expression);
  }

  private Expr targetPart(boolean withNamespace) {
    Token token = current();
    Expr part = primary();
    if (withNamespace && part instanceof Expr.Name && stream.skipIf(TokenKind.DOT)) {
      return new Expr.NSRef(token.text(), stream.expect(TokenKind.NAME).text(), token.line());
    }
    return part;
  }

  private static boolean isAssignable(Expr expression) {
    return switch (expression) {
      case Expr.Name _, Expr.NSRef _ -> true;
      case Expr.Tuple tuple -> tuple.elements().stream().allMatch(ExpressionParser::isAssignable);
      default -> false;
    };
  }

  private static Target target(Expr expression) {
    return switch (expression) {
      case Expr.Name name -> new Target.Name(name.name(), name.line());
      case Expr.NSRef reference ->
          new Target.Attribute(reference.namespace(), reference.attribute(), reference.line());
      case Expr.Tuple tuple ->
          new Target.Several(
              tuple.elements().stream().map(ExpressionParser::target).toList(), tuple.line());
      default -> throw new AssertionError(expression);
    };
  }

  /** A name that is assigned to. */
  Target.Name nameTarget() {
    Token token = stream.expect(TokenKind.NAME);
    switch (token.text()) {
      case "true", "True", "false", "False", "none", "None" ->
          throw JinjaException.syntax("can't assign to 'name'", token.line());
      default -> {}
    }
    return new Target.Name(token.text(), token.line());
  }
}
