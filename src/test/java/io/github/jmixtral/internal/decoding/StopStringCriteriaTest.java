package io.github.jmixtral.internal.decoding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.sampling.IdSequence;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Stop strings on Mixtral's own tokenizer, both files of it. */
@RunsOnce
class StopStringCriteriaTest {
  private static final List<Tokenizer> TOKENIZERS =
      List.of(
          Tokenizer.fromPretrained(Fixtures.folder("tokenizer").resolve("tokenizer.json")),
          Tokenizer.fromPretrained(Fixtures.folder("tokenizer").resolve("tokenizer.model")));

  private static final String TEXT =
      "The wonderful, unbelievable story:\n\n"
          + "naïve 鸭子 swam 🦆🦆 away;   \"The End\" — or not?\tYes.";

  @Test
  void aMatchStopsAtTheTokenThatCompletesItWhereverItsBordersAre() {
    var random = new SplittableRandom(3);
    for (Tokenizer tokenizer : TOKENIZERS) {
      int[] ids = tokenizer.encode(TEXT);
      assertEquals(TEXT, tokenizer.decode(ids));
      for (int round = 0; round < 300; round++) {
        int start = characterBorder(random.nextInt(TEXT.length() - 1));
        int length = 1 + random.nextInt(Math.min(12, TEXT.length() - start));
        int end = characterBorder(Math.min(TEXT.length(), start + length));
        if (start < end) {
          String stopString = TEXT.substring(start, end);
          assertEquals(
              firstPrefixWith(stopString, tokenizer, ids),
              stoppedAfter(List.of(stopString), tokenizer, ids),
              stopString);
        }
      }
    }
  }

  @Test
  void aNewlineStopsAtItsOwnToken() {
    for (Tokenizer tokenizer : TOKENIZERS) {
      int[] ids = tokenizer.encode("one\ntwo");
      int newline = 1 + indexOf(ids, tokenizer.id("<0x0A>").getAsInt());
      assertEquals(newline, stoppedAfter(List.of("\n"), tokenizer, ids));
    }
  }

  @Test
  void halfACharacterIsNoMatch() {
    for (Tokenizer tokenizer : TOKENIZERS) {
      int[] ids = tokenizer.encode("a🦆");
      for (int length = 0; length < ids.length; length++) {
        int[] part = Arrays.copyOf(ids, length);
        assertEquals(-1, stoppedAfter(List.of("🦆", "\uFFFD"), tokenizer, part));
      }
      assertEquals(ids.length, stoppedAfter(List.of("🦆"), tokenizer, ids));
    }
  }

  @Test
  void anyOfSeveralStopStringsStops() {
    Tokenizer tokenizer = TOKENIZERS.getFirst();
    int[] ids = tokenizer.encode(TEXT);
    int expected = firstPrefixWith("swam", tokenizer, ids);
    assertEquals(expected, stoppedAfter(List.of("The End", "swam", "zebra"), tokenizer, ids));
    assertEquals(-1, stoppedAfter(List.of("zebra"), tokenizer, ids));
  }

  @Test
  void aMatchMayBeginInThePromptButNotEndThere() {
    Tokenizer tokenizer = TOKENIZERS.getFirst();
    int[] prompt = tokenizer.encode("User: hello");
    int[] reply = tokenizer.encode("there");
    assertEquals(1, reply.length);
    assertTrue(criteriaAfter(prompt, "hello there", tokenizer, reply[0]));
    assertFalse(criteriaAfter(prompt, "hello", tokenizer, reply[0]));
  }

  @Test
  void aSpecialTokenStopsByItsName() {
    Tokenizer tokenizer = TOKENIZERS.getFirst();
    int[] prompt = tokenizer.encode("end");
    assertTrue(criteriaAfter(prompt, "</s>", tokenizer, 2));
    assertFalse(criteriaAfter(prompt, "</s>", tokenizer, 1));
  }

  @Test
  void anIdBeyondTheTokenizerIsNoText() {
    Tokenizer tokenizer = TOKENIZERS.getFirst();
    int[] prompt = tokenizer.encode("end");
    assertFalse(criteriaAfter(prompt, "d", tokenizer, tokenizer.vocabSize() + 5));
  }

  @Test
  void whatIsCutOffLiesWithinTheNewText() {
    Tokenizer tokenizer = TOKENIZERS.getFirst();
    var criteria =
        new StopStringCriteria(List.of("hello there"), tokenizer, false, OptionalInt.empty());
    var sequence = new IdSequence(tokenizer.encode("User: hello"), 1);
    sequence.append(tokenizer.encode("there")[0]);
    assertFalse(criteria.shouldStop(sequence));
  }

  @Test
  void callsThatAreHeldToTheirFormAreNotEnded() {
    Tokenizer tokenizer = TOKENIZERS.getFirst();
    int duck = tokenizer.encode("duck")[0];
    int calls = tokenizer.encode("x")[0];
    var criteria = new StopStringCriteria(List.of("duck"), tokenizer, true, OptionalInt.of(calls));
    var sequence = new IdSequence(new int[] {calls}, 3);
    sequence.append(duck);
    assertTrue(criteria.shouldStop(sequence));
    sequence.append(calls);
    sequence.append(duck);
    assertFalse(criteria.shouldStop(sequence));
  }

  private static boolean criteriaAfter(
      int[] prompt, String stopString, Tokenizer tokenizer, int newId) {
    var criteria =
        new StopStringCriteria(List.of(stopString), tokenizer, true, OptionalInt.empty());
    var sequence = new IdSequence(prompt, 1);
    sequence.append(newId);
    return criteria.shouldStop(sequence);
  }

  /** After how many ids the criteria stops, −1 for never; the prompt is BOS. */
  private static int stoppedAfter(List<String> stopStrings, Tokenizer tokenizer, int[] ids) {
    int[] prompt = {1};
    var criteria = new StopStringCriteria(stopStrings, tokenizer, true, OptionalInt.empty());
    var sequence = new IdSequence(prompt, ids.length);
    for (int i = 0; i < ids.length; i++) {
      sequence.append(ids[i]);
      if (criteria.shouldStop(sequence)) {
        return i + 1;
      }
    }
    return -1;
  }

  private static int firstPrefixWith(String stopString, Tokenizer tokenizer, int[] ids) {
    // Decoding drops the space before the first word; the ids carry it.
    for (int length = 1; length <= ids.length; length++) {
      if ((" " + tokenizer.decode(Arrays.copyOf(ids, length))).contains(stopString)) {
        return length;
      }
    }
    return -1;
  }

  private static int characterBorder(int index) {
    boolean inside = index < TEXT.length() && Character.isLowSurrogate(TEXT.charAt(index));
    return inside ? index + 1 : index;
  }

  private static int indexOf(int[] ids, int id) {
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] == id) {
        return i;
      }
    }
    return -1;
  }
}
