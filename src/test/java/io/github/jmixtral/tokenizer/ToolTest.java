package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import org.junit.jupiter.api.Test;

@RunsOnce
class ToolTest {
  @Test
  void halfASurrogatePairIsRefusedWithItsPlace() {
    assertRefused("name of a tool: there is half a surrogate pair", "f\uD83E", "", "{}");
    assertRefused(
        "description of the tool 'f': there is half a surrogate pair", "f", "\uDD99", "{}");
    for (String half : new String[] {"\uD83E", "\\ud83e"}) {
      assertRefused(
          "parameters of the tool 'f': there is half a surrogate pair",
          "f",
          "",
          "{\"description\": \"" + half + "\"}");
    }
    String whole = "{\"description\": \"\\ud83e\\udd99\"}";
    assertEquals(whole, Tool.of("f", "\uD83E\uDD99", whole).parameters());
  }

  @Test
  void parametersThatAreNoObjectAreRefusedWithTheirPlace() {
    assertRefused("parameters of the tool 'f': must be a JSON object", "f", "", "[]");
    assertRefused("parameters of the tool 'f': must be JSON, but are not", "f", "", "{");
    assertRefused(
        "parameters of the tool 'f': JSON may be nested",
        "f",
        "",
        "{\"a\":".repeat(2000) + "1" + "}".repeat(2000));
  }

  private static void assertRefused(
      String begin, String name, String description, String parameters) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Tool.of(name, description, parameters))
            .getMessage();
    assertTrue(message.startsWith(begin), message);
  }
}
