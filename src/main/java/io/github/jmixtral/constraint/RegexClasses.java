package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.CodePointSet;
import io.github.jmixtral.internal.automaton.CodePointSet.Range;
import io.github.jmixtral.internal.format.Excerpt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads what stands for one character: escapes and bracketed classes. */
final class RegexClasses {
  /** Line breaks of Java; those of ECMAScript and others are among them. */
  static final CodePointSet LINE_BREAKS = CodePointSet.ofAll("\n\r\u0085\u2028\u2029");

  private static final CodePointSet VERTICAL_SPACE = LINE_BREAKS.union(CodePointSet.of(0x0B, 0x0C));
  private static final CodePointSet HORIZONTAL_SPACE =
      CodePointSet.ofAll(" \t\u00A0\u1680\u180E\u202F\u205F\u3000")
          .union(CodePointSet.of(0x2000, 0x200A));

  private static final int NO_CHARACTER = -1;

  /**
   * What an escape stands for.
   *
   * @param character the one that it is, or {@link #NO_CHARACTER} for a class
   */
  private record Member(CodePointSet set, int character) {
    static Member of(int character) {
      return new Member(CodePointSet.of(character, character), character);
    }

    static Member of(CodePointSet set) {
      return new Member(set, NO_CHARACTER);
    }
  }

  private final PatternSource source;
  private final RegexDialect dialect;

  /** By name: to find one's characters takes milliseconds, and patterns repeat themselves. */
  private final Map<String, Optional<CodePointSet>> properties = new HashMap<>();

  RegexClasses(PatternSource source, RegexDialect dialect) {
    this.source = source;
    this.dialect = dialect;
  }

  /** A character, in upper and lower case where case is ignored. */
  CodePointSet character(int character, boolean ignoreCase) {
    CodePointSet one = CodePointSet.of(character, character);
    return ignoreCase ? anyCase(one, false) : one;
  }

  /** What a backslash begins, which is taken already. */
  CodePointSet escaped(boolean ignoreCase) {
    Member member = escape(ignoreCase, false);
    return member.character() == NO_CHARACTER
        ? member.set()
        : character(member.character(), ignoreCase);
  }

  /** What follows an opening bracket, up to the closing one. */
  CodePointSet bracketed(boolean ignoreCase) {
    int start = source.position() - 1;
    boolean negated = source.accept("^");
    if (dialect == RegexDialect.ECMASCRIPT && source.looksAt("]")) {
      throw source.refuseAt(start, "an empty class is not supported");
    }
    List<Range> ranges = new ArrayList<>();
    do {
      ranges.addAll(range(start, ignoreCase, negated).ranges());
    } while (!source.accept("]"));
    CodePointSet set = CodePointSet.ofRanges(ranges);
    return negated ? set.complement() : set;
  }

  private CodePointSet range(int bracket, boolean ignoreCase, boolean negated) {
    int start = source.position();
    Member first = member(bracket, ignoreCase, negated);
    if (!source.looksAt("-") || source.looksAt("-]")) {
      return withCase(first.set(), first, ignoreCase, negated);
    }
    source.next();
    Member last = member(bracket, ignoreCase, negated);
    if (first.character() == NO_CHARACTER || last.character() < first.character()) {
      throw source.refuseAt(start, "a range must go from a character to a later one");
    }
    return withCase(
        CodePointSet.of(first.character(), last.character()), last, ignoreCase, negated);
  }

  private CodePointSet withCase(
      CodePointSet set, Member member, boolean ignoreCase, boolean negated) {
    return ignoreCase && member.character() != NO_CHARACTER ? anyCase(set, negated) : set;
  }

  private Member member(int bracket, boolean ignoreCase, boolean negated) {
    if (source.atEnd()) {
      throw source.refuseAt(bracket, "the class has no end: ']' is missing");
    }
    if (dialect == RegexDialect.JAVA && source.looksAt("&&")) {
      throw source.refuse("an intersection of classes ('&&') is not supported");
    }
    if (dialect == RegexDialect.JAVA && source.looksAt("[")) {
      throw source.refuse("a class in a class is not supported; write '\\[' for the character");
    }
    if (dialect == RegexDialect.ECMASCRIPT && source.accept("\\b")) {
      return Member.of('\b');
    }
    int character = source.next();
    return character == '\\' ? escape(ignoreCase, negated) : Member.of(character);
  }

  /**
   * What follows a backslash.
   *
   * @param negated whether the class around it will be turned into its complement
   */
  private Member escape(boolean ignoreCase, boolean negated) {
    int start = source.position() - 1;
    int letter = source.next();
    return switch (letter) {
      case 'd' -> Member.of(dialect.digit(negated));
      case 'D' -> Member.of(dialect.digit(!negated).complement());
      case 'w' -> Member.of(dialect.word(negated));
      case 'W' -> Member.of(dialect.word(!negated).complement());
      case 's' -> Member.of(dialect.space(negated));
      case 'S' -> Member.of(dialect.space(!negated).complement());
      case 'p' -> Member.of(property(start, ignoreCase));
      case 'P' -> Member.of(property(start, ignoreCase).complement());
      case 't' -> Member.of('\t');
      case 'n' -> Member.of('\n');
      case 'r' -> Member.of('\r');
      case 'f' -> Member.of('\f');
      case 'v' -> dialect == RegexDialect.JAVA ? Member.of(VERTICAL_SPACE) : Member.of(0x0B);
      case 'x' -> Member.of(byNumber(start, 2, "x{", dialect == RegexDialect.JAVA));
      case 'u' -> Member.of(byNumber(start, 4, "u{", dialect == RegexDialect.ECMASCRIPT));
      case 'c' -> Member.of(control(start));
      default -> rareEscape(start, letter);
    };
  }

