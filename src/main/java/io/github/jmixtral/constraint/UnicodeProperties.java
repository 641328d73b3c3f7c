package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.CodePointSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** The characters with a property of Unicode, as {@link Pattern} knows them. */
final class UnicodeProperties {
  /** The long names of general categories, which ECMAScript takes and Java does not. */
  private static final Map<String, String> CATEGORIES =
      Map.ofEntries(
          Map.entry("Letter", "L"),
          Map.entry("Cased_Letter", "LC"),
          Map.entry("Uppercase_Letter", "Lu"),
          Map.entry("Lowercase_Letter", "Ll"),
          Map.entry("Titlecase_Letter", "Lt"),
          Map.entry("Modifier_Letter", "Lm"),
          Map.entry("Other_Letter", "Lo"),
          Map.entry("Mark", "M"),
          Map.entry("Combining_Mark", "M"),
          Map.entry("Nonspacing_Mark", "Mn"),
          Map.entry("Spacing_Mark", "Mc"),
          Map.entry("Enclosing_Mark", "Me"),
          Map.entry("Number", "N"),
          Map.entry("Decimal_Number", "Nd"),
          Map.entry("digit", "Nd"),
          Map.entry("Letter_Number", "Nl"),
          Map.entry("Other_Number", "No"),
          Map.entry("Punctuation", "P"),
          Map.entry("punct", "P"),
          Map.entry("Connector_Punctuation", "Pc"),
          Map.entry("Dash_Punctuation", "Pd"),
          Map.entry("Open_Punctuation", "Ps"),
          Map.entry("Close_Punctuation", "Pe"),
          Map.entry("Initial_Punctuation", "Pi"),
          Map.entry("Final_Punctuation", "Pf"),
          Map.entry("Other_Punctuation", "Po"),
          Map.entry("Symbol", "S"),
          Map.entry("Math_Symbol", "Sm"),
          Map.entry("Currency_Symbol", "Sc"),
          Map.entry("Modifier_Symbol", "Sk"),
          Map.entry("Other_Symbol", "So"),
          Map.entry("Separator", "Z"),
          Map.entry("Space_Separator", "Zs"),
          Map.entry("Line_Separator", "Zl"),
          Map.entry("Paragraph_Separator", "Zp"),
          Map.entry("Other", "C"),
          Map.entry("Control", "Cc"),
          Map.entry("cntrl", "Cc"),
          Map.entry("Format", "Cf"),
          Map.entry("Private_Use", "Co"),
          Map.entry("Unassigned", "Cn"));

  private UnicodeProperties() {}

  /**
   * The characters of a property.
   *
   * @param name what stands in the braces of {@code \p{…}}
   * @return nothing when the dialect has no such property
   */
  static Optional<CodePointSet> named(String name, RegexDialect dialect) {
    if (!name.matches("[A-Za-z_]+(=[A-Za-z_]+)?")) {
      return Optional.empty();
    }
    if (dialect == RegexDialect.JAVA) {
      return compiled("\\p{" + name + "}");
    }
    String value = name.substring(name.indexOf('=') + 1);
    if (name.matches("(Script|sc)=.*")) {
      return compiled("\\p{script=" + value + "}");
    }
    if (name.contains("=") && !name.matches("(General_Category|gc)=.*")) {
      return Optional.empty();
    }
    if (value.equals("Any")) {
      return Optional.of(CodePointSet.ALL);
    }
    String category = CATEGORIES.getOrDefault(value, value);
    if (category.matches("[A-Z][A-Za-z]?") || category.equals("ASCII")) {
      return compiled("\\p{" + category + "}");
    }
    // Alphabetic, White_Space and the like; and, as others take them, the names of scripts.
    return compiled("\\p{Is" + value + "}");
  }

  /**
   * The characters of a class.
   *
   * @param expression {@code \p{…}}, or a class in brackets
   */
  static CodePointSet of(String expression) {
    StringBuilder all = new StringBuilder(2 * Character.MAX_CODE_POINT);
    for (CodePointSet.Range range : CodePointSet.ALL.ranges()) {
      for (int c = range.first(); c <= range.last(); c++) {
        all.appendCodePoint(c);
      }
    }
    List<CodePointSet.Range> runs = new ArrayList<>();
    Matcher matcher = Pattern.compile(expression + "++").matcher(all);
    while (matcher.find()) {
      // A run over the gap of the surrogates is fine: no set holds them.
      runs.add(
          new CodePointSet.Range(
              all.codePointAt(matcher.start()), all.codePointBefore(matcher.end())));
    }
    return CodePointSet.ofRanges(runs);
  }

  private static Optional<CodePointSet> compiled(String expression) {
    try {
      return Optional.of(of(expression));
    } catch (PatternSyntaxException _) {
      return Optional.empty();
    }
  }
}
