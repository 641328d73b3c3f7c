package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.RunsOnce;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Guards break special tokens in what people wrote, and leave no trace. */
@RunsOnce
class GuardsTest {
  private static final TextMatcher SPECIAL = new TextMatcher(Map.of("<s>", 1, "§", 2, "<<s", 3));

  private static String protect(String text) {
    return new Guards('|', '!').protect(text, SPECIAL);
  }

  @Test
  void specialTokensAreBrokenBehindTheirFirstCharacter() {
    assertEquals("|a<|s>b|", protect("a<s>b"));
    assertEquals("|<|<|s>|", protect("<<s>"));
    assertEquals("|a!§b|", protect("a§b"));
  }

  @Test
  void borderGuardsStandInsideOfWhiteSpace() {
    assertEquals(" \n|a b|\t", protect(" \na b\t"));
    assertEquals("  ", protect("  "));
    assertEquals("", protect(""));
  }

  @Test
  void removingGuardsGivesTheTextBack() {
    Guards guards = new Guards('|', '!');
    for (String text : List.of("", " ", "a<s>b", "§§", "<<s><s>")) {
      assertEquals(text, guards.remove(guards.protect(text, SPECIAL)));
      assertEquals(text, guards.remove(guards.protectEverywhere(text)));
    }
  }

  @Test
  void guardsAreCharactersThatTheTextsDoNotHold() {
    assertEquals(new Guards('\uFDD0', '\uFDD1'), Guards.absentFrom(List.of("a", "b")));
    assertEquals(new Guards('\uFDD1', '\uFDD3'), Guards.absentFrom(List.of("\uFDD0", "x\uFDD2")));
    String noncharacters = characters('\uFDD0', '\uFDEF');
    assertEquals(new Guards('\uE000', '\uE001'), Guards.absentFrom(List.of(noncharacters)));
    String privateUse = characters('\uE000', '\uF8FF');
    assertThrows(
        IllegalArgumentException.class,
        () -> Guards.absentFrom(List.of(noncharacters, privateUse)));
  }

  private static String characters(char first, char last) {
    StringBuilder all = new StringBuilder();
    for (int unit = first; unit <= last; unit++) {
      all.append((char) unit);
    }
    return all.toString();
  }
}
