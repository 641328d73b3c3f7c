package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.CodePointSet;
import io.github.jmixtral.internal.automaton.Expression;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads regular expressions: literals, {@code .}, classes, groups, alternation, the quantifiers
 * {@code ? * + {m} {m,} {m,n}} (lazy ones match the same texts), anchors at both ends. What is no
 * regular expression in the strict sense (references back, looking around) or depends on flags is
 * refused, with its place.
 */
final class RegexParser {
  /** The most that a counted quantifier may say. */
  static final int MAX_COUNT = 100_000;

  /** Bounds the recursion. */
  private static final int MAX_NESTING = 200;

  private final RegexSource source;
  private final RegexClasses classes;
  private final boolean search;
  private int nesting;

  private RegexParser(RegexSource source, RegexDialect dialect, boolean search) {
    this.source = source;
    this.classes = new RegexClasses(source, dialect);
    this.search = search;
  }

  /**
   * The texts that an expression matches from end to end, as {@link java.util.regex.Pattern} has
   * it.
   *
   * @throws IllegalArgumentException for what is malformed or not supported
   */
  static Expression matching(String pattern) {
    return new RegexParser(new RegexSource("regex", pattern), RegexDialect.JAVA, false).parse();
  }

  /**
   * The texts in which an expression is found, as JSON schema means {@code pattern}: what is not
   * anchored may stand anywhere. Where the dialects of ECMAScript and Java differ, only what
   * matches in both.
   *
   * @param place where it stands, for messages
   */
  static Expression finding(String place, String pattern) {
    return new RegexParser(new RegexSource(place, pattern), RegexDialect.ECMASCRIPT, true).parse();
  }

  private Expression parse() {
    List<Expression> options = new ArrayList<>();
    do {
      options.add(anchoredOption());
    } while (source.accept('|'));
    if (!source.atEnd()) {
      throw source.refuse("the end, or '(' before", "')'");
    }
    return new Expression.Choice(options);
  }

  /** An alternative of the whole expression, which may have anchors at its ends. */
  private Expression anchoredOption() {
    Expression anything = Expression.any(new Expression.Characters(CodePointSet.ALL));
    boolean fromStart = false;
    while (source.accept('^')) {
      fromStart = true;
    }
    Expression body = sequence();
    boolean toEnd = false;
    while (source.accept('$')) {
      toEnd = true;
    }
    if (!source.atEnd() && source.peek() != '|' && source.peek() != ')') {
      throw source.refuse("'$' only at the end", "'$' before " + source.quoteNext());
    }
    List<Expression> parts = new ArrayList<>();
    if (search && !fromStart) {
      parts.add(anything);
    }
    parts.add(body);
    if (search && !toEnd) {
      parts.add(anything);
    }
    return new Expression.Sequence(parts);
  }

  private Expression alternatives() {
    List<Expression> options = new ArrayList<>();
    do {
      options.add(sequence());
    } while (source.accept('|'));
    return options.size() == 1 ? options.getFirst() : new Expression.Choice(options);
  }

  private Expression sequence() {
    List<Expression> parts = new ArrayList<>();
    while (!source.atEnd() && "|)$".indexOf(source.peek()) < 0) {
      parts.add(quantified(atom()));
    }
    return new Expression.Sequence(parts);
  }

  private Expression atom() {
    int start = source.position();
    int character = source.next();
    return switch (character) {
      case '(' -> group();
      case '[' -> new Expression.Characters(classes.bracketed());
      case '.' -> new Expression.Characters(classes.anyButLineBreaks());
      case '\\' -> new Expression.Characters(classes.escaped(false));
      case '^' -> {
        source.moveTo(start);
        throw source.refuse("'^' only at the beginning", "'^' inside");
      }
      case '*', '+', '?', '{' -> {
        source.moveTo(start);
        throw source.refuse(
            "something to repeat, or a backslash before", "'" + (char) character + "'");
      }
      default -> new Expression.Characters(CodePointSet.of(character, character));
    };
  }

  private Expression group() {
    if (++nesting > MAX_NESTING) {
      throw source.refuse("at most " + MAX_NESTING + " groups in groups", "more");
    }
    if (source.accept('?')) {
      groupKind();
    }
    Expression body = alternatives();
    if (!source.atEnd() && source.peek() == '$') {
      throw source.refuse("'$' only at the end", "'$' in a group");
    }
    if (!source.accept(')')) {
      throw source.refuse("')'", source.quoteNext());
    }
    nesting--;
    return body;
  }

  /** What follows {@code (?}: a group without a number or with a name; nothing else. */
  private void groupKind() {
    if (source.accept(':')) {
      return;
    }
    if (source.looksAt("=")
        || source.looksAt("!")
        || source.looksAt("<=")
        || source.looksAt("<!")) {
      throw source.refuse("a group", "looking around, which is not supported");
    }
    if (source.accept('<')) {
      while (!source.atEnd() && Character.isLetterOrDigit(source.peek())) {
        source.next();
      }
      if (!source.accept('>')) {
        throw source.refuse("'>' behind a group's name", source.quoteNext());
      }
      return;
    }
    throw source.refuse("'(?:' or '(?<name>'", "'(?' and " + source.quoteNext());
  }

  private Expression quantified(Expression part) {
    int least;
    int most;
    if (source.accept('?')) {
      least = 0;
      most = 1;
    } else if (source.accept('*')) {
      least = 0;
      most = Expression.UNBOUNDED;
    } else if (source.accept('+')) {
      least = 1;
      most = Expression.UNBOUNDED;
    } else if (source.accept('{')) {
      least = count();
      most = least;
      if (source.accept(',')) {
        most = source.looksAt("}") ? Expression.UNBOUNDED : count();
      }
      if (!source.accept('}')) {
        throw source.refuse("'}'", source.quoteNext());
      }
      if (most != Expression.UNBOUNDED && most < least) {
        throw source.refuse("{m,n} with m at most n", "{" + least + "," + most + "}");
      }
    } else {
      return part;
    }
    if (!source.accept('?') && source.looksAt("+")) {
      throw source.refuse("no possessive quantifier", "'+' behind a quantifier");
    }
    if (!source.atEnd() && "*+?{".indexOf(source.peek()) >= 0) {
      throw source.refuse("one quantifier", "another, " + source.quoteNext());
    }
    return new Expression.Repeat(part, least, most);
  }

  private int count() {
    int value = 0;
    int digits = 0;
    while (!source.atEnd() && source.peek() >= '0' && source.peek() <= '9') {
      value = Math.min(MAX_COUNT + 1, 10 * value + source.next() - '0');
      digits++;
    }
    if (digits == 0) {
      throw source.refuse("a number", source.quoteNext());
    }
    if (value > MAX_COUNT) {
      throw source.refuse("a count of at most " + MAX_COUNT, "a larger one");
    }
    return value;
  }
}
