package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.RunsOnce;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Guards break special tokens in what people wrote, and leave no trace. */
@RunsOnce
class GuardsTest {
  private static final SpecialTexts SPECIAL =
      new SpecialTexts(Map.of("<s>", 1, "§", 2, "<<s", 3, "x y ", 4));

  private static String protect(String text) {
    return new Guards('|', '!').protect(text, SPECIAL, UnaryOperator.identity(), false);
  }

  @Test
  void specialTokensAreBrokenBehindTheirFirstCharacter() {
    assertEquals("a<|s>b", protect("a<s>b"));
    assertEquals("b<|<|s>b", protect("b<<s>b"));
    assertEquals("a!§b", protect("a§b"));
  }

  @Test
  void textWithoutAnyPartOfASpecialTokenIsLeftAlone() {
    for (String text : List.of("", "a", "\na b\n", "a <b> c", "as>, <sa")) {
      assertEquals(text, protect(text));
    }
  }

  @Test
  void anEdgeThatCouldBelongToASpecialTokenIsGuarded() {
    assertEquals("|s>b", protect("s>b"));
    assertEquals("|> b", protect("> b"));
    assertEquals("a <s|", protect("a <s"));
    assertEquals("a <|", protect("a <"));
    assertEquals("|s|", protect("s"));
    assertEquals("|<s", protect("<s").substring(0, 3));
  }

  @Test
  void guardsAtTheEdgesStandInsideOfWhiteSpace() {
    assertEquals("\n|s> b <|\t", protect("\ns> b <\t"));
  }

  @Test
  void whiteSpaceThatCouldBelongToASpecialTokenIsGuarded() {
    assertEquals("| a", protect(" a"));
    assertEquals("| |", protect(" "));
    assertEquals("\n", protect("\n"));
  }

  @Test
  void removingGuardsGivesTheTextBack() {
    Guards guards = new Guards('|', '!');
    for (String text : List.of("", " ", "a<s>b", "§§", "<<s><s>")) {
      assertEquals(
          text, guards.remove(guards.protect(text, SPECIAL, UnaryOperator.identity(), true)));
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
