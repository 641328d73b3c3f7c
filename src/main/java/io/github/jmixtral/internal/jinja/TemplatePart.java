package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.List;

/**
 * A part of a template, for those who want to know what a template says without rendering it.
 *
 * @param tag the first word of a statement, such as {@code set}; empty for other parts
 * @param code the text, white space around tags settled, or the code of a tag without its white
 *     space and with all strings in «»
 */
public record TemplatePart(Kind kind, String tag, String code) {
  /** What a part is. */
  public enum Kind {
    TEXT,
    PRINT,
    STATEMENT
  }

  /**
   * The parts of a template, in order; comments are none.
   *
   * @throws JinjaException if the template cannot be cut into parts
   */
  public static List<TemplatePart> of(String template) {
    Lexer lexer = new Lexer(template);
    List<TemplatePart> parts = new ArrayList<>();
    for (Token token = lexer.next(); !token.is(TokenKind.END); token = lexer.next()) {
      parts.add(
          switch (token.kind()) {
            case DATA -> new TemplatePart(Kind.TEXT, "", token.text());
            case VARIABLE_BEGIN -> tag(Kind.PRINT, TokenKind.VARIABLE_END, lexer);
            default -> tag(Kind.STATEMENT, TokenKind.BLOCK_END, lexer);
          });
    }
    return parts;
  }

  private static TemplatePart tag(Kind kind, TokenKind end, Lexer lexer) {
    StringBuilder code = new StringBuilder();
    Token first = lexer.next();
    for (Token token = first; !token.is(end); token = lexer.next()) {
      if (token.is(TokenKind.END)) {
        throw JinjaException.syntax("unexpected end of template", token.line());
      }
      boolean string = token.is(TokenKind.STRING);
      code.append(string ? "«" : "").append(token.text()).append(string ? "»" : "");
    }
    return new TemplatePart(kind, kind == Kind.STATEMENT ? first.text() : "", code.toString());
  }
}