  private Member rareEscape(int start, int letter) {
    if (letter >= 128 || !Character.isLetterOrDigit(letter)) {
      return Member.of(letter);
    }
    if (letter >= '1' && letter <= '9' || letter == 'k') {
      throw source.refuseAt(start, "a reference to a group is not supported");
    }
    Member member = dialect == RegexDialect.JAVA ? javaEscape(letter) : null;
    if (letter == '0' && dialect == RegexDialect.ECMASCRIPT && !source.looksAtDigit()) {
      member = Member.of(0);
    }
    if (member == null) {
      throw source.refuseAt(
          start, "the escape '\\" + (char) letter + "' is unknown or not supported");
    }
    return member;
  }

  private static @Nullable Member javaEscape(int letter) {
    return switch (letter) {
      case 'a' -> Member.of(0x07);
      case 'e' -> Member.of(0x1B);
      case 'h' -> Member.of(HORIZONTAL_SPACE);
      case 'H' -> Member.of(HORIZONTAL_SPACE.complement());
      case 'V' -> Member.of(VERTICAL_SPACE.complement());
      default -> null;
    };
  }

  /** What follows {@code \p}: a name in braces, or one letter. */
  private CodePointSet property(int start, boolean ignoreCase) {
    String name =
        source.accept("{")
            ? source.upTo("}", "the name of a property")
            : Character.toString(source.next());
    if (ignoreCase && name.matches("(?i)(.*=)?(L[ult]|(is)?(upper|lower|title).*)")) {
      throw source.refuseAt(start, "letters of one case are not supported where case is ignored");
    }
    return properties
        .computeIfAbsent(name, _ -> UnicodeProperties.named(name, dialect))
        .orElseThrow(
            () ->
                source.refuseAt(
                    start, "the property " + Excerpt.quote(name) + " is unknown or not supported"));
  }

  /** A control character by its letter, which some dialects take in upper case only. */
  private int control(int start) {
    int letter = source.next();
    if (letter < 'A' || letter > 'Z') {
      throw source.refuseAt(start, "'\\c' needs a capital letter");
    }
    return letter & 0x1F;
  }

  /** A character by its number, in a fixed count of digits or in braces. */
  private int byNumber(int start, int digits, String braces, boolean bracesAllowed) {
    source.moveTo(start + 1);
    if (bracesAllowed && source.accept(braces)) {
      String number = source.upTo("}", "the number of a character");
      if (!number.matches("0*[0-9A-Fa-f]{1,6}")) {
        throw source.refuseAt(start, "the braces must hold a hexadecimal number");
      }
      return source.characterOf(start, Integer.parseInt(number, 16));
    }
    source.next();
    int value = (int) source.hexadecimal(digits);
    if (Character.isHighSurrogate((char) value) && digits == 4 && source.accept("\\u")) {
      int low = (int) source.hexadecimal(4);
      if (Character.isLowSurrogate((char) low)) {
        return Character.toCodePoint((char) value, (char) low);
      }
    }
    return source.characterOf(start, value);
  }

  /**
   * Characters in upper and lower case. All programs agree about ASCII; where the set will be
   * turned into its complement, it holds what any takes to be another case.
   */
  private CodePointSet anyCase(CodePointSet set, boolean negated) {
    boolean wide = negated && dialect == RegexDialect.ECMASCRIPT;
    List<Range> ranges = new ArrayList<>(set.ranges());
    CodePointSet letters = wide ? set : set.intersection(CodePointSet.of('A', 'z'));
    for (Range range : letters.ranges()) {
      for (int c = range.first(); c <= range.last(); c++) {
        if (!wide && !Character.isLetter(c)) {
          continue;
        }
        addOne(ranges, Character.toUpperCase(c));
        addOne(ranges, Character.toLowerCase(c));
        if (wide) {
          addOne(ranges, Character.toTitleCase(c));
        }
      }
    }
    if (wide) {
      addOddCases(set, ranges);
    }
    return CodePointSet.ofRanges(ranges);
  }

  private static void addOne(List<Range> ranges, int character) {
    ranges.add(new Range(character, character));
  }

  /** Letters outside ASCII whose other case is a letter of ASCII. */
  private static void addOddCases(CodePointSet set, List<Range> ranges) {
    for (String odd : List.of("kK\u212A", "sS\u017F", "iI\u0130\u0131")) {
      if (!CodePointSet.ofAll(odd).intersection(set).isEmpty()) {
        odd.codePoints().forEach(c -> addOne(ranges, c));
      }
    }
  }
}
