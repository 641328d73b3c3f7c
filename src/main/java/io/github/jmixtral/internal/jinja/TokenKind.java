package io.github.jmixtral.internal.jinja;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Kinds of tokens, with the word for them in messages. */
enum TokenKind {
  DATA("template data / text"),
  VARIABLE_BEGIN("begin of print statement"),
  VARIABLE_END("end of print statement"),
  BLOCK_BEGIN("begin of statement block"),
  BLOCK_END("end of statement block"),
  NAME("name"),
  STRING("string"),
  INTEGER("integer"),
  FLOAT("float"),
  END("end of template"),
  FLOORDIV("//"),
  POW("**"),
  EQ("=="),
  NE("!="),
  GTEQ(">="),
  LTEQ("<="),
  ADD("+"),
  SUB("-"),
  MUL("*"),
  DIV("/"),
  MOD("%"),
  TILDE("~"),
  LBRACKET("["),
  RBRACKET("]"),
  LPAREN("("),
  RPAREN(")"),
  LBRACE("{"),
  RBRACE("}"),
  GT(">"),
  LT("<"),
  ASSIGN("="),
  DOT("."),
  COLON(":"),
  PIPE("|"),
  COMMA(","),
  SEMICOLON(";");

  private static final TokenKind[] ALL = values();

  private final String description;

  TokenKind(String description) {
    this.description = description;
  }

  String description() {
    return description;
  }

  /** The longest operator that stands at a place; null if there is none. */
  static @Nullable TokenKind operatorAt(String text, int at) {
    for (int i = FLOORDIV.ordinal(); i < ALL.length; i++) {
      if (text.startsWith(ALL[i].description, at)) {
        return ALL[i];
      }
    }
    return null;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
