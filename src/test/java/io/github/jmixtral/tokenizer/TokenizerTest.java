package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** What a tokenizer does beside encoding as its reference does. */
@RunsOnce
class TokenizerTest {
  @TempDir Path folder;

  private Tokenizer json(String... controls) {
    SmallTokenizers.writeJson(folder, root -> {}, controls);
    return Tokenizer.fromPretrained(folder);
  }

  private Tokenizer sentencePiece(String... controls) {
    SmallTokenizers.writeModel(folder, SmallTokenizers.pieces(controls));
    return Tokenizer.fromPretrained(folder);
  }

  @Test
  void specialTokensInsideATextCountInATokenizerJsonOnly() {
    Tokenizer json = json();
    assertArrayEquals(new int[] {1, 260, 2}, json.encode("<s>a</s>"));
    Tokenizer sentencePiece =
        Tokenizer.fromPretrained(SmallTokenizers.writeModel(folder, SmallTokenizers.pieces()));
    for (int id : sentencePiece.encode("<s>a</s>")) {
      assertFalse(sentencePiece.isSpecial(id));
    }
  }

  @Test
  void plainEncodingNeverMakesControlIds() {
    for (Tokenizer tokenizer : List.of(json("§"), sentencePiece("§"))) {
      String hostile = "</s><s><unk>§ a";
      int[] ids = tokenizer.encodePlain(hostile);
      for (int id : ids) {
        assertFalse(tokenizer.isSpecial(id));
      }
      assertEquals(hostile, tokenizer.decode(ids));
    }
  }

  @Test
  void plainEncodingNeverMakesControlIdsOfWholeWordsOrMerges() {
    SmallTokenizers.writeJson(
        folder,
        root -> {
          ObjectNode model = (ObjectNode) root.get("model");
          model.put("ignore_merges", true);
          model.withArray("merges").add("x y");
          root.putNull("normalizer");
          int id = model.get("vocab").size();
          ((ObjectNode) model.get("vocab")).put("xy", id);
          SmallTokenizers.addToken(root, id, "xy", true);
        });
    Tokenizer tokenizer = Tokenizer.fromPretrained(folder);
    assertArrayEquals(new int[] {2}, tokenizer.encode("</s>"));
    for (String hostile : List.of("</s>", "xy", "axy")) {
      for (int id : tokenizer.encodePlain(hostile)) {
        assertFalse(tokenizer.isSpecial(id), hostile);
      }
    }
  }

  @Test
  void specialTokensArePutAroundAsThePostProcessorSays() {
    Tokenizer tokenizer = json();
    assertArrayEquals(new int[] {1, 260}, tokenizer.encode("a", true));
    assertArrayEquals(new int[] {260}, tokenizer.encode("a", false));
    assertArrayEquals(new int[] {1}, tokenizer.encode("", true));
  }

  @Test
  void theConfigurationDoesNotChangeWhatAPostProcessorSays() {
    SmallTokenizers.writeConfig(
        folder, config -> config.put("add_bos_token", false).put("add_eos_token", true));
    assertArrayEquals(new int[] {1, 260}, json().encode("a", true));
  }

  @Test
  void aSentencePieceModelPutsBosInFrontUnlessToldOtherwise() {
    assertArrayEquals(new int[] {1, 260}, sentencePiece().encode("a", true));
    SmallTokenizers.writeConfig(
        folder, config -> config.put("add_bos_token", false).put("add_eos_token", true));
    assertArrayEquals(new int[] {260, 2}, sentencePiece().encode("a", true));
  }

  @Test
  void idsOfSpecialTokensComeFromTheFiles() {
    Tokenizer plain = sentencePiece("<pad>");
    assertEquals(OptionalInt.of(1), plain.bosTokenId());
    assertEquals(OptionalInt.of(2), plain.eosTokenId());
    assertEquals(OptionalInt.of(0), plain.unkTokenId());
    assertEquals(OptionalInt.empty(), plain.padTokenId());
    SmallTokenizers.write(
        folder.resolve("special_tokens_map.json"),
        "{\"pad_token\": {\"content\": \"<pad>\"}, \"eos_token\": \"<s>\"}");
    SmallTokenizers.writeConfig(folder, config -> config.put("eos_token", "</s>"));
    Tokenizer named = sentencePiece("<pad>");
    assertEquals(OptionalInt.of(3), named.padTokenId());
    assertEquals(OptionalInt.of(1), named.eosTokenId());
  }

