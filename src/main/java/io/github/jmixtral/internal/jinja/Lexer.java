package io.github.jmixtral.internal.jinja;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Cuts a template into tokens one by one, white space around tags settled as with {@code
 * trim_blocks} and {@code lstrip_blocks}.
 */
final class Lexer {
  private enum State {
    TEXT,
    BLOCK,
    VARIABLE
  }

  private final String source;
  private final Deque<Token> ready = new ArrayDeque<>();
  private final Deque<Character> closing = new ArrayDeque<>();
  private State state = State.TEXT;
  private int at;
  private int line = 1;
  private int lastLine = 1;

  /** Whether what was read last ended a line. */
  private boolean lineStarting = true;

  Lexer(String template) {
    String lines = template.replace("\r\n", "\n").replace('\r', '\n');
    this.source = lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines;
  }

  /** The next token, at the end one of kind {@code END} in the line of the last. */
  Token next() {
    while (ready.isEmpty()) {
      if (at == source.length()) {
        return new Token(TokenKind.END, "", null, lastLine);
      }
      switch (state) {
        case TEXT -> text();
        case BLOCK, VARIABLE -> inTag();
      }
    }
    Token token = ready.poll();
    lastLine = token.line();
    return token;
  }

  private void emit(TokenKind kind, String text) {
    ready.add(new Token(kind, text, null, line));
  }

  /** Goes on to a place, counting lines. */
  private void moveTo(int place) {
    for (int i = at; i < place; i++) {
      if (source.charAt(i) == '\n') {
        line++;
      }
    }
    if (place > at) {
      lineStarting = source.charAt(place - 1) == '\n';
    }
    at = place;
  }

  private char sign(int place) {
    char unit = place < source.length() ? source.charAt(place) : 0;
    return unit == '-' || unit == '+' ? unit : 0;
  }

  /** Text up to the next tag, and what begins that. */
  private void text() {
    int begin = at;
    while (begin < source.length() && !isTag(begin)) {
      begin++;
    }
    if (begin == source.length()) {
      emit(TokenKind.DATA, source.substring(at));
      moveTo(begin);
      return;
    }
    char kind = source.charAt(begin + 1);
    char sign = sign(begin + 2);
    String text = stripped(source.substring(at, begin), sign, kind == '{');
    if (!text.isEmpty()) {
      emit(TokenKind.DATA, text);
    }
    moveTo(begin);
    int rawEnd = kind == '%' ? rawTagEnd(begin, "raw") : -1;
    if (rawEnd >= 0) {
      moveTo(rawEnd);
      raw();
      return;
    }
    int behind = begin + (sign == 0 ? 2 : 3);
    switch (kind) {
      case '{' -> {
        emit(TokenKind.VARIABLE_BEGIN, "");
        state = State.VARIABLE;
        moveTo(behind);
      }
      case '%' -> {
        emit(TokenKind.BLOCK_BEGIN, "");
        state = State.BLOCK;
        moveTo(behind);
      }
      default -> {
        moveTo(behind);
        comment();
      }
    }
  }

  private boolean isTag(int place) {
    if (source.charAt(place) != '{' || place + 1 == source.length()) {
      return false;
    }
    char second = source.charAt(place + 1);
    return second == '{' || second == '%' || second == '#';
  }

  /** A text without what the tag behind it takes away. */
  private String stripped(String text, char sign, boolean variable) {
    if (sign == '-') {
      int end = text.length();
      while (end > 0 && Characters.isSpace(text.charAt(end - 1))) {
        end--;
      }
      return text.substring(0, end);
    }
    if (sign == '+' || variable) {
      return text;
    }
    int lastLine = text.lastIndexOf('\n') + 1;
    boolean blank = Characters.strip(text.substring(lastLine)).isEmpty();
    return blank && (lastLine > 0 || lineStarting) ? text.substring(0, lastLine) : text;
  }

