package io.github.jmixtral.internal.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.RunsOnce;
import java.math.BigInteger;
import java.text.ParseException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is expected here is what Python 3.11 gives. */
@RunsOnce
class PythonJsonTest {

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          {"a":1,"b":[ ]}            | {"a": 1, "b": []}
          { }                        | {}
          [1 ,2,[null,true,false]]   | [1, 2, [null, true, false]]
          "\\u00e9\\/\\u007f\\u001F" | "é/\u007f\\u001f"
          "\\b\\f\\n\\r\\t\\"\\\\"   | "\\b\\f\\n\\r\\t\\"\\\\"
          {"a":1,"b":2,"a":3}        | {"a": 3, "b": 2}
          NaN                        | NaN
          [Infinity,-Infinity]       | [Infinity, -Infinity]
          1e400                      | Infinity
          -0                         | 0
          -0.0                       | -0.0
          1E3                        | 1000.0
          123456789012345678901      | 123456789012345678901
          0.10                       | 0.1
          1e16                       | 1e+16
          1e15                       | 1000000000000000.0
          9999999999999998.0         | 9999999999999998.0
          0.0001                     | 0.0001
          0.00001                    | 1e-05
          1.5e300                    | 1.5e+300
          5e-324                     | 5e-324
          4.9e-324                   | 5e-324
          1.7976931348623157e308     | 1.7976931348623157e+308
          123456789.125              | 123456789.125
          2.5e-7                     | 2.5e-07
          """)
  void valuesAreWrittenAsPythonWritesThem(String json, String written) throws ParseException {
    assertEquals(written, PythonJson.write(PythonJson.parse(json)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "{\"a\"}",
        "{\"a\":1,}",
        "[1,]",
        "{'a':1}",
        "01",
        "+1",
        "1.",
        ".5",
        "1e",
        "-",
        "nul",
        "True",
        "1_000",
        "\"a\nb\"",
        "\"a",
        "\"\\x41\"",
        "\"\\u12\"",
        "{}{}",
        "1 2",
        "\uFEFF1",
        "{a:1}",
        "Inf",
        "-NaN",
        "\u00a01",
        "\u0661"
      })
  void whatPythonRefusesIsNoJson(String text) {
    assertThrows(ParseException.class, () -> PythonJson.parse(text));
  }

  @Test
  void valuesAreJavasOwn() throws ParseException {
    Object value = PythonJson.parse("{\"a\": [1, 2.5, \"x\", true]}");
    assertEquals(Map.of("a", List.of(BigInteger.ONE, 2.5, "x", true)), value);
  }

  @Test
  void halvesOfSurrogatePairsAreReadAsPythonReadsThem() throws ParseException {
    assertEquals("\ud83d", PythonJson.parse("\"\\ud83d\""));
    assertEquals("🎉", PythonJson.parse("\"\\ud83c\\udf89\""));
  }

  @Test
  void aFaultIsNamedWithItsPlace() {
    ParseException fault = assertThrows(ParseException.class, () -> PythonJson.parse("{\"a\" 1}"));
    assertEquals("at character 6: expected ':', found '1'", fault.getMessage());
  }

  @Test
  void limitsAreNoFaultsOfTheText() throws ParseException {
    assertEquals(4300, PythonJson.parse("9".repeat(4300)).toString().length());
    assertThrows(IllegalArgumentException.class, () -> PythonJson.parse("9".repeat(4301)));
    assertThrows(IllegalArgumentException.class, () -> PythonJson.parse("[".repeat(501)));
    PythonJson.parse("[".repeat(500) + "]".repeat(500));
  }
}
