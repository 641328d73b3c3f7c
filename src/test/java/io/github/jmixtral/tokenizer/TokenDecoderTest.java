package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.testkit.Fixtures;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a decoder gives out, and when. */
@RunsOnce
class TokenDecoderTest {
  private static final Tokenizer SENTENCE_PIECE = load("tokenizer.model");
  private static final Tokenizer JSON = load("tokenizer.json");
  private static final int HELLO = 22557;

  private static Tokenizer load(String name) {
    return Tokenizer.fromPretrained(Fixtures.folder("tokenizer").resolve(name));
  }

  private static int id(int value) {
    return 3 + value; // the bytes follow <unk>, <s> and </s>
  }

  private static List<String> stream(Tokenizer tokenizer, int... ids) {
    TokenDecoder decoder = tokenizer.newDecoder(false);
    List<String> texts = new ArrayList<>();
    for (int id : ids) {
      texts.add(decoder.append(id));
    }
    texts.add(decoder.flush());
    return texts;
  }

  @Test
  void aCharacterOfFourBytesComesWithItsLastByte() {
    int[] llama = {id(0xF0), id(0x9F), id(0xA6), id(0x99)};
    assertEquals(List.of("", "", "", "🦙", ""), stream(SENTENCE_PIECE, llama));
    assertEquals(List.of("", "", "", "", "🦙"), stream(JSON, llama));
  }

  @Test
  void aSentencePieceByteThatCannotBecomeACharacterIsGivenUpAtOnce() {
    assertEquals(List.of("\uFFFD", "a", ""), stream(SENTENCE_PIECE, id(0x99), id('a')));
    assertEquals(List.of("", "\uFFFDa", ""), stream(SENTENCE_PIECE, id(0xC3), id('a')));
    assertEquals(
        List.of("", "", "\uFFFD\uFFFD\uFFFD", ""),
        stream(SENTENCE_PIECE, id(0xED), id(0xA0), id(0x80)));
    assertEquals(List.of("", "\uFFFD\uFFFD", ""), stream(SENTENCE_PIECE, id(0xC0), id(0x80)));
    assertEquals(List.of("", "", "\uFFFD\uFFFD"), stream(SENTENCE_PIECE, id(0xE2), id(0x82)));
  }

  @Test
  void aBadByteSpoilsItsWholeRunAfterATokenizerJson() {
    assertEquals(List.of("", "", "\uFFFD\uFFFD Hello", ""), stream(JSON, id('a'), id(0x99), HELLO));
  }

  @Test
  void oneLeadingSpaceIsDropped() {
    for (Tokenizer tokenizer : List.of(SENTENCE_PIECE, JSON)) {
      assertEquals(List.of("Hello", " Hello", ""), stream(tokenizer, HELLO, HELLO));
      assertEquals(List.of("", " Hello", ""), stream(tokenizer, 28705, HELLO));
    }
  }

  @Test
  void aDecoderServesAnotherSequenceAfterFlush() {
    for (Tokenizer tokenizer : List.of(SENTENCE_PIECE, JSON)) {
      TokenDecoder decoder = tokenizer.newDecoder(true);
      assertEquals("Hello", decoder.append(HELLO));
      assertEquals("", decoder.append(id(0xF0)));
      assertEquals("\uFFFD", decoder.flush());
      assertEquals("Hello", decoder.append(HELLO));
      assertEquals("", decoder.append(2));
      assertEquals("", decoder.flush());
    }
  }

  @Test
  void aNegativeIdIsRefused() {
    TokenDecoder decoder = JSON.newDecoder(true);
    assertEquals(
        "id: expected 0 or more, found -1",
        assertThrows(IllegalArgumentException.class, () -> decoder.append(-1)).getMessage());
  }
}
