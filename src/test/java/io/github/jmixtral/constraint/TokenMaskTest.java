package io.github.jmixtral.constraint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.automaton.Configuration;
import io.github.jmixtral.internal.automaton.ConstraintRun;
import io.github.jmixtral.internal.automaton.Grammar;
import io.github.jmixtral.internal.automaton.Pieces;
import io.github.jmixtral.internal.automaton.TokenAutomaton;
import io.github.jmixtral.internal.sampling.TokenConstraints;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which ids fit where, compared with trying every id. */
@RunsOnce
class TokenMaskTest {
  private static final Tokenizer STORYTELLER = Tokenizer.fromPretrained(Fixtures.storyteller());

  private static final List<Constraint> CONSTRAINTS =
      List.of(
          Constraint.oneOf("a duck", "a dog", "the duck", "é", "ducks"),
          Constraint.regex(" ?[a-z ,.]*(\\d{2}|!)"),
          Constraint.json(),
          Constraint.jsonSchema(
              """
              {"type":"object","properties":{"name":{"type":"string","maxLength":6},\
              "tags":{"type":"array","items":{"enum":["a","the"]}},"n":{"type":"number"}},\
              "required":["tags"]}\
              """),
          Constraint.regex("[a-z ]{20,90}(ab?|c){30}[a-z]*d{0,100}"),
          Constraint.jsonSchema(
              "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":50,"
                  + "\"maxLength\":99},\"minItems\":12,\"maxItems\":70}"));

  @Test
  void theMaskIsWhatTryingEveryIdGives() {
    requireTriedMasks(STORYTELLER, 12, 12);
  }

  @Test
  void theMaskIsWhatTryingEveryIdOfMixtralsTokenizersGives() {
    requireTriedMasks(
        Tokenizer.fromPretrained(Fixtures.folder("tokenizer").resolve("tokenizer.model")), 2, 8);
    requireTriedMasks(
        Tokenizer.fromPretrained(Fixtures.folder("tokenizer").resolve("tokenizer.json")), 1, 8);
  }

  private static void requireTriedMasks(Tokenizer tokenizer, int runs, int length) {
    Pieces pieces = new Pieces(tokenizer, tokenizer.vocabSize());
    SplittableRandom random = new SplittableRandom(9);
    for (Constraint constraint : CONSTRAINTS) {
      TokenAutomaton automaton = new TokenAutomaton(Grammar.OF_CONSTRAINT.of(constraint), pieces);
      for (int run = 0; run < runs; run++) {
        Configuration at = automaton.start();
        for (int position = 0; position < length; position++) {
          boolean first = position == 0;
          int bound = at.bound();
          for (int tokensLeft : new int[] {1, 2, 3, bound + 1, bound + 2, bound + 4, 1000}) {
            requireTriedMask(automaton, at, first, tokensLeft);
          }
          int[] allowed = ids(tried(automaton, at, first, 1000));
          if (allowed.length == 0) {
            break;
          }
          at = automaton.next(at, allowed[random.nextInt(allowed.length)], first);
        }
      }
    }
  }

  private static void requireTriedMask(
      TokenAutomaton automaton, Configuration at, boolean first, int tokensLeft) {
    long[] bits = new long[(automaton.idCount() + 63) / 64];
    automaton.allowed(at, first, tokensLeft, bits);
    long[] expected = tried(automaton, at, first, tokensLeft);
    assertArrayEquals(expected, bits);
    if (!first && tokensLeft >= at.bound() + 1) {
      boolean some = Arrays.stream(bits).anyMatch(word -> word != 0);
      assertTrue(some || at.isComplete(), "nothing is left although the budget suffices");
    }
  }

  private static long[] tried(
      TokenAutomaton automaton, Configuration at, boolean first, int tokensLeft) {
    long[] bits = new long[(automaton.idCount() + 63) / 64];
    for (int id = 0; id < automaton.idCount(); id++) {
      Configuration next = automaton.next(at, id, first);
      if (!next.isDead() && next.bound() <= tokensLeft - 2) {
        bits[id >> 6] |= 1L << id;
      }
    }
    return bits;
  }

  private static int[] ids(long[] bits) {
    return IntStream.range(0, 64 * bits.length)
        .filter(id -> (bits[id >> 6] & 1L << id) != 0)
        .toArray();
  }

