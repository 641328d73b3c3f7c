package io.github.jmixtral.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Regular expressions, compared with {@link Pattern}. */
@RunsOnce
class RegexConstraintTest {
  /** The characters of the texts that are tried; few, so that texts often match. */
  private static final String ALPHABET = "ab1_ -.é\n中😀";

  @Test
  void randomExpressionsMatchWhatThoseOfJavaMatch() {
    SplittableRandom random = new SplittableRandom(5);
    int matched = 0;
    for (int i = 0; i < 400; i++) {
      String regex = expression(random, 3);
      Pattern pattern = Pattern.compile(regex);
      Constraint constraint = Constraint.regex(regex);
      for (int j = 0; j < 60; j++) {
        String text = text(random);
        boolean expected = pattern.matcher(text).matches();
        matched += expected ? 1 : 0;
        assertEquals(expected, constraint.matches(text), () -> regex + " and '" + text + "'");
      }
    }
    assertTrue(matched > 1000, "too few texts that match: " + matched);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "^\\d{4}-\\d{2}-\\d{2}$",
        "^a|b$",
        "(?<year>\\d+)(?:/x)?",
        "[^\\s\\d]+?",
        "[\\w.+-]+@[a-z]+\\.[a-z]{2,}",
        "[-a]{2,}?|[a-]",
        "\\x41\\u00e9*",
        "(|a)(b|)",
        "[\\]\\[]",
        "a{0}b",
        "[a-zé-ü中😀-😂]*",
        "\\S \\D\\W"
      })
  void expressionsOfEveryKindMatchWhatThoseOfJavaMatch(String regex) {
    Pattern pattern = Pattern.compile(regex);
    Constraint constraint = Constraint.regex(regex);
    SplittableRandom random = new SplittableRandom(6);
    for (String text :
        new String[] {
          "2026-11-23",
          "26-11-23",
          "a",
          "b",
          "2026",
          "2026/x",
          "x y",
          "me@example.org",
          "me@x",
          "a-",
          "-",
          "Aéé",
          "A",
          "",
          "ab",
          "]",
          "[",
          "é x",
          "😁",
          "中ü",
          "\u00a0 a!",
          "x  "
        }) {
      assertEquals(pattern.matcher(text).matches(), constraint.matches(text), text);
    }
    for (int i = 0; i < 200; i++) {
      String text = text(random);
      assertEquals(pattern.matcher(text).matches(), constraint.matches(text), text);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "(a)\\1 # at character 4: expected",
        "a(?=b) # at character 3: expected a group, found looking around",
        "a(?<!b) # at character 3: expected a group, found looking around",
        "(?i)a # at character 2: expected '(?:' or",
        "a++ # at character 2: expected no possessive quantifier",
        "a** # at character 2: expected one quantifier",
        "*a # at character 0: expected something to repeat",
        "a^b # at character 1: expected '^' only at the beginning",
        "a$b # at character 2: expected '$' only at the end",
        "(a$) # at character 2: expected '$' only at the end",
        "a\\b # at character 2: expected",
        "\\p{L} # at character 1: expected",
        "[a&&b] # at character 2: expected a class without intersection",
        "[a[b]] # at character 2: expected '\\[', as classes in classes",
        "[z-a] # at character 2: expected a range",
        "[] # expected a class with at least one character",
        "[a # at character 2: expected ']', found the end",
        "(a # at character 2: expected ')', found the end",
        "a) # at character 1: expected the end, or '(' before",
        "a{2,1} # expected {m,n} with m at most n",
        "a{100001} # expected a count of at most 100000",
        "a{x} # at character 2: expected a number",
        "\\x4 # expected 2 hexadecimal digits",
        "a\\ # expected a character, found the end"
      })
  void whatIsNotSupportedIsRefusedWithItsPlace(String regex, String message) {
    String found =
        assertThrows(IllegalArgumentException.class, () -> Constraint.regex(regex)).getMessage();
    assertTrue(found.startsWith("regex '" + regex + "': at character "), found);
    assertTrue(found.contains(message), found);
  }

  @Test
  void whatMatchesNothingIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> Constraint.regex("[^\\x00-\\uffff😀-\uDBFF\uDFFF\uD800\uDC00-😀]"));
  }

  @Test
  void anExpressionWhoseShortestTextIsHugeIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> Constraint.regex("((a{1000}){1000}){1000}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "a{0,2000} # a # 0 # 2000",
        "[a-z]{1200,1500}.* # é # 0 # -1",
        "[a-z]{1200,1500}.* # q # 1200 # 1000000",
        "(a{1,1000}b?){3,500} # aaab # 1 # 500",
        "(a|aa){100,2000} # a # 100 # 4000",
        "(a|b)*a(a|b){300} # a # 301 # 1000000",
        "[a-z]*b{0,300}c{200} # c # 200 # 1000000",
        "(|b|a{3}){80} # aaa # 0 # 80",
        "[0-9é]{65} # é # 65 # 65"
      })
  void countsAreExact(String regex, String part, int least, int most) {
    Constraint constraint = Constraint.regex(regex);
    for (int count : new int[] {0, 1, 2, 100, 300, 301, 500, 1000, 1200, 2000, 4000}) {
      for (int off = -1; off <= 1; off++) {
        int times = Math.max(0, count + off);
        assertEquals(
            least <= times && times <= most, constraint.matches(part.repeat(times)), "" + times);
      }
    }
  }

  private static String text(SplittableRandom random) {
    int[] characters = ALPHABET.codePoints().toArray();
    StringBuilder text = new StringBuilder();
    for (int length = random.nextInt(7); length > 0; length--) {
      text.appendCodePoint(characters[random.nextInt(characters.length)]);
    }
    return text.toString();
  }

  private static String expression(SplittableRandom random, int depth) {
    return switch (random.nextInt(depth == 0 ? 3 : 8)) {
      case 0 -> pick(random, "a", "b", "1", "_", " ", "\\-", "\\.", "é", "\\n", "中", "😀");
      case 1 -> pick(random, ".", "\\d", "\\D", "\\w", "\\W", "\\s", "\\S");
      case 2 -> pick(random, "[ab]", "[^a]", "[\\d_]", "[^\\w]", "[a-é]", "[^\\s1]", "[é-😀]");
      case 3, 4 -> expression(random, depth - 1) + expression(random, depth - 1);
      case 5 -> "(" + expression(random, depth - 1) + "|" + expression(random, depth - 1) + ")";
      case 6 ->
          "(?:"
              + expression(random, depth - 1)
              + ")"
              + pick(random, "?", "*", "+", "{2}", "{1,}", "{0,3}", "*?", "+?", "{1,2}?");
      default -> "(" + expression(random, depth - 1) + ")";
    };
  }

  private static String pick(SplittableRandom random, String... options) {
    return options[random.nextInt(options.length)];
  }
}