  private int skipSpace(int place) {
    int end = place;
    while (end < source.length() && Characters.isSpace(source.charAt(end))) {
      end++;
    }
    return end;
  }

  /** Where {@code {% raw %}} ends that begins at a place; −1 if none does. */
  private int rawTagEnd(int begin, String name) {
    int end = skipSpace(begin + (sign(begin + 2) == 0 ? 2 : 3));
    if (!source.startsWith(name, end)) {
      return -1;
    }
    end = skipSpace(end + name.length());
    if (source.startsWith("-%}", end)) {
      return skipSpace(end + 3);
    }
    return source.startsWith("%}", end) ? end + 2 : -1;
  }

  /** Text as it stands, up to {@code {% endraw %}}. */
  private void raw() {
    for (int begin = source.indexOf("{%", at);
        begin >= 0;
        begin = source.indexOf("{%", begin + 1)) {
      int name = skipSpace(begin + (sign(begin + 2) == 0 ? 2 : 3));
      if (!source.startsWith("endraw", name)) {
        continue;
      }
      int end = blockEnd(skipSpace(name + "endraw".length()), '%');
      if (end < 0) {
        continue;
      }
      String text = stripped(source.substring(at, begin), sign(begin + 2), false);
      if (!text.isEmpty()) {
        emit(TokenKind.DATA, text);
      }
      moveTo(end);
      return;
    }
    if (at < source.length()) {
      throw JinjaException.syntax("Missing end of raw directive", line);
    }
  }

  private void comment() {
    for (int end = at; end < source.length(); end++) {
      int behind = blockEnd(end, '#');
      if (behind >= 0) {
        moveTo(behind);
        return;
      }
    }
    if (at < source.length()) {
      throw JinjaException.syntax("Missing end of comment tag", line);
    }
  }

  /**
   * Where a tag's end is over that begins at a place, with the white space that it takes away; −1
   * if none begins there.
   */
  private int blockEnd(int place, char kind) {
    String end = kind + "}";
    if (source.startsWith("+" + end, place)) {
      return place + 3;
    }
    if (source.startsWith("-" + end, place)) {
      return skipSpace(place + 3);
    }
    if (source.startsWith(end, place)) {
      return source.startsWith("\n", place + 2) ? place + 3 : place + 2;
    }
    return -1;
  }

  /** Where the end of a print statement is over; −1 if none begins here. */
  private int variableEnd() {
    if (source.startsWith("-}}", at)) {
      return skipSpace(at + 3);
    }
    return source.startsWith("}}", at) ? at + 2 : -1;
  }

  private void inTag() {
    if (closing.isEmpty()) {
      int end = state == State.BLOCK ? blockEnd(at, '%') : variableEnd();
      if (end >= 0) {
        emit(state == State.BLOCK ? TokenKind.BLOCK_END : TokenKind.VARIABLE_END, "");
        state = State.TEXT;
        moveTo(end);
        return;
      }
    }
    int codePoint = source.codePointAt(at);
    if (Characters.isSpace(codePoint)) {
      moveTo(skipSpace(at));
    } else if (Characters.isAsciiDigit(codePoint)) {
      number();
    } else if (isNamePart(codePoint)) {
      name();
    } else if ((codePoint != '\'' && codePoint != '"') || !string()) {
      operator();
    }
  }

  private void number() {
    int end = floatEnd();
    if (end > 0) {
      String digits = source.substring(at, end).replace("_", "");
      ready.add(
          new Token(TokenKind.FLOAT, digits, new FloatValue(Double.parseDouble(digits)), line));
      moveTo(end);
      return;
    }
    end = integerEnd();
    String digits = source.substring(at, end).replace("_", "");
    IntValue value;
    try {
      value = NumberText.parseInt(digits, 0);
    } catch (JinjaException e) {
      throw JinjaException.whileCompiling(e.kind(), e.reason(), line);
    }
    ready.add(new Token(TokenKind.INTEGER, digits, value, line));
    moveTo(end);
  }

