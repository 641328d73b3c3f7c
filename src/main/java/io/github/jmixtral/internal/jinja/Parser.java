package io.github.jmixtral.internal.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads a template's statements into a tree. */
final class Parser {
  private final TokenStream stream;
  private final ExpressionParser expressions;

  /** The tags that are open, innermost last. */
  private final Deque<String> tags = new ArrayDeque<>();

  /** The tags that may end what is open, innermost last. */
  private final Deque<List<String>> ends = new ArrayDeque<>();

  Parser(String template) {
    this.stream = new TokenStream(template);
    this.expressions = new ExpressionParser(stream);
  }

  /**
   * @throws JinjaException if the template is broken
   */
  List<Statement> parse() {
    return statements(null);
  }

  private int line() {
    return stream.current().line();
  }

  /** Statements up to one of the end tags, which becomes the current token. */
  private List<Statement> statements(@Nullable List<String> until) {
    expressions.enter();
    if (until != null) {
      ends.addLast(until);
    }
    List<Statement> body = new ArrayList<>();
    List<Expr> output = new ArrayList<>();
    while (!stream.current().is(TokenKind.END)) {
      Token token = stream.next();
      switch (token.kind()) {
        case DATA -> output.add(new Expr.TemplateData(token.text(), token.line()));
        case VARIABLE_BEGIN -> {
          output.add(expressions.tuple());
          stream.expect(TokenKind.VARIABLE_END);
        }
        case BLOCK_BEGIN -> {
          flush(output, body);
          if (until != null && isEnd(until)) {
            ends.removeLast();
            expressions.leave();
            return body;
          }
          body.add(statement());
          stream.expect(TokenKind.BLOCK_END);
        }
        default -> throw new AssertionError(token);
      }
    }
    flush(output, body);
    if (until != null) {
      ends.removeLast();
    }
    expressions.leave();
    return body;
  }

  private boolean isEnd(List<String> until) {
    return stream.current().is(TokenKind.NAME) && until.contains(stream.current().text());
  }

  private static void flush(List<Expr> output, List<Statement> body) {
    if (!output.isEmpty()) {
      body.add(new Statement.Output(List.copyOf(output), output.getFirst().line()));
      output.clear();
    }
  }

  /** The body of a tag, up to one of the end tags, which becomes the current token. */
  private List<Statement> body(String... until) {
    stream.skipIf(TokenKind.COLON);
    stream.expect(TokenKind.BLOCK_END);
    List<String> end = List.of(until);
    List<Statement> body = statements(end);
    if (stream.current().is(TokenKind.END)) {
      ends.addLast(end);
      throw unexpected(null, line());
    }
    return body;
  }

  /** The body of a tag up to its only end tag, which is passed. */
  private List<Statement> wholeBody(String until) {
    List<Statement> body = body(until);
    stream.next();
    return body;
  }

  /**
   * @param tag the unknown one; null at the end of the template
   */
  private JinjaException unexpected(@Nullable String tag, int line) {
    StringBuilder message =
        new StringBuilder(
            tag == null
                ? "Unexpected end of template."
                : "Encountered unknown tag " + Printing.quoted(tag) + ".");
    if (!ends.isEmpty()) {
      String looking =
          ends.getLast().stream().map(Printing::quoted).collect(Collectors.joining(" or "));
      Set<String> expected = ends.stream().flatMap(List::stream).collect(Collectors.toSet());
      message.append(
          tag != null && expected.contains(tag)
              ? " You probably made a nesting mistake. Jinja is expecting this tag, but currently"
                  + " looking for "
                  + looking
                  + "."
              : " Jinja was looking for the following tags: " + looking + ".");
    }
    if (!tags.isEmpty()) {
      message
          .append(" The innermost block that needs to be closed is ")
          .append(Printing.quoted(tags.getLast()))
          .append(".");
    }
    return JinjaException.syntax(message.toString(), line);
  }