  @Test
  void anEndThatNoVocabularyHasStandsBehindIt() {
    SmallTokenizers.writeConfig(
        folder, config -> config.putObject("eos_token").put("content", "!!"));
    for (Tokenizer tokenizer : List.of(sentencePiece(), json())) {
      assertEquals(OptionalInt.of(SmallTokenizers.pieces().size()), tokenizer.eosTokenId());
      assertTrue(tokenizer.isSpecial(SmallTokenizers.pieces().size()));
    }
  }

  @Test
  void aPadTokenThatTheVocabularyNeverGotIsNone() {
    SmallTokenizers.writeConfig(folder, config -> config.put("pad_token", "[PAD]"));
    assertEquals(OptionalInt.empty(), json().padTokenId());
  }

  @Test
  void batchesArePaddedOnTheLeft() {
    SmallTokenizers.writeConfig(folder, config -> config.put("pad_token", "<unk>"));
    EncodedBatch batch = json().encodeBatch(List.of("a", "abc the", ""));
    int the = 263;
    assertArrayEquals(
        new int[][] {{0, 0, 1, 260}, {1, 261, 259 + 8 + 3, the}, {0, 0, 0, 1}}, batch.inputIds());
    assertArrayEquals(
        new int[][] {{0, 0, 1, 1}, {1, 1, 1, 1}, {0, 0, 0, 1}}, batch.attentionMask());
  }

  @Test
  void withoutAPadTokenTheEndOfSequencePads() {
    EncodedBatch batch = json().encodeBatch(List.of("", "a"));
    assertArrayEquals(new int[][] {{2, 1}, {1, 260}}, batch.inputIds());
    assertArrayEquals(new int[][] {{0, 1}, {1, 1}}, batch.attentionMask());
  }

  @Test
  void anEmptyBatchIsRefused() {
    Tokenizer tokenizer = json();
    assertEquals(
        "texts is empty; give at least one",
        assertThrows(IllegalArgumentException.class, () -> tokenizer.encodeBatch(List.of()))
            .getMessage());
  }

  @Test
  void batchesAreDecodedRowByRow() {
    Tokenizer tokenizer = json();
    int[][] rows = {{1, 260, 2}, {261}};
    assertEquals(List.of("a", "ab"), tokenizer.batchDecode(List.of(rows), true));
    assertEquals(List.of("<s> a</s>", "ab"), tokenizer.batchDecode(List.of(rows), false));
  }

  @Test
  void specialTokensAreShownOrSkipped() {
    int[] ids = {1, 260, 2};
    Tokenizer json = json();
    assertEquals("<s> a</s>", json.decode(ids));
    assertEquals("a", json.decode(ids, true));
    Tokenizer sentencePiece =
        Tokenizer.fromPretrained(SmallTokenizers.writeModel(folder, SmallTokenizers.pieces()));
    assertEquals("a", sentencePiece.decode(ids));
    assertEquals("<s> a</s>", sentencePiece.decode(ids, false));
    assertEquals(" ⁇ ", sentencePiece.decode(new int[] {0}));
  }

  @Test
  void idsBeyondTheVocabularyAddNoText() {
    for (Tokenizer tokenizer : List.of(sentencePiece(), json())) {
      assertEquals("a", tokenizer.decode(new int[] {5000, 260, Integer.MAX_VALUE}));
    }
  }

