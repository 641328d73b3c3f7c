package io.github.jmixtral.internal.automaton;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.github.jmixtral.RunsOnce;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Sets of characters as automata over bytes, compared with Java's UTF-8 for every code point. */
@RunsOnce
class Utf8RangesTest {
  @Test
  void everyCharacterIsInTheAutomatonOfAllThatHaveOne() {
    requireSame(CodePointSet.ALL);
  }

  @Test
  void everyCharacterIsInARandomSetOrNotAsItsAutomatonSays() {
    SplittableRandom random = new SplittableRandom(11);
    for (int i = 0; i < 6; i++) {
      CodePointSet set = CodePointSet.ofAll("");
      for (int range = 0; range < 5; range++) {
        int first = random.nextInt(1 << random.nextInt(4, 21));
        set = set.union(CodePointSet.of(first, first + random.nextInt(1 << random.nextInt(1, 19))));
      }
      requireSame(i % 2 == 0 ? set : set.complement());
    }
  }

  @Test
  void bytesThatAreNotUtf8MatchNothing() {
    Automaton all = Automaton.of(Expression.any(new Expression.Characters(CodePointSet.ALL)));
    for (int[] bytes :
        List.of(
            new int[] {0x80},
            new int[] {0xC0, 0x80},
            new int[] {0xC1, 0xBF},
            new int[] {0xE0, 0x9F, 0xBF},
            new int[] {0xED, 0xA0, 0x80},
            new int[] {0xED, 0xBF, 0xBF},
            new int[] {0xF0, 0x8F, 0xBF, 0xBF},
            new int[] {0xF4, 0x90, 0x80, 0x80},
            new int[] {0xF5, 0x80, 0x80, 0x80},
            new int[] {0xC3},
            new int[] {0xFF})) {
      byte[] malformed = new byte[bytes.length];
      for (int i = 0; i < bytes.length; i++) {
        malformed[i] = (byte) bytes[i];
      }
      assertFalse(all.matches(malformed));
    }
  }

  private static void requireSame(CodePointSet set) {
    Automaton automaton = Automaton.of(new Expression.Characters(set));
    for (CodePointSet.Range range : CodePointSet.ALL.ranges()) {
      for (int c = range.first(); c <= range.last(); c++) {
        byte[] utf8 = Character.toString(c).getBytes(StandardCharsets.UTF_8);
        if (set.contains(c) != automaton.matches(utf8)) {
          assertEquals(set.contains(c), automaton.matches(utf8), "U+%04X".formatted(c));
        }
      }
    }
  }
}
