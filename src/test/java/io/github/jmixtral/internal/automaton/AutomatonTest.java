package io.github.jmixtral.internal.automaton;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.automaton.Expression.Marked;
import io.github.jmixtral.internal.automaton.Expression.Repeat;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Automata and grammars of them, on texts whose verdicts can be told by counting. */
@RunsOnce
class AutomatonTest {
  private static final Expression A = Expression.characters('a', 'a');
  private static final Expression AB = Expression.characters('a', 'b');

  private static boolean matches(Expression expression, String text) {
    return Automaton.of(expression).matches(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void bothAndWithoutAreIntersectionAndDifference() {
    Expression even = Expression.any(new Repeat(AB, 2, 2));
    Expression threes = Expression.any(new Repeat(AB, 3, 3));
    for (int length = 0; length < 40; length++) {
      String text = "ab".repeat(20).substring(0, length);
      assertEquals(length % 6 == 0, matches(new Expression.Both(even, threes), text), text);
      assertEquals(
          length % 2 == 0 && length % 3 != 0,
          matches(new Expression.Without(even, threes), text),
          text);
    }
  }

  @Test
  void multiplesAreThoseOfArithmetic() {
    Expression quarters = new Expression.Multiple(25, 2);
    for (int hundredths = 0; hundredths < 1000; hundredths++) {
      String text = "%d.%02d".formatted(hundredths / 100, hundredths % 100);
      assertEquals(hundredths % 25 == 0, matches(quarters, text), text);
    }
    assertTrue(matches(quarters, "-0.5"));
    assertTrue(matches(quarters, "7"));
    assertFalse(matches(quarters, "0.500"), "more digits than two");
  }

  @Test
  void lookingAheadHoldsForTheRestOfTheText() {
    Expression ab = Expression.literal("ab");
    Expression looking =
        new Expression.Looking(
            Expression.sequence(
                new Expression.Ahead(Expression.sequence(Expression.ANYTHING, ab), true),
                Expression.any(AB)));
    assertTrue(matches(looking, "bbaa"));
    assertTrue(matches(looking, ""));
    assertFalse(matches(looking, "bbab"));
  }

  @Test
  void aRuleThatCountsEndsBetweenItsLimits() {
    for (int[] limits : new int[][] {{0, 5}, {3, 7}, {1200, 2000}, {4, Expression.UNBOUNDED}}) {
      GrammarBuilder builder = new GrammarBuilder();
      int root = builder.reserve();
      builder.define(root, builder.add(Expression.any(new Marked(A)), limits[0], limits[1]));
      PushdownMachine machine = new PushdownMachine(builder.build());
      for (int length : List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 1199, 1200, 2000, 2001)) {
        boolean within = length >= limits[0] && (limits[1] < 0 || length <= limits[1]);
        assertEquals(within, machine.matches("a".repeat(length)), limits[0] + ": " + length);
      }
    }
  }

  @Test
  void costsAreTheFewestBytesWithEveryCount() {
    GrammarBuilder builder = new GrammarBuilder();
    int root = builder.reserve();
    builder.define(
        root,
        builder.add(
            Expression.sequence(
                Expression.any(new Marked(Expression.literal("xyz"))), Expression.literal("!")),
            100,
            300));
    Grammar grammar = builder.build();
    Costs costs = grammar.bytes();
    int start = grammar.start(1);
    for (int count = 0; count <= 300; count++) {
      assertEquals(3 * Math.max(0, 100 - count) + 1, costs.of(start, count), "" + count);
    }
    int inside = grammar.state(start).edge('x').target();
    assertEquals(2 + 1, costs.of(inside, 300));
    assertEquals(3 * 99 + 2 + 1, costs.of(inside, 1));
  }

  @Test
  void longRepetitionsTakeFewStates() {
    Expression nested = new Repeat(Expression.sequence(new Repeat(A, 1, 5000), AB), 0, 5000);
    assertTrue(Grammar.of(nested).size() < 50);
  }

  @Test
  void aRuleThatCallsItselfBeforeItReadsIsRefused() {
    GrammarBuilder builder = new GrammarBuilder();
    int root = builder.reserve();
    builder.define(root, Expression.sequence(Expression.optional(A), new Expression.Call(root), A));
    assertThrows(IllegalArgumentException.class, builder::build);
  }
}
