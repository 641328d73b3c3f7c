package io.github.jmixtral.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
  private static final String ALPHABET = "aAb1_ -.é\n\rK中😀\u212A";

  @Test
  void randomExpressionsMatchWhatThoseOfJavaMatch() {
    SplittableRandom random = new SplittableRandom(5);
    int matched = 0;
    for (int i = 0; i < 2000; i++) {
      String regex = expression(random, 4);
      Pattern pattern = Pattern.compile(regex);
      Constraint constraint;
      try {
        constraint = Constraint.regex(regex);
      } catch (IllegalArgumentException empty) {
        assertTrue(empty.getMessage().startsWith("constraint: no text fits it"), regex);
        assertFalse(pattern.matcher(text(random)).matches(), regex);
        continue;
      }
      for (int j = 0; j < 30; j++) {
        String text = text(random);
        boolean expected = pattern.matcher(text).matches();
        matched += expected ? 1 : 0;
        assertEquals(expected, constraint.matches(text), () -> regex + " and '" + text + "'");
      }
    }
    assertTrue(matched > 2000, "too few texts that match: " + matched);
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
        "\\S \\D\\W",
        "(?i)x y|AÉ+",
        "(?!\\.)(?!.*\\.\\.)[\\w.]*@[a-z]+(\\.[a-z]+)+",
        "(?=.*\\d)(?=.*[a-z]).{3,}",
        "\\ba\\b.*|.* \\bx\\b",
        "(^a$)|(^b$)",
        "\\p{L}+|\\p{IsHan}.?|\\pN{4}",
        "\\Qme@\\E[^@]+(?<!x)",
        "(?s).(?-s:.)|(?<=^)2.*(?<=\\d)",
        "\\x{1F601}|\\uD83D\\uDE01|\\p{Lower}\\p{Punct}?",
        "[]a-]+|[^]x ]+"
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
  @ValueSource(
      strings = {
        "^(?=.*[a-z])(?=.*[A-Z])(?=.*\\d)(?=.*[^\\w]).{8,}$",
        "^(?=.*[A-Za-z])(?=.*\\d)(?=.*[@$!%*#?&])[A-Za-z\\d@$!%*#?&]{8,}$",
        "^((?=.*\\d)(?=.*[a-z])(?=.*[A-Z])(?=.*[!@#_]).{8,64})$",
        "^(?=^.{8,}$)((?=.*\\d)|(?=.*\\W+))(?![.\\n])(?=.*[A-Z])(?=.*[a-z]).*$",
        "^(?=(.*[a-z]){2,})(?=(.*[A-Z]){2,})(?=(.*[0-9]){2,})(?=(.*[!@#$%^&*()\\-_+.]){1,}).{8,}$",
        "^(?!.*\\s)(?!.*(?:abc|123))(?=.*[a-z])(?=.*[A-Z])(?=.*\\d).{10,128}$",
        "^(?=.*?[A-Z])(?=.*?[a-z])(?=.*?[0-9])(?=.*?[#?!@$ %^&*-]).{8,}$",
        "\\A(?=\\w{6,10}\\z)(?=[^a-z]*[a-z])(?=(?:[^A-Z]*[A-Z]){3})(?=\\D*\\d).*"
      })
  void passwordsHoldEveryKindOfCharacterThatIsAskedFor(String regex) {
    Pattern pattern = Pattern.compile(regex);
    Constraint constraint = Constraint.regex(regex);
    Constraint schema =
        Constraint.jsonSchema(
            "{\"pattern\": " + JsonText.quoted(regex) + ", \"type\": \"string\"}");
    SplittableRandom random = new SplittableRandom(8);
    String alphabet = "abcXYZ123!@ #_-.";
    int matched = 0;
    for (int i = 0; i < 500; i++) {
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(16); length > 0; length--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      boolean matches = pattern.matcher(text).matches();
      assertEquals(matches, constraint.matches(text.toString()), text.toString());
      assertEquals(matches, schema.matches(JsonText.quoted(text.toString())), text.toString());
      matched += matches ? 1 : 0;
    }
    assertTrue(matched > 0, "some match");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "(a)\\1 # at character 3: a reference to a group is not supported",
        "a(?>b) # at character 1: a group that begins with '(?>' is not supported",
        "(?x)a # at character 0: a group that begins with '(?x' is not supported",
        "(?<=a(?=b)) # at character 0: looking ahead while looking behind is not supported",
        "a++ # at character 2: a possessive quantifier is not supported",
        "a** # at character 2: a quantifier stands behind another one",
        "*a # at character 0: nothing stands before '*' to repeat",
        "^*a # at character 1: a place in the text cannot be repeated",
        "(?=a){2} # at character 5: a place in the text cannot be repeated",
        "\\p{Latn} # at character 0: the property 'Latn' is unknown or not supported",
        "\\p{L # at character 3: the name of a property has no end: '}' is missing",
        "(?i)\\p{Lu} # at character 4: letters of one case are not supported where case is ignored",
        "\\X # at character 0: the escape '\\X' is unknown or not supported",
        "[a&&b] # at character 2: an intersection of classes ('&&') is not supported",
        "[a[b]] # at character 2: a class in a class is not supported",
        "[z-a] # at character 1: a range must go from a character to a later one",
        "[] # at character 0: the class has no end: ']' is missing",
        "[a # at character 0: the class has no end: ']' is missing",
        "(a # at character 0: the group has no end: ')' is missing",
        "a) # at character 1: ')' closes no group",
        "a{2,1} # at character 1: in {m,n}, n must not be less than m",
        "a{100001} # at character 2: a count may be at most 100000",
        "a{x} # at character 2: a number should stand here",
        "\\x4 # at character 3: 2 hexadecimal digits should stand here",
        "\\uD83D # at character 0: no character has this number",
        "a\\ # at character 2: it ends where a character should follow"
      })
  void whatIsNotSupportedIsRefusedWithItsPlace(String regex, String message) {
    String found =
        assertThrows(IllegalArgumentException.class, () -> Constraint.regex(regex)).getMessage();
    assertTrue(found.startsWith("regex '" + regex + "': at character "), found);
    assertTrue(found.contains(message), found);
    assertEquals(1, found.lines().count());
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
    return switch (random.nextInt(depth == 0 ? 4 : 13)) {
      case 3 -> pick(random, "^", "$", "\\b", "\\B", "\\A", "\\z", "\\Z");
      case 4, 5 -> expression(random, depth - 1) + expression(random, depth - 1);
      case 6 -> "(" + expression(random, depth - 1) + "|" + expression(random, depth - 1) + ")";
      case 7 -> pick(random, "(?=", "(?!") + expression(random, depth - 1) + ")";
      case 8 -> pick(random, "(?<=", "(?<!") + pick(random, "a", "[ab]", "\\w\\d", "a|bb") + ")";
      case 9 ->
          pick(random, "(?i:", "(?s:", "(?m:", "(?im:", "(?-i:")
              + expression(random, depth - 1)
              + ")";
      default -> repetition(random, depth);
    };
  }

  /** Without places: where their repetitions read nothing, Java gives up too early. */
  private static String repetition(SplittableRandom random, int depth) {
    return switch (random.nextInt(depth == 0 ? 3 : 6)) {
      case 0 ->
          pick(random, "a", "b", "1", "_", " ", "\\-", "\\.", "é", "\\n", "中", "😀", "\\r", "K");
      case 1 ->
          pick(
              random, ".", "\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "\\p{L}", "\\PN", "\\h", "\\R",
              "\\v");
      case 2 ->
          pick(
              random,
              "[ab]",
              "[^a]",
              "[\\d_]",
              "[^\\w]",
              "[a-é]",
              "[^\\s1]",
              "[é-😀]",
              "[\\p{L}-]");
      case 3 -> repetition(random, depth - 1) + repetition(random, depth - 1);
      case 4 -> "(" + repetition(random, depth - 1) + "|" + repetition(random, depth - 1) + ")";
      default ->
          "(?:"
              + repetition(random, depth - 1)
              + ")"
              + pick(random, "?", "*", "+", "{2}", "{1,}", "{0,3}", "*?", "+?", "{1,2}?");
    };
  }

  private static String pick(SplittableRandom random, String... options) {
    return options[random.nextInt(options.length)];
  }
}
