package io.github.jmixtral.tokenizer;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Whether a text is a regular expression where Python and JavaScript write and read schemas. */
final class PythonPattern {
  /** Longer ones, and deeper ones, come from an attack, and compiling them recurses. */
  private static final int MAX_LENGTH = 10_000;

  private static final int MAX_DEPTH = 200;

  private static final Pattern QUANTIFIER = Pattern.compile("\\{(\\d+)?(,)?(\\d+)?}");
  private static final Pattern NAMED_GROUP = Pattern.compile("\\(\\?P?<[^>=!]+>");
  private static final Pattern NAMED_REFERENCE = Pattern.compile("\\(\\?P=[^)]*\\)");
  private static final Pattern COMMENT = Pattern.compile("\\(\\?#[^)]*\\)");

  private final String pattern;
  private final StringBuilder translated = new StringBuilder();
  private int position;
  private int depth;

  private PythonPattern(String pattern) {
    this.pattern = pattern;
  }

  /**
   * Checks an expression.
   *
   * @throws PatternSyntaxException if it is none
   */
  static void check(String pattern) {
    if (pattern.length() > MAX_LENGTH) {
      throw new PatternSyntaxException("more than " + MAX_LENGTH + " characters", pattern, -1);
    }
    Pattern.compile(new PythonPattern(pattern).translate());
  }

  /** The expression as Java writes it, without the names of groups. */
  private String translate() {
    while (position < pattern.length()) {
      switch (pattern.charAt(position)) {
        case '\\' -> copyEscape();
        case '[' -> copyClass();
        case '{' -> copyBrace();
        case '(' -> copyGroup();
        case ')' -> {
          depth--;
          copy();
        }
        default -> copy();
      }
    }
    return translated.toString();
  }

  private void copy() {
    translated.append(pattern.charAt(position++));
  }

  private void copyEscape() {
    if (pattern.startsWith("\\Z", position)) {
      translated.append("\\z");
      position += 2;
      return;
    }
    copy();
    if (position < pattern.length()) {
      copy();
    }
  }

  /** A class of characters, in which Java alone sees classes and intersections. */
  private void copyClass() {
    copy();
    if (position < pattern.length() && pattern.charAt(position) == '^') {
      copy();
    }
    boolean first = true;
    while (position < pattern.length() && (first || pattern.charAt(position) != ']')) {
      char unit = pattern.charAt(position);
      if (unit == '\\') {
        copyEscape();
      } else {
        if (unit == '[' || unit == ']' || unit == '&') {
          translated.append('\\');
        }
        copy();
      }
      first = false;
    }
    if (position < pattern.length()) {
      copy();
    }
  }

  /** A brace that begins no quantifier stands for itself. */
  private void copyBrace() {
    Matcher quantifier = QUANTIFIER.matcher(pattern).region(position, pattern.length());
    boolean counts =
        quantifier.lookingAt() && (quantifier.group(1) != null || quantifier.group(3) != null);
    if (!counts) {
      translated.append('\\');
      copy();
      return;
    }
    boolean fromNone = quantifier.group(1) == null;
    translated.append(fromNone ? "{0" : "{").append(quantifier.group().substring(1));
    position = quantifier.end();
    if (quantifier.region(position, pattern.length()).lookingAt()
        && quantifier.group().length() > 2) {
      throw new PatternSyntaxException("two quantifiers in a row", pattern, position);
    }
  }

  private void copyGroup() {
    if (skip(NAMED_REFERENCE) || skip(COMMENT)) {
      translated.append("(?:)");
      return;
    }
    if (++depth > MAX_DEPTH) {
      throw new PatternSyntaxException("groups nested deeper than " + MAX_DEPTH, pattern, position);
    }
    if (skip(NAMED_GROUP)) {
      translated.append('(');
    } else {
      copy();
    }
  }

  private boolean skip(Pattern part) {
    Matcher matcher = part.matcher(pattern).region(position, pattern.length());
    boolean found = matcher.lookingAt();
    if (found) {
      position = matcher.end();
    }
    return found;
  }
}
