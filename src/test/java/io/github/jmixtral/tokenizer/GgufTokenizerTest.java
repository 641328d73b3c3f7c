package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.LogCapture;
import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.JmixtralException;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.GgufValue;
import io.github.jmixtral.internal.format.GgufWriter;
import io.github.jmixtral.testkit.Fixtures;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

@RunsOnce
class GgufTokenizerTest {
  @TempDir private Path folder;

  private Tokenizer written(String name, Map<String, GgufValue> metadata) {
    Path file = folder.resolve(name + ".gguf");
    try (GgufWriter writer = new GgufWriter(file, metadata, List.of())) {
      writer.finish();
    }
    return Tokenizer.fromPretrained(file);
  }

  @Test
  void mixtralsTokenizerEncodesFromAGgufFileAsFromItsOwn() {
    Path source = Fixtures.folder("tokenizer");
    for (String name : List.of("tokenizer.model", "tokenizer.json")) {
      Tokenizer own = Tokenizer.fromPretrained(source.resolve(name));
      Tokenizer gguf = written(name, GgufVocabulary.describe(own, own.vocabSize()));
      for (JsonNode example : ReferenceCasesTest.cases()) {
        String text = example.get("text").stringValue();
        assertArrayEquals(own.encodePlain(text), gguf.encodePlain(text), () -> name + ": " + text);
      }
      assertArrayEquals(own.encode("a", true), gguf.encode("a", true));
      assertEquals(own.bosTokenId(), gguf.bosTokenId());
      assertEquals(own.eosTokenId(), gguf.eosTokenId());
      assertEquals(own.unkTokenId(), gguf.unkTokenId());
    }
  }

  @Test
  void theStorytellersTokenizerAndItsCopiesAreEqual() {
    Tokenizer own = Tokenizer.fromPretrained(Fixtures.storyteller());
    Tokenizer gguf = written("storyteller", GgufVocabulary.describe(own, own.vocabSize()));
    Path copy = folder.resolve("copy");
    gguf.savePretrained(copy);
    Tokenizer saved = Tokenizer.fromPretrained(copy);
    String text = "Once upon a time, Kira found a blue box. é中\n";
    assertArrayEquals(own.encode(text, true), gguf.encode(text, true));
    assertArrayEquals(own.encode(text, true), saved.encode(text, true));
    assertEquals(own.chatTemplate(), saved.chatTemplate());
    assertEquals(text, saved.decode(saved.encode(text)));
  }

  @Test
  void unusedPiecesFillUpWhatTheEmbeddingHasMore() {
    Tokenizer own = Tokenizer.fromPretrained(Fixtures.storyteller());
    int size = own.vocabSize();
    Tokenizer gguf = written("more", GgufVocabulary.describe(own, size + 7));
    assertEquals(size + 7, gguf.vocabSize());
    assertEquals("", gguf.decode(new int[] {size, size + 6}, true));
  }

  @Test
  void piecesBehindTheEmbeddingAreNamedAndLeftOut() {
    Tokenizer own = Tokenizer.fromPretrained(Fixtures.storyteller());
    int size = own.vocabSize() - 2;
    Tokenizer[] gguf = new Tokenizer[1];
    String log = LogCapture.of(() -> gguf[0] = written("less", GgufVocabulary.describe(own, size)));
    assertTrue(log.contains("2 pieces"), log);
    assertTrue(log.contains("'" + own.piece(size) + "', '" + own.piece(size + 1) + "'"), log);
    assertEquals(size, gguf[0].vocabSize());
    assertArrayEquals(own.encode("Once upon"), gguf[0].encode("Once upon"));
  }

  @Test
  void aChatTemplateAndTheFlagsAreHeeded() {
    Map<String, GgufValue> metadata = storyteller();
    metadata.put("tokenizer.ggml.add_bos_token", new GgufValue.Flag(false));
    metadata.put("tokenizer.ggml.add_eos_token", new GgufValue.Flag(true));
    metadata.put("tokenizer.ggml.add_space_prefix", new GgufValue.Flag(false));
    metadata.put("tokenizer.chat_template", new GgufValue.Text("{{ bos_token }}x"));
    Tokenizer tokenizer = written("m", metadata);
    int[] ids = tokenizer.encode("a", true);
    assertEquals(tokenizer.eosTokenId().getAsInt(), ids[ids.length - 1]);
    assertEquals("a", tokenizer.piece(ids[0]));
    assertEquals("{{ bos_token }}x", tokenizer.chatTemplate().orElseThrow());
  }