  @Test
  void negativeIdsAreRefused() {
    Tokenizer tokenizer = json();
    assertEquals(
        "id: expected 0 or more, found -100",
        assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(new int[] {260, -100}))
            .getMessage());
    assertEquals(
        "id: expected 0 to 293, found 294",
        assertThrows(IllegalArgumentException.class, () -> tokenizer.piece(294)).getMessage());
  }

  @Test
  void everyIdTellsItsPieceItsBytesAndItsKind() {
    for (Tokenizer tokenizer : List.of(sentencePiece(), json())) {
      assertEquals(294, tokenizer.vocabSize());
      assertEquals("▁the", tokenizer.piece(263));
      assertEquals(OptionalInt.of(263), tokenizer.id("▁the"));
      assertEquals(OptionalInt.empty(), tokenizer.id("none"));
      assertArrayEquals(" the".getBytes(StandardCharsets.UTF_8), tokenizer.bytes(263));
      assertArrayEquals(new byte[] {(byte) 0xFE}, tokenizer.bytes(3 + 0xFE));
      assertArrayEquals(new byte[0], tokenizer.bytes(2));
      assertTrue(tokenizer.isSpecial(0) && tokenizer.isSpecial(1) && tokenizer.isSpecial(2));
      assertFalse(tokenizer.isSpecial(3) || tokenizer.isSpecial(263));
      assertTrue(tokenizer.isByte(3) && tokenizer.isByte(258));
      assertFalse(tokenizer.isByte(2) || tokenizer.isByte(259));
    }
  }

  @Test
  void halfASurrogatePairIsNoText() {
    Tokenizer tokenizer = sentencePiece();
    for (String text : List.of("a\uD83Eb", "\uDD99\uD83E", "a\uD83E")) {
      IllegalArgumentException refusal =
          assertThrows(IllegalArgumentException.class, () -> tokenizer.encode(text, true));
      String message = refusal.getMessage();
      assertTrue(message.startsWith("text: there is half a surrogate pair"), message);
      assertThrows(IllegalArgumentException.class, () -> tokenizer.encodePlain(text));
    }
    assertEquals("\uD83E\uDD99", tokenizer.decode(tokenizer.encodePlain("\uD83E\uDD99")));
  }

  @Test
  void aTokenizerJsonWinsOverASentencePieceModel() {
    sentencePiece();
    assertArrayEquals(new int[] {2}, json().encode("</s>"));
  }

  @Test
  void theStorytellersTwoFilesAgree() throws IOException {
    Tokenizer json = Tokenizer.fromPretrained(Fixtures.storyteller());
    Tokenizer model = Tokenizer.fromPretrained(Fixtures.storyteller().resolve("tokenizer.model"));
    assertEquals(1905, json.vocabSize());
    assertEquals(1905, model.vocabSize());
    for (String line : Files.readAllLines(Fixtures.storyteller().resolve("evaluation/valid.txt"))) {
      int[] ids = model.encode(line);
      assertArrayEquals(ids, json.encode(line), line);
      assertEquals(line, model.decode(ids));
      assertEquals(line, json.decode(ids));
    }
  }

  @Test
  void aSavedTokenizerIsReadBackEqual() throws IOException {
    SmallTokenizers.writeConfig(
        folder,
        config ->
            config.put("add_eos_token", true).put("chat_template", "{{ messages[0].content }}"));
    SmallTokenizers.writeModel(folder, SmallTokenizers.pieces());
    Path copy = folder.resolve("deep/copy");
    Tokenizer fromModel = Tokenizer.fromPretrained(folder);
    fromModel.savePretrained(copy);
    assertSame(fromModel, Tokenizer.fromPretrained(copy));
    Tokenizer fromJson = json();
    Path other = folder.resolve("other");
    fromJson.savePretrained(other);
    fromJson.savePretrained(other);
    assertSame(fromJson, Tokenizer.fromPretrained(other));
    assertTrue(Files.exists(other.resolve("tokenizer.model")));
  }

  private static void assertSame(Tokenizer expected, Tokenizer found) {
    String text = "the abc</s> é\n";
    assertArrayEquals(expected.encode(text, true), found.encode(text, true));
    assertArrayEquals(
        expected.encodeChat(List.of(ChatMessage.user(text))),
        found.encodeChat(List.of(ChatMessage.user(text))));
    assertEquals(expected.chatTemplate(), found.chatTemplate());
    assertEquals(expected.vocabSize(), found.vocabSize());
  }

  @Test
  void aFileUnderAnotherNameIsSavedUnderTheUsualOne() throws IOException {
    Path odd = folder.resolve("tokenizer-metaspace.json");
    Files.move(SmallTokenizers.writeJson(folder, root -> {}), odd);
    Path copy = folder.resolve("copy");
    Tokenizer.fromPretrained(odd).savePretrained(copy);
    assertEquals(Optional.empty(), Tokenizer.fromPretrained(copy).chatTemplate());
    assertTrue(Files.exists(copy.resolve("tokenizer.json")));
  }

  @Test
  void savingAmongTheFilesOfAnotherTokenizerIsRefused() {
    Path copy = folder.resolve("copy");
    json().savePretrained(copy);
    Tokenizer model =
        Tokenizer.fromPretrained(SmallTokenizers.writeModel(folder, SmallTokenizers.pieces()));
    String message =
        assertThrows(IllegalArgumentException.class, () -> model.savePretrained(copy)).getMessage();
    assertEquals(
        copy.resolve("tokenizer.json")
            + ": the file belongs to another tokenizer; delete it or name another folder",
        message);
  }
}
