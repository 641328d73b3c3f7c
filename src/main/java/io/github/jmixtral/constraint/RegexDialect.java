package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.CodePointSet;

/**
 * Whose classes a regular expression means.
 *
 * @param narrowSpace the characters that {@code \s} may make
 * @param wideSpace the characters that {@code \S} must not make
 * @param bracketsNest whether {@code [} inside a class begins another class
 */
record RegexDialect(CodePointSet narrowSpace, CodePointSet wideSpace, boolean bracketsNest) {
  private static final CodePointSet ASCII_SPACE = CodePointSet.ofAll(" \t\n\u000B\f\r");

  /** {@link java.util.regex.Pattern} without flags. */
  static final RegexDialect JAVA = new RegexDialect(ASCII_SPACE, ASCII_SPACE, true);

  /**
   * ECMAScript, as JSON schema has it. Its white space holds Unicode's, Java's does not; what is
   * white space to one of them only is never made, so that validators of both kinds agree.
   */
  static final RegexDialect ECMASCRIPT =
      new RegexDialect(
          ASCII_SPACE,
          ASCII_SPACE.union(
              CodePointSet.ofAll("\u00A0\u1680\u2028\u2029\u202F\u205F\u3000\uFEFF")
                  .union(CodePointSet.of(0x2000, 0x200A))),
          false);
}
