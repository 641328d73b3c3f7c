package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.CodePointSet;

/**
 * Whose classes a regular expression means. Where programs differ about a class, the narrow set is
 * what all take to be in it, and the wide set what any does: the class is the narrow one, its
 * complement leaves out the wide one.
 */
enum RegexDialect {
  /** {@link java.util.regex.Pattern} without flags. */
  JAVA,

  /**
   * ECMAScript, as JSON schema has it. Many who write schemas check them with Python, Rust or Java,
   * whose classes differ: what is a digit or white space to some only is written neither for the
   * class nor for its complement, so that all agree.
   */
  ECMASCRIPT;

  private static final CodePointSet ASCII_DIGIT = CodePointSet.of('0', '9');
  private static final CodePointSet ASCII_WORD =
      ASCII_DIGIT
          .union(CodePointSet.of('a', 'z'))
          .union(CodePointSet.of('A', 'Z'))
          .union(CodePointSet.of('_', '_'));
  private static final CodePointSet ASCII_SPACE = CodePointSet.ofAll(" \t\n\u000B\f\r");

  /** The wide sets of Unicode, looked for where they are needed. */
  private static final class Wide {
    static final CodePointSet DIGIT = UnicodeProperties.of("\\p{Nd}");
    static final CodePointSet WORD =
        UnicodeProperties.of("[\\p{L}\\p{M}\\p{N}\\p{Pc}\u200C\u200D]");
    static final CodePointSet SPACE =
        ASCII_SPACE
            .union(CodePointSet.ofAll("\u001C\u001D\u001E\u001F\u0085\u180E\uFEFF"))
            .union(UnicodeProperties.of("\\p{Z}"));
  }

  /** The characters of {@code \d}. */
  CodePointSet digit(boolean wide) {
    return wide && this == ECMASCRIPT ? Wide.DIGIT : ASCII_DIGIT;
  }

  /** The characters of {@code \w}. */
  CodePointSet word(boolean wide) {
    return wide && this == ECMASCRIPT ? Wide.WORD : ASCII_WORD;
  }

  /** The characters of {@code \s}. */
  CodePointSet space(boolean wide) {
    return wide && this == ECMASCRIPT ? Wide.SPACE : ASCII_SPACE;
  }

  /** Whether {@code [} inside a class begins another class. */
  boolean bracketsNest() {
    return this == JAVA;
  }
}
