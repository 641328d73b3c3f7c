package io.github.jmixtral.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/** Grammars in llama.cpp's GBNF. */
@RunsOnce
class GbnfConstraintTest {
  private static final String JSON =
      """
      # any JSON
      root   ::= object
      value  ::= object | array | string | number | ("true" | "false" | "null") ws

      object ::=
        "{" ws (
                  string ":" ws value
          ("," ws string ":" ws value)*
        )? "}" ws

      array  ::=
        "[" ws (
                  value
          ("," ws value)*
        )? "]" ws

      string ::=
        "\\"" (
          [^"\\\\\\x7F\\x00-\\x1F] |
          "\\\\" (["\\\\bfnrt] | "u" [0-9a-fA-F]{4}) # escapes
        )* "\\"" ws

      number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws

      # Optional space: by convention, applied in this grammar after literal chars when allowed
      ws ::= | " " | "\\n" [ \\t]{0,20}
      """;

  @Test
  void aGrammarOfJsonMatchesJson() {
    Constraint json = Constraint.gbnf(JSON);
    assertTrue(json.matches("{\"a\": [1, -2.5e3, {\"é\":\"x\\n\\u00e9\"}], \"b\":null}"));
    assertTrue(json.matches("{}"));
    assertTrue(json.matches("{\n    \"a\":true}"));
    assertFalse(json.matches("[]"));
    assertFalse(json.matches("{\"a\":}"));
    assertFalse(json.matches("{\"a\":\"\t\"}"));
  }

  @Test
  void everythingThatIsWrittenIsJson() {
    Constraint json = Constraint.gbnf(JSON);
    RandomWriter writer = new RandomWriter(Tokenizer.fromPretrained(Fixtures.storyteller()), 5);
    int fewest = writer.fewestTokens(json);
    for (int i = 0; i < 60; i++) {
      String text = writer.write(json, fewest + i, 0.2);
      assertTrue(new JsonMapper().readTree(text).isObject(), text);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '%',
      value = {
        "root ::= \"a\" | \"b\"+ % a b bbb % '' ab",
        "root ::= x y?\\nx ::= [a-c]\\ny ::= [^a-c\\\\n] % ad b c- % dd a\\n ab",
        "root ::= \"ab\"{2,3} % abab ababab % ab abb abababab",
        "root ::= \"a\"{2} \"b\"{1,} % aab aabbb % ab aabba",
        "root ::= ( \"a\" |\\n \"b\" # c\\n )* \"\\\\x41\\\\u00e9\" % Aé abAé % é a",
        "root ::= . \"x\" % yx éx 😀x \\nx % x yy",
        "root ::= \"(\" root? \")\" % () (()) ((())) % ( (() ",
        "root ::= item*\\nitem ::= \"a\"? [b-]* % '' a b a-b aab % c",
        "root ::= [a-z]{0,2000} \"!\" % ! abc! % abc !!",
        "root ::= \"a\"\\nroot ::= \"b\" % b % a",
        "other ::= \"x\"\\r\\nroot ::= other |\\r\\n other other % x xx % xxx",
        "root ::= [\\\\]\\\\[\\\\\\\\\\\"] % ] [ \\\\ \" % a"
      })
  void textsAreReadAsTheGrammarSays(String grammar, String matching, String others) {
    Constraint constraint = Constraint.gbnf(unescaped(grammar));
    for (String text : matching.split(" ")) {
      assertTrue(constraint.matches(unescaped(text.replace("''", ""))), text);
    }
    for (String text : others.split(" ")) {
      assertFalse(constraint.matches(unescaped(text.replace("''", ""))), text);
    }
  }

  private static String unescaped(String text) {
    return text.replace("\\\\", "\0").replace("\\n", "\n").replace("\\r", "\r").replace("\0", "\\");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '%',
      value = {
        "root ::= a % gbnf: line 1, column 10: the rule 'a' is not defined",
        "x ::= \"a\" % gbnf: line 1, column 1: the rule 'root' is not defined",
        "root ::= root \"a\" % gbnf: line 1, column 1: the rule 'root' refers to itself before",
        "root ::= x\\n"
            + "x ::= y? root \"a\"\\n"
            + "y ::= \"b\" % refers to itself before it reads anything",
        "root = \"a\" % gbnf: line 1, column 6: '::=' should stand behind the name 'root', not '='",
        "root ::= \"a\\n\\n % the literal has no end",
        "root ::= \"a\"\\n)x % gbnf: line 2, column 1: a rule should begin with its name, but ')'",
        "root ::= \"a\" ) % gbnf: line 1, column 14: the rule should end here, but ')' follows",
        "root ::= (\"a\" % gbnf: line 1, column 10: the group has no end: ')' is missing",
        "root ::= [a % gbnf: line 1, column 10: the class has no end: ']' is missing",
        "root ::= [] % the class is empty",
        "root ::= * % gbnf: line 1, column 10: nothing stands before '*' to repeat",
        "root ::= \"a\"{x} % gbnf: line 1, column 14: a number should stand here, not 'x'",
        "root ::= \"a\"{3,2} % n must not be less than m",
        "root ::= \"a\"{1000000} % a count may be at most 100000",
        "root ::= \"\\\\q\" % gbnf: line 1, column 11: the escape '\\q' is unknown",
        "root ::= \"\\\\x4\" % 2 hexadecimal digits should stand here",
        "root ::= <[5]> % tokens as symbols are not supported",
        "root ::= a\\na ::= \"x\" a % no text fits it"
      })
  void whatIsWrongIsRefusedWithLineAndColumn(String grammar, String message) {
    String found =
        assertThrows(IllegalArgumentException.class, () -> Constraint.gbnf(unescaped(grammar)))
            .getMessage();
    assertTrue(found.contains(message), found);
    assertEquals(List.of(found), found.lines().toList());
  }

  @Test
  void endlessRepetitionsOfRepetitionsAreRefused() {
    assertTrue(Constraint.gbnf("root ::= \"a\"" + "*".repeat(200)).matches("aaa"));
    for (String sign : List.of("*", "?", "+", "{2}", "{0,1} ")) {
      String grammar =
          "root ::= (" + "(\"a\"" + sign.repeat(150) + ")" + sign.repeat(100_000) + ")";
      IllegalArgumentException refusal =
          assertThrows(IllegalArgumentException.class, () -> Constraint.gbnf(grammar));
      assertTrue(refusal.getMessage().contains("more than 200 repetitions of repetitions"));
    }
  }
}
