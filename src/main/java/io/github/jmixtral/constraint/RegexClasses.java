package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.CodePointSet;
import io.github.jmixtral.internal.automaton.CodePointSet.Range;

/** Reads what stands for one character: escapes and bracketed classes. */
final class RegexClasses {
  private static final CodePointSet DIGITS = CodePointSet.of('0', '9');
  private static final CodePointSet WORD =
      DIGITS
          .union(CodePointSet.of('a', 'z'))
          .union(CodePointSet.of('A', 'Z'))
          .union(CodePointSet.of('_', '_'));
  private static final CodePointSet LINE_BREAKS = CodePointSet.ofAll("\n\r\u0085\u2028\u2029");

  private final RegexSource source;
  private final RegexDialect dialect;

  RegexClasses(RegexSource source, RegexDialect dialect) {
    this.source = source;
    this.dialect = dialect;
  }

  /** What the dot stands for. */
  CodePointSet anyButLineBreaks() {
    return LINE_BREAKS.complement();
  }

  /**
   * What follows a backslash.
   *
   * @param negated whether the class around it will be turned into its complement
   */
  CodePointSet escaped(boolean negated) {
    int start = source.position();
    int character = source.next();
    return switch (character) {
      case 'd' -> DIGITS;
      case 'D' -> DIGITS.complement();
      case 'w' -> WORD;
      case 'W' -> WORD.complement();
      case 's' -> negated ? dialect.wideSpace() : dialect.narrowSpace();
      case 'S' -> (negated ? dialect.narrowSpace() : dialect.wideSpace()).complement();
      case 't' -> one('\t');
      case 'n' -> one('\n');
      case 'r' -> one('\r');
      case 'f' -> one('\f');
      case 'x' -> one(hexadecimal(2));
      case 'u' -> one(hexadecimal(4));
      default -> {
        if (character < 128 && Character.isLetterOrDigit(character)) {
          source.moveTo(start);
          throw source.refuse(
              "\\d \\D \\w \\W \\s \\S \\t \\n \\r \\f \\xhh \\uhhhh or an escaped sign",
              "'\\" + (char) character + "', which is not supported");
        }
        yield one(character);
      }
    };
  }

  /** What follows an opening bracket, up to the closing one. */
  CodePointSet bracketed() {
    boolean negated = source.accept('^');
    CodePointSet set = CodePointSet.ofAll("");
    boolean empty = true;
    while (empty || !source.looksAt("]")) {
      if (source.atEnd()) {
        throw source.refuse("']'", "the end");
      }
      if (source.looksAt("]")) {
        throw source.refuse("a class with at least one character", "an empty class");
      }
      set = set.union(member(negated));
      empty = false;
    }
    source.next();
    return negated ? set.complement() : set;
  }

  private CodePointSet member(boolean negated) {
    CodePointSet first = single(negated);
    if (!source.looksAt("-") || source.looksAt("-]")) {
      return first;
    }
    int start = source.position();
    source.next();
    CodePointSet last = single(negated);
    if (!isOne(first) || !isOne(last) || codePoint(first) > codePoint(last)) {
      source.moveTo(start);
      throw source.refuse("a range from a character to a later one", "'-' between other things");
    }
    return CodePointSet.of(codePoint(first), codePoint(last));
  }

  private CodePointSet single(boolean negated) {
    if (source.looksAt("&&")) {
      throw source.refuse("a class without intersection", "'&&'");
    }
    if (dialect.bracketsNest() && source.looksAt("[")) {
      throw source.refuse("'\\[', as classes in classes are not supported", "'['");
    }
    int character = source.next();
    return character == '\\' ? escaped(negated) : one(character);
  }

  private int hexadecimal(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = source.atEnd() ? -1 : Character.digit(source.peek(), 16);
      if (digit < 0 || source.peek() > 127) {
        throw source.refuse(digits + " hexadecimal digits", source.quoteNext());
      }
      value = 16 * value + digit;
      source.next();
    }
    if (value >= Character.MIN_SURROGATE && value <= Character.MAX_SURROGATE) {
      throw source.refuse("a character before", "half a surrogate pair");
    }
    return value;
  }

  private static CodePointSet one(int codePoint) {
    return CodePointSet.of(codePoint, codePoint);
  }

  private static boolean isOne(CodePointSet set) {
    return set.ranges().size() == 1
        && set.ranges().getFirst().first() == set.ranges().getFirst().last();
  }

  private static int codePoint(CodePointSet set) {
    Range range = set.ranges().getFirst();
    return range.first();
  }
}
