package io.github.jmixtral.internal.jinja;

import org.jspecify.annotations.Nullable;

/** The tokens of a template, read as the parser comes to them. */
final class TokenStream {
  private final Lexer lexer;
  private Token current;
  private @Nullable Token ahead;

  TokenStream(String template) {
    this.lexer = new Lexer(template);
    this.current = lexer.next();
  }

  Token current() {
    return current;
  }

  /** The token behind the current one. */
  Token look() {
    if (ahead == null) {
      ahead = lexer.next();
    }
    return ahead;
  }

  /** Goes on, and gives the token that was current. */
  Token next() {
    Token old = current;
    current = look();
    ahead = null;
    return old;
  }

  boolean skipIf(TokenKind kind) {
    boolean found = current.is(kind);
    if (found) {
      next();
    }
    return found;
  }

  boolean skipIfName(String name) {
    boolean found = current.isName(name);
    if (found) {
      next();
    }
    return found;
  }

  Token expect(TokenKind kind) {
    if (!current.is(kind)) {
      throw unexpected(kind.description());
    }
    return next();
  }

  void expectName(String name) {
    if (!current.isName(name)) {
      throw unexpected(name);
    }
    next();
  }

  private JinjaException unexpected(String expected) {
    return current.is(TokenKind.END)
        ? JinjaException.syntax(
            "unexpected end of template, expected " + Printing.quoted(expected) + ".",
            current.line())
        : JinjaException.syntax(
            "expected token "
                + Printing.quoted(expected)
                + ", got "
                + Printing.quoted(current.description()),
            current.line());
  }
}