  private Statement statement() {
    Token token = stream.current();
    if (!token.is(TokenKind.NAME)) {
      throw JinjaException.syntax("tag name expected", token.line());
    }
    tags.addLast(token.text());
    int line = token.line();
    Statement statement =
        switch (token.text()) {
          case "for" -> loop();
          case "if" -> condition();
          case "set" -> assignment();
          case "print" -> print();
          case "macro" -> macro();
          case "call" -> callBlock();
          case "filter" -> filterBlock();
          case "with" -> with();
          case "autoescape" -> {
            stream.next();
            Expr value = expressions.parse();
            yield new Statement.Autoescape(value, wholeBody("endautoescape"), line);
          }
          case "generation" -> {
            stream.next();
            yield new Statement.Generation(wholeBody("endgeneration"), line);
          }
          case "block" -> block();
          case "include" -> include();
          case "extends" -> {
            stream.next();
            yield new Statement.Loaded("extends", expressions.parse(), List.of(), line);
          }
          case "import" -> importAll();
          case "from" -> importNames();
          case "break" -> {
            stream.next();
            yield new Statement.Break(line);
          }
          case "continue" -> {
            stream.next();
            yield new Statement.Continue(line);
          }
          default -> {
            tags.removeLast();
            throw unexpected(token.text(), line);
          }
        };
    tags.removeLast();
    return statement;
  }

  private Statement loop() {
    int line = stream.next().line();
    Target target = expressions.target(false);
    stream.expectName("in");
    Expr values = expressions.tupleWithoutCondition();
    Expr test = stream.skipIfName("if") ? expressions.parse() : null;
    boolean recursive = stream.skipIfName("recursive");
    List<Statement> body = body("endfor", "else");
    List<Statement> otherwise =
        stream.next().text().equals("endfor") ? List.of() : wholeBody("endfor");
    return new Statement.For(target, values, test, recursive, body, otherwise, line);
  }

  private Statement condition() {
    int line = stream.next().line();
    Expr test = expressions.tupleWithoutCondition();
    List<Statement> body = body("elif", "else", "endif");
    List<Statement.If> elifs = new ArrayList<>();
    List<Statement> otherwise = List.of();
    while (true) {
      Token end = stream.next();
      if (!end.isName("elif")) {
        if (end.isName("else")) {
          otherwise = wholeBody("endif");
        }
        return new Statement.If(test, body, elifs, otherwise, line);
      }
      int elifLine = line();
      Expr elifTest = expressions.tupleWithoutCondition();
      elifs.add(
          new Statement.If(
              elifTest, body("elif", "else", "endif"), List.of(), List.of(), elifLine));
    }
  }

  private Statement assignment() {
    int line = stream.next().line();
    Target target = expressions.target(true);
    if (stream.skipIf(TokenKind.ASSIGN)) {
      return new Statement.Assign(target, expressions.tuple(), line);
    }
    Expr.Filter filter = expressions.moreFilters(null);
    return new Statement.AssignBlock(target, filter, wholeBody("endset"), line);
  }

  private Statement print() {
    int line = stream.next().line();
    List<Expr> parts = new ArrayList<>();
    while (!stream.current().is(TokenKind.BLOCK_END)) {
      if (!parts.isEmpty()) {
        stream.expect(TokenKind.COMMA);
      }
      parts.add(expressions.parse());
    }
    return new Statement.Output(parts, line);
  }

  private Statement macro() {
    int line = stream.next().line();
    String name = expressions.nameTarget().name();
    Statement.Parameters parameters = parameters();
    return new Statement.Macro(name, parameters, wholeBody("endmacro"), line);
  }

  private Statement.Parameters parameters() {
    List<String> names = new ArrayList<>();
    List<Expr> defaults = new ArrayList<>();
    stream.expect(TokenKind.LPAREN);
    while (!stream.current().is(TokenKind.RPAREN)) {
      if (!names.isEmpty()) {
        stream.expect(TokenKind.COMMA);
      }
      Target.Name name = expressions.nameTarget();
      if (stream.skipIf(TokenKind.ASSIGN)) {
        defaults.add(expressions.parse());
      } else if (!defaults.isEmpty()) {
        throw JinjaException.syntax("non-default argument follows default argument", line());
      }
      if (names.contains(name.name())) {
        throw JinjaException.whileCompiling(
            "SyntaxError",
            "duplicate argument " + Printing.quoted(name.name()) + " in function definition",
            name.line());
      }
      names.add(name.name());
    }
    stream.expect(TokenKind.RPAREN);
    return new Statement.Parameters(names, defaults);
  }