  /** Where digits end, with single underscores between them. */
  private int digitsEnd(int from, int radix) {
    int end = from;
    while (end < source.length()) {
      char unit = source.charAt(end);
      boolean between = unit == '_' && end > from && isDigit(end + 1, radix);
      if (!between && !isDigit(end, radix)) {
        break;
      }
      end++;
    }
    return end;
  }

  private boolean isDigit(int place, int radix) {
    return place < source.length()
        && source.charAt(place) < 0x80
        && Character.digit(source.charAt(place), radix) >= 0;
  }

  /** Where a float ends that begins here; −1 if none does. */
  private int floatEnd() {
    if (at > 0 && source.charAt(at - 1) == '.') {
      return -1;
    }
    int end = digitsEnd(at, 10);
    boolean isFloat = false;
    if (end < source.length() && source.charAt(end) == '.' && isDigit(end + 1, 10)) {
      end = digitsEnd(end + 1, 10);
      isFloat = true;
    }
    if (end < source.length() && (source.charAt(end) == 'e' || source.charAt(end) == 'E')) {
      int exponent = sign(end + 1) == 0 ? end + 1 : end + 2;
      if (isDigit(exponent, 10)) {
        return digitsEnd(exponent, 10);
      }
    }
    return isFloat ? end : -1;
  }

  private int integerEnd() {
    if (source.charAt(at) != '0') {
      return digitsEnd(at, 10);
    }
    int radix =
        switch (at + 1 < source.length() ? source.charAt(at + 1) : 0) {
          case 'b', 'B' -> 2;
          case 'o', 'O' -> 8;
          case 'x', 'X' -> 16;
          default -> 0;
        };
    if (radix != 0) {
      int from = source.startsWith("_", at + 2) ? at + 3 : at + 2;
      if (isDigit(from, radix)) {
        return digitsEnd(from, radix);
      }
    }
    int end = at + 1;
    while (end < source.length() && (source.charAt(end) == '0' || source.startsWith("_0", end))) {
      end += source.charAt(end) == '0' ? 1 : 2;
    }
    return end;
  }

  private static boolean isNamePart(int codePoint) {
    return Characters.isWord(codePoint) || Characters.isIdentifierPart(codePoint);
  }

  private void name() {
    int end = at;
    while (end < source.length() && isNamePart(source.codePointAt(end))) {
      end += Character.charCount(source.codePointAt(end));
    }
    String name = source.substring(at, end);
    if (!Characters.isIdentifier(name)) {
      throw JinjaException.syntax("Invalid character in identifier", line);
    }
    emit(TokenKind.NAME, name);
    moveTo(end);
  }

  /** Reads a string; false if it has no end. */
  private boolean string() {
    char quote = source.charAt(at);
    int end = at + 1;
    while (end < source.length() && source.charAt(end) != quote) {
      end += source.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= source.length()) {
      return false;
    }
    emit(TokenKind.STRING, StringLiteral.unescape(source.substring(at + 1, end), line));
    moveTo(end + 1);
    return true;
  }

  private void operator() {
    TokenKind operator = TokenKind.operatorAt(source, at);
    if (operator == null) {
      String character = Character.toString(source.codePointAt(at));
      throw JinjaException.syntax(
          "unexpected char " + Printing.quoted(character) + " at " + source.codePointCount(0, at),
          line);
    }
    switch (operator) {
      case LBRACE -> closing.push('}');
      case LPAREN -> closing.push(')');
      case LBRACKET -> closing.push(']');
      case RBRACE, RPAREN, RBRACKET -> {
        String found = operator.description();
        if (closing.isEmpty()) {
          throw JinjaException.syntax("unexpected '" + found + "'", line);
        }
        char expected = closing.pop();
        if (expected != found.charAt(0)) {
          throw JinjaException.syntax(
              "unexpected '" + found + "', expected '" + expected + "'", line);
        }
      }
      default -> {}
    }
    emit(operator, operator.description());
    moveTo(at + operator.description().length());
  }
}