  @Test
  void theTemplateOfConversationsWithToolsIsKept() {
    Map<String, GgufValue> metadata = storyteller();
    metadata.put("tokenizer.chat_template", new GgufValue.Text("plain"));
    metadata.put("tokenizer.chat_template.tool_use", new GgufValue.Text("with tools"));
    Tokenizer tokenizer = written("m", metadata);
    Path copy = folder.resolve("copy");
    tokenizer.savePretrained(copy);
    List<ChatMessage> messages = List.of(ChatMessage.user("a"));
    List<Tool> tools = List.of(Tool.of("a", "", "{}"));
    for (Tokenizer each : List.of(tokenizer, Tokenizer.fromPretrained(copy))) {
      assertArrayEquals(each.encode("plain"), each.encodeChat(messages));
      assertArrayEquals(each.encode("with tools"), each.encodeChat(messages, tools));
      Map<String, GgufValue> described = GgufVocabulary.describe(each, each.vocabSize());
      assertEquals(
          new GgufValue.Text("with tools"), described.get("tokenizer.chat_template.tool_use"));
      assertEquals(
          new GgufValue.Texts(List.of("tool_use")), described.get("tokenizer.chat_templates"));
    }
  }

  /** llama.cpp ends itself there; a tokenizer that turns texts into ids is of more use. */
  @Test
  void ofEqualPiecesTheLastIsMeant() {
    Map<String, GgufValue> metadata = storyteller();
    List<String> pieces =
        new ArrayList<>(((GgufValue.Texts) metadata.get("tokenizer.ggml.tokens")).values());
    int turtle = pieces.indexOf("▁turtle");
    pieces.set(turtle + 1, "▁turtle");
    metadata.put("tokenizer.ggml.tokens", new GgufValue.Texts(pieces));
    Tokenizer tokenizer = written("m", metadata);
    assertArrayEquals(new int[] {turtle + 1}, tokenizer.encode("turtle"));
    assertEquals("turtle turtle", tokenizer.decode(new int[] {turtle, turtle + 1}));
  }

  /**
   * As programs that convert for llama.cpp write them, since it looks for them in texts as such.
   */
  @Test
  void userDefinedPiecesAreWrittenWithSpaces() {
    Map<String, GgufValue> metadata = storyteller();
    List<String> pieces =
        new ArrayList<>(((GgufValue.Texts) metadata.get("tokenizer.ggml.tokens")).values());
    int turtle = pieces.indexOf("▁turtle");
    pieces.set(turtle, "a turtle");
    metadata.put("tokenizer.ggml.tokens", new GgufValue.Texts(pieces));
    long[] types = ((GgufValue.Wholes) metadata.get("tokenizer.ggml.token_type")).values().clone();
    types[turtle] = 4;
    metadata.put(
        "tokenizer.ggml.token_type", new GgufValue.Wholes(GgufValue.WholeType.INT32, types));
    Tokenizer tokenizer = written("m", metadata);
    Path copy = folder.resolve("copy");
    tokenizer.savePretrained(copy);
    Tokenizer saved = Tokenizer.fromPretrained(copy);
    assertEquals("a▁turtle", saved.piece(turtle));
    Tokenizer again = written("again", GgufVocabulary.describe(saved, saved.vocabSize()));
    assertEquals("a turtle", again.piece(turtle));
    assertArrayEquals(tokenizer.encode("Once a turtle"), again.encode("Once a turtle"));
  }

  @Test
  void whatIsNoSentencePieceModelIsRefused() {
    assertRefused(
        UnsupportedCheckpointException.class, "model", new GgufValue.Text("gpt2"), "'gpt2'");
    assertRefused(
        MissingFileException.class, "model", new GgufValue.Text("no_vocab"), "no tokenizer");
    assertRefused(
        MalformedFileException.class,
        "scores",
        new GgufValue.Reals(new float[3]),
        "found one of 3");
    assertRefused(
        MalformedFileException.class, "tokens", GgufValue.unsigned(3), "an array of texts");
    assertRefused(
        MalformedFileException.class, "tokens", new GgufValue.Texts(List.of()), "no piece");
  }

  private void assertRefused(
      Class<? extends JmixtralException> expected, String key, GgufValue value, String part) {
    Map<String, GgufValue> metadata = storyteller();
    metadata.put("tokenizer.ggml." + key, value);
    JmixtralException failure = assertThrows(expected, () -> written("m", metadata));
    assertTrue(failure.getMessage().contains(part), failure.getMessage());
  }

  private static Map<String, GgufValue> storyteller() {
    Tokenizer own = Tokenizer.fromPretrained(Fixtures.storyteller());
    return GgufVocabulary.describe(own, own.vocabSize());
  }
}