  @Test
  void piecesAreWhatDecodingTheirIdsGives() {
    for (Tokenizer tokenizer :
        List.of(
            STORYTELLER,
            Tokenizer.fromPretrained(Fixtures.folder("tokenizer").resolve("tokenizer.model")),
            Tokenizer.fromPretrained(Fixtures.folder("tokenizer").resolve("tokenizer.json")))) {
      Pieces pieces = new Pieces(tokenizer, tokenizer.vocabSize());
      int anchor = tokenizer.encode("a")[0];
      String before = tokenizer.decode(new int[] {anchor}, true);
      for (int id = 0; id < tokenizer.vocabSize(); id++) {
        if (pieces.bytes(id, false) == null || tokenizer.piece(id).matches("<0x..>")) {
          continue;
        }
        String middle = tokenizer.decode(new int[] {anchor, id}, true).substring(before.length());
        assertEquals(middle, new String(pieces.bytes(id, false), StandardCharsets.UTF_8));
        String alone = tokenizer.decode(new int[] {id}, true);
        assertEquals(alone, new String(pieces.bytes(id, true), StandardCharsets.UTF_8));
      }
    }
  }

  @Test
  void theFewestTokensOfATextAreThoseOfItsLongestPieces() {
    RandomWriter writer = new RandomWriter(STORYTELLER, 1);
    int id = STORYTELLER.id("▁once").orElse(STORYTELLER.id("▁the").orElseThrow());
    String word = STORYTELLER.decode(new int[] {id}, true);
    assertEquals(2, writer.fewestTokens(Constraint.oneOf(word)), "the piece and the end");
    assertEquals(1, writer.fewestTokens(Constraint.regex("[a-z]*")), "the end alone");
  }

  @Test
  void textsEndInTimeHoweverFewTokensThereAre() {
    RandomWriter writer = new RandomWriter(STORYTELLER, 2);
    for (Constraint constraint : CONSTRAINTS) {
      int fewest = writer.fewestTokens(constraint);
      for (int more = 0; more < 60; more++) {
        String text = writer.write(constraint, fewest + more, 0.05);
        assertTrue(constraint.matches(text), text);
      }
    }
  }

  @Test
  void nestingStaysWithinItsLimit() {
    Constraint brackets =
        Constraint.jsonSchema("{\"type\":\"array\",\"items\":{\"$ref\":\"#\"},\"maxItems\":1}");
    RandomWriter writer = new RandomWriter(STORYTELLER, 4);
    for (int i = 0; i < 20; i++) {
      String text = writer.write(brackets, 2000, 0);
      int depth = text.length() / 2;
      assertTrue(depth <= TokenAutomaton.MAX_DEPTH + 32, "" + depth);
      assertTrue(brackets.matches(text));
    }
  }

  /** As tokens that were added behind an embedding that was not made larger. */
  @Test
  void idsThatTheModelDoesNotKnowAreNeverChosen() {
    int a = STORYTELLER.id("a").orElseThrow();
    int vocabSize = STORYTELLER.id("abc").orElse(STORYTELLER.vocabSize() - 1);
    ConstraintRun run =
        new TokenConstraints(STORYTELLER, vocabSize).start(Constraint.regex("[a-z ]{40}"));
    assertEquals(vocabSize, run.idCount());
    assertTrue(run.follow(new int[] {a}, 0, 1));
    long[] allowed = new long[STORYTELLER.vocabSize() / Long.SIZE + 1];
    run.allowed(1000, allowed);
    assertTrue(BitSet.valueOf(allowed).length() <= vocabSize);
    assertEquals(false, run.follow(new int[] {vocabSize}, 0, 1));
  }

  @Test
  void anotherSequenceIsTakenUpWhereItParts() {
    ConstraintRun run =
        new TokenConstraints(STORYTELLER, STORYTELLER.vocabSize())
            .start(Constraint.oneOf("abc", "abd"));
    int a = STORYTELLER.id("a").orElseThrow();
    int b = STORYTELLER.id("b").orElseThrow();
    int c = STORYTELLER.id("c").orElseThrow();
    int d = STORYTELLER.id("d").orElseThrow();
    assertTrue(run.follow(new int[] {1, a, b, c}, 1, 4));
    assertTrue(run.isComplete());
    assertTrue(run.follow(new int[] {1, a, b}, 1, 3));
    assertEquals(false, run.isComplete());
    assertTrue(run.follow(new int[] {1, a, b, d}, 1, 4));
    assertTrue(run.isComplete());
    assertEquals(false, run.follow(new int[] {1, b}, 1, 2));
    assertTrue(run.follow(new int[] {9, 9, a}, 2, 3));
  }
}