  private Statement callBlock() {
    int line = stream.next().line();
    Statement.Parameters parameters =
        stream.current().is(TokenKind.LPAREN) ? parameters() : Statement.Parameters.NONE;
    if (!(expressions.parse() instanceof Expr.Call call)) {
      throw JinjaException.syntax("expected call", line);
    }
    return new Statement.CallBlock(parameters, call, wholeBody("endcall"), line);
  }

  private Statement filterBlock() {
    int line = stream.next().line();
    Expr.Filter filter = Objects.requireNonNull(expressions.moreFilters(expressions.filter(null)));
    return new Statement.FilterBlock(filter, wholeBody("endfilter"), line);
  }

  private Statement with() {
    int line = stream.next().line();
    List<Target> targets = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (!stream.current().is(TokenKind.BLOCK_END)) {
      if (!targets.isEmpty()) {
        stream.expect(TokenKind.COMMA);
      }
      targets.add(expressions.target(false));
      stream.expect(TokenKind.ASSIGN);
      values.add(expressions.parse());
    }
    return new Statement.With(targets, values, wholeBody("endwith"), line);
  }

  private Statement block() {
    int line = stream.next().line();
    String name = stream.expect(TokenKind.NAME).text();
    boolean scoped = stream.skipIfName("scoped");
    boolean required = stream.skipIfName("required");
    if (stream.current().is(TokenKind.SUB)) {
      throw JinjaException.syntax(
          "Block names in Jinja have to be valid Python identifiers and may not contain hyphens,"
              + " use an underscore instead.",
          line());
    }
    List<Statement> body = wholeBody("endblock");
    if (required && !body.stream().allMatch(Parser::isBlank)) {
      throw JinjaException.syntax(
          "Required blocks can only contain comments or whitespace", line());
    }
    stream.skipIfName(name);
    return new Statement.Block(name, scoped, required, body, line);
  }

  private static boolean isBlank(Statement statement) {
    return statement instanceof Statement.Output output
        && output.parts().stream()
            .allMatch(
                part ->
                    part instanceof Expr.TemplateData data
                        && Characters.all(data.text(), Characters::isSpace));
  }

  private Statement include() {
    int line = stream.next().line();
    Expr template = expressions.parse();
    if (stream.current().isName("ignore") && stream.look().isName("missing")) {
      stream.next();
      stream.next();
    }
    skipContext();
    return new Statement.Loaded("include", template, List.of(), line);
  }

  /** Passes {@code with context} or {@code without context}. */
  private boolean skipContext() {
    boolean found =
        (stream.current().isName("with") || stream.current().isName("without"))
            && stream.look().isName("context");
    if (found) {
      stream.next();
      stream.next();
    }
    return found;
  }

  private Statement importAll() {
    int line = stream.next().line();
    Expr template = expressions.parse();
    stream.expectName("as");
    String name = expressions.nameTarget().name();
    skipContext();
    return new Statement.Loaded("import", template, List.of(name), line);
  }

  private Statement importNames() {
    int line = stream.next().line();
    Expr template = expressions.parse();
    stream.expectName("import");
    List<String> names = new ArrayList<>();
    boolean first = true;
    while (true) {
      if (!first) {
        stream.expect(TokenKind.COMMA);
      }
      if (!stream.current().is(TokenKind.NAME)) {
        stream.expect(TokenKind.NAME);
      }
      if (skipContext()) {
        break;
      }
      first = false;
      Target.Name name = expressions.nameTarget();
      if (name.name().startsWith("_")) {
        throw JinjaException.assertion(
            "names starting with an underline can not be imported", name.line());
      }
      names.add(stream.skipIfName("as") ? expressions.nameTarget().name() : name.name());
      if (skipContext() || !stream.current().is(TokenKind.COMMA)) {
        break;
      }
    }
    return new Statement.Loaded("from", template, names, line);
  }
}
