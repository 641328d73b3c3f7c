package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.CodePointSet;
import io.github.jmixtral.internal.automaton.Expression;
import io.github.jmixtral.internal.format.Excerpt;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads regular expressions; {@link Constraint#regex} says which. What is no regular expression in
 * the strict sense, or means different things to different programs, is refused with its place.
 */
final class RegexParser {
  /** Bounds the recursion. */
  private static final int MAX_NESTING = 200;

  /** Bounds the work: the rest look ahead as those do that stand elsewhere. */
  private static final int MAX_LOOKS = 16;

  private final PatternSource source;
  private final RegexDialect dialect;
  private final RegexClasses classes;
  private final boolean search;
  private final Expression dollar;
  private Flags flags = new Flags(false, false, false);
  private int nesting;

  /** What inline flags change. */
  private record Flags(boolean ignoreCase, boolean dotAll, boolean multiline) {
    Flags with(char flag, boolean value) {
      return switch (flag) {
        case 'i' -> new Flags(value, dotAll, multiline);
        case 's' -> new Flags(ignoreCase, value, multiline);
        default -> new Flags(ignoreCase, dotAll, value);
      };
    }
  }

  private RegexParser(PatternSource source, RegexDialect dialect, boolean search) {
    this.source = source;
    this.dialect = dialect;
    this.classes = new RegexClasses(source, dialect);
    this.search = search;
    dollar = dialect == RegexDialect.JAVA ? RegexPlaces.endBeforeLineBreak() : RegexPlaces.END;
  }

  /**
   * The texts that an expression matches from end to end, as {@link java.util.regex.Pattern} has
   * it.
   *
   * @throws IllegalArgumentException for what is malformed or not supported
   */
  static Expression matching(String pattern) {
    return new RegexParser(PatternSource.ofRegex("regex", pattern), RegexDialect.JAVA, false)
        .parse();
  }

  /**
   * The texts in which an expression is found, as JSON schema means {@code pattern}: what is not
   * anchored may stand anywhere. Where the dialects of ECMAScript and others differ, only what
   * matches in all.
   *
   * @param place where it stands, for messages
   */
  static Expression finding(String place, String pattern) {
    return new RegexParser(PatternSource.ofRegex(place, pattern), RegexDialect.ECMASCRIPT, true)
        .parse();
  }

  private Expression parse() {
    List<Expression> options = new ArrayList<>();
    do {
      options.add(whole(sequence()));
    } while (source.accept("|"));
    if (!source.atEnd()) {
      throw source.refuse("')' closes no group; write '\\)' for the character");
    }
    Expression all = Expression.anyOf(options);
    return RegexPlaces.in(all) ? new Expression.Looking(all) : all;
  }

  /** An alternative of the whole expression: anchors at its ends need no looking around. */
  private Expression whole(List<Expression> sequence) {
    List<Expression> parts = new ArrayList<>(sequence);
    boolean begins = false;
    while (!parts.isEmpty()
        && (parts.getFirst() == RegexPlaces.BEGINNING
            || parts.getFirst() instanceof Expression.Sequence)) {
      begins |= parts.getFirst() == RegexPlaces.BEGINNING;
      if (parts.removeFirst() instanceof Expression.Sequence group) {
        parts.addAll(0, group.parts());
      }
    }
    boolean ends = false;
    while (!parts.isEmpty()
        && (isEnd(parts.getLast()) || parts.getLast() instanceof Expression.Sequence)) {
      ends |= isEnd(parts.getLast());
      if (parts.removeLast() instanceof Expression.Sequence group) {
        parts.addAll(group.parts());
      }
    }
    if (search && !begins) {
      parts.addFirst(Expression.ANYTHING);
    }
    if (search && !ends) {
      parts.add(Expression.ANYTHING);
    }
    return looking(parts);
  }

  private boolean isEnd(Expression part) {
    return part == RegexPlaces.END || part == dollar && !search;
  }

  /**
   * A whole text. What looks around at its beginning is an expression of its own that the text
   * matches, too: small automata side by side, where a single one would look ahead in all ways at
   * once, as in {@code (?=.*[a-z])(?=.*[0-9]).{8,}}.
   */
  private static Expression looking(List<Expression> parts) {
    int looks = 0;
    while (looks < Math.min(parts.size(), MAX_LOOKS) && RegexPlaces.only(parts.get(looks))) {
      looks++;
    }
    Expression whole = new Expression.Sequence(List.copyOf(parts.subList(looks, parts.size())));
    if (looks > 0 && RegexPlaces.in(whole)) {
      whole = new Expression.Looking(whole);
    }
    for (Expression look : parts.subList(0, looks)) {
      Expression alone = Expression.sequence(look, Expression.ANYTHING);
      whole = new Expression.Both(whole, new Expression.Looking(alone));
    }
    return whole;
  }

  private Expression alternatives() {
    List<Expression> options = new ArrayList<>();
    do {
      List<Expression> parts = sequence();
      options.add(Expression.allOf(parts));
    } while (source.accept("|"));
    return Expression.anyOf(options);
  }

  private List<Expression> sequence() {
    List<Expression> parts = new ArrayList<>();
    while (!source.atEnd() && !source.looksAt("|") && !source.looksAt(")")) {
      int start = source.position();
      Expression place = place();
      if (place != null) {
        parts.add(place);
        requireNoQuantifier();
      } else if (dialect == RegexDialect.JAVA && source.accept("\\Q")) {
        quoted(parts);
      } else if (source.accept("(")) {
        group(start, parts);
      } else {
        parts.add(quantified(atom(start)));
      }
    }
    return parts;
  }

  private void requireNoQuantifier() {
    if ("*+?".indexOf(source.peek()) >= 0 || isCount()) {
      throw source.refuse("a place in the text cannot be repeated");
    }
  }

  /** What asks for a place, or null. */
  private @Nullable Expression place() {
    if (source.accept("^")) {
      return flags.multiline() ? RegexPlaces.lineBeginning() : RegexPlaces.BEGINNING;
    }
    if (source.accept("$")) {
      return flags.multiline() ? RegexPlaces.lineEnd() : dollar;
    }
    if (source.accept("\\b")) {
      return RegexPlaces.wordBoundary(dialect);
    }
    if (source.accept("\\B")) {
      return RegexPlaces.noWordBoundary(dialect);
    }
    if (source.accept("\\A")) {
      return RegexPlaces.BEGINNING;
    }
    if (source.accept("\\z")) {
      return RegexPlaces.END;
    }
    return source.accept("\\Z") ? dollar : null;
  }

  /** What stands between {@code \Q} and {@code \E} or the end; a quantifier takes its last. */
  private void quoted(List<Expression> parts) {
    while (!source.atEnd() && !source.accept("\\E")) {
      int character = source.next();
      parts.add(new Expression.Characters(classes.character(character, flags.ignoreCase())));
    }
    if (!parts.isEmpty()) {
      parts.add(quantified(parts.removeLast()));
    }
  }

  private Expression atom(int start) {
    if (dialect == RegexDialect.JAVA && source.accept("\\R")) {
      return Expression.choice(
          Expression.literal("\r\n"),
          new Expression.Characters(RegexClasses.LINE_BREAKS.union(CodePointSet.of(0x0B, 0x0C))));
    }
    boolean count = dialect == RegexDialect.JAVA ? source.looksAt("{") : isCount();
    int character = source.next();
    if ("*+?".indexOf(character) >= 0 || count) {
      throw source.refuseAt(
          start, "nothing stands before '%c' to repeat".formatted((char) character));
    }
    return new Expression.Characters(
        switch (character) {
          case '[' -> classes.bracketed(flags.ignoreCase());
          case '.' -> flags.dotAll() ? CodePointSet.ALL : RegexClasses.LINE_BREAKS.complement();
          case '\\' -> classes.escaped(flags.ignoreCase());
          default -> classes.character(character, flags.ignoreCase());
        });
  }

  /** What follows an opening bracket; flags alone change what follows and add nothing. */
  private void group(int start, List<Expression> parts) {
    if (++nesting > MAX_NESTING) {
      throw source.refuseAt(start, "more than " + MAX_NESTING + " groups in groups");
    }
    Flags outside = flags;
    boolean looks = true;
    boolean behind = false;
    boolean negated = false;
    if (source.accept("?=")) {
      negated = false;
    } else if (source.accept("?!")) {
      negated = true;
    } else if (source.accept("?<=")) {
      behind = true;
    } else if (source.accept("?<!")) {
      behind = true;
      negated = true;
    } else {
      looks = false;
      if (source.accept("?") && flagsAlone(start)) {
        nesting--;
        return;
      }
    }
    Expression body = alternatives();
    if (!source.accept(")")) {
      throw source.refuseAt(start, "the group has no end: ')' is missing");
    }
    flags = outside;
    nesting--;
    if (!looks) {
      parts.add(quantified(body));
      return;
    }
    if (behind && RegexPlaces.lookAheadIn(body)) {
      throw source.refuseAt(start, "looking ahead while looking behind is not supported");
    }
    parts.add(
        behind
            ? new Expression.Behind(Expression.sequence(Expression.ANYTHING, body), negated)
            : new Expression.Ahead(body, negated));
    requireNoQuantifier();
  }

  /** Reads what follows {@code (?} of a group that does not look around. */
  private boolean flagsAlone(int start) {
    if (source.accept(":")) {
      return false;
    }
    if (source.accept("<") || dialect == RegexDialect.ECMASCRIPT && source.accept("P<")) {
      String name = source.upTo(">", "the name of a group");
      if (!name.matches("[A-Za-z_$][A-Za-z0-9_$]*")) {
        throw source.refuseAt(start, "the group has no proper name");
      }
      return false;
    }
    boolean value = true;
    while (!source.atEnd() && !source.looksAt(")") && !source.looksAt(":")) {
      int flag = source.next();
      if (flag == '-' && value) {
        value = false;
      } else if (flag == 'i' || flag == 's' || flag == 'm' && dialect == RegexDialect.JAVA) {
        flags = flags.with((char) flag, value);
      } else {
        throw source.refuseAt(
            start,
            "a group that begins with "
                + Excerpt.quote("(?" + Character.toString(flag))
                + " is not supported");
      }
    }
    return source.accept(")") || !source.accept(":");
  }

  private Expression quantified(Expression part) {
    int least;
    int most;
    int start = source.position();
    if (source.accept("?")) {
      least = 0;
      most = 1;
    } else if (source.accept("*")) {
      least = 0;
      most = Expression.UNBOUNDED;
    } else if (source.accept("+")) {
      least = 1;
      most = Expression.UNBOUNDED;
    } else if (dialect == RegexDialect.JAVA ? source.accept("{") : isCount()) {
      source.moveTo(start + 1);
      least = source.count();
      most = least;
      if (source.accept(",")) {
        most = source.looksAt("}") ? Expression.UNBOUNDED : source.count();
      }
      if (!source.accept("}")) {
        throw source.refuseAt(start, "the quantifier is none of {m}, {m,} and {m,n}");
      }
      if (most != Expression.UNBOUNDED && most < least) {
        throw source.refuseAt(start, "in {m,n}, n must not be less than m");
      }
    } else {
      return part;
    }
    if (!source.accept("?") && source.looksAt("+")) {
      throw source.refuse("a possessive quantifier is not supported");
    }
    if ("*+?".indexOf(source.peek()) >= 0 || isCount()) {
      throw source.refuse("a quantifier stands behind another one");
    }
    return new Expression.Repeat(part, least, most);
  }

  /** Whether a counted quantifier stands next; else a brace is a character as others. */
  private boolean isCount() {
    int start = source.position();
    boolean count = false;
    if (source.accept("{")) {
      boolean digits = skipDigits();
      boolean more = source.accept(",");
      // {,n} is a quantifier to some programs and text to others.
      boolean further = more && skipDigits();
      count = (digits || further) && source.looksAt("}");
    }
    source.moveTo(start);
    return count;
  }

  private boolean skipDigits() {
    int start = source.position();
    while (source.looksAtDigit()) {
      source.next();
    }
    return source.position() > start;
  }
}
