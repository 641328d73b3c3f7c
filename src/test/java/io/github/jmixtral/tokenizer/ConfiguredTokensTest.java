package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.LogCapture;
import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

/** Which tokens there are and which are special, with the ids of transformers 5.17. */
@RunsOnce
class ConfiguredTokensTest {
  private static final String END = "<|im_end|>";

  @TempDir Path folder;

  private void copy(String... names) {
    for (String name : names) {
      try {
        Files.copy(Fixtures.storyteller().resolve(name), folder.resolve(name));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  private void edit(String name, Consumer<ObjectNode> change) {
    ObjectNode root = (ObjectNode) JsonFile.read(folder.resolve(name));
    change.accept(root);
    JsonFile.write(folder.resolve(name), root);
  }

  private static void addToDecoder(ObjectNode config, boolean special) {
    config
        .withObject("added_tokens_decoder")
        .putObject("1905")
        .put("content", END)
        .put("lstrip", false)
        .put("normalized", false)
        .put("rstrip", false)
        .put("single_word", false)
        .put("special", special);
  }

  private Tokenizer tokenizer() {
    return Tokenizer.fromPretrained(folder);
  }

  private void copyJsonFolder() {
    copy("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json");
  }

  @Test
  void tokensOfTheConfigurationStandBesideATokenizerJson() {
    copyJsonFolder();
    edit("tokenizer_config.json", config -> addToDecoder(config, true));
    assertArrayEquals(new int[] {261, 1905, 261}, tokenizer().encode("a<|im_end|>a"));
  }

  @Test
  void aTokenOfTheConfigurationMayEndSequences() {
    copyJsonFolder();
    edit(
        "tokenizer_config.json",
        config -> {
          addToDecoder(config, true);
          config.put("eos_token", END);
        });
    assertArrayEquals(new int[] {261, 1905, 261}, tokenizer().encode("a<|im_end|>a"));
    assertEquals(OptionalInt.of(1905), tokenizer().eosTokenId());
  }

  @Test
  void theMapOfSpecialTokensWinsWhereTheConfigurationAddsNone() {
    copyJsonFolder();
    edit("tokenizer_config.json", config -> config.remove("added_tokens_decoder"));
    edit("special_tokens_map.json", map -> map.put("eos_token", END));
    assertArrayEquals(new int[] {261, 1905, 261}, tokenizer().encode("a<|im_end|>a"));
    assertEquals(OptionalInt.of(1905), tokenizer().eosTokenId());
    assertTrue(tokenizer().isSpecial(1905));
  }

  @Test
  void addedTokensJsonIsNotReadBesideATokenizerJson() throws IOException {
    copyJsonFolder();
    Files.writeString(folder.resolve("added_tokens.json"), "{\"<|im_end|>\": 1905}");
    assertEquals(1905, tokenizer().vocabSize());
  }

  @Test
  void aNameThatTheMapOverridesChangesNothing() {
    copyJsonFolder();
    edit(
        "tokenizer_config.json",
        config -> {
          config.remove("added_tokens_decoder");
          config.put("bos_token", "<zzz>");
        });
    assertEquals(OptionalInt.of(1), tokenizer().bosTokenId());
    assertEquals(1905, tokenizer().vocabSize());
  }

  @Test
  void anEndThatIsFlaggedAsTextIsSpecialAllTheSame() {
    copy("tokenizer.json", "tokenizer_config.json");
    edit("tokenizer.json", root -> SmallTokenizers.addToken(root, 1905, END, false));
    edit(
        "tokenizer_config.json",
        config -> {
          config.remove("added_tokens_decoder");
          config.put("eos_token", END);
        });
    assertTrue(tokenizer().isSpecial(1905));
    assertEquals("Once", tokenizer().decode(new int[] {419, 1905}, true));
  }

  @Test
  void additionalSpecialTokensAreSpecial() {
    copyJsonFolder();
    edit(
        "tokenizer_config.json",
        config -> {
          addToDecoder(config, false);
          config.putArray("additional_special_tokens").add(END);
        });
    assertTrue(tokenizer().isSpecial(1905));
  }

  @Test
  void aNamedTokenKeepsItsFlags() {
    copyJsonFolder();
    edit(
        "special_tokens_map.json",
        map ->
            map.putArray("additional_special_tokens")
                .addObject()
                .put("content", END)
                .put("lstrip", true)
                .put("rstrip", true));
    assertArrayEquals(new int[] {261, 1905, 274}, tokenizer().encode("a <|im_end|> b"));
  }

  @Test
  void anAddedTokenKeepsItsFlagsBesideATokenizerModel() throws IOException {
    copy("tokenizer.model");
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"legacy": true, "added_tokens_decoder": {
          "1905": {"content": "<|im_end|>", "lstrip": true, "rstrip": true, "special": true},
          "1906": {"content": "word", "single_word": true, "special": false}}}\
        """);
    Tokenizer tokenizer = tokenizer().withParseSpecialTokens(true);
    assertArrayEquals(new int[] {261, 1905, 274}, tokenizer.encode("a <|im_end|> b"));
    assertArrayEquals(
        new int[] {261, 1905, 1905, 274}, tokenizer.encode("a<|im_end|> <|im_end|>b"));
    assertArrayEquals(new int[] {1906}, tokenizer.encode("word"));
    assertArrayEquals(tokenizer().encode("words"), tokenizer.encode("words"));
  }

  @ParameterizedTest
  @CsvSource({"add_bos_token, false", "add_eos_token, true"})
  void whatIsPutAroundTextsIsTheTokenizerJsonsBusiness(String key, boolean value) {
    copyJsonFolder();
    edit("tokenizer_config.json", config -> config.put(key, value));
    assertArrayEquals(new int[] {1, 419}, tokenizer().encode("Once", true));
  }

  @Test
  void aHoleInTheIdsIsNoToken() {
    copyJsonFolder();
    edit(
        "tokenizer.json",
        root -> {
          ((ObjectNode) root.get("model").get("vocab")).put("<|pad|>", 1910);
          SmallTokenizers.addToken(root, 1910, "<|pad|>", true);
        });
    Tokenizer tokenizer = tokenizer();
    assertArrayEquals(new int[] {261, 1910}, tokenizer.encode("a<|pad|>"));
    assertEquals(1911, tokenizer.vocabSize());
    assertEquals("a", tokenizer.decode(new int[] {261, 1907}, false));
    assertEquals(0, tokenizer.bytes(1907).length);
  }

  @Test
  void anAddedTokenBeyondTheVocabularyIsRefusedByName() {
    copyJsonFolder();
    edit("tokenizer.json", root -> SmallTokenizers.addToken(root, 1910, "<|pad|>", true));
    assertEquals(
        folder.resolve("tokenizer.json")
            + ": added_tokens[3]: id 1910 of '<|pad|>' is neither in the vocabulary nor the"
            + " next one, 1905",
        assertThrows(MalformedFileException.class, this::tokenizer).getMessage());
  }

  @Test
  void addedTokensStandBesideATokenizerModelWhereTheCallerAsksForThem() throws IOException {
    copy("tokenizer.model");
    Files.writeString(
        folder.resolve("added_tokens.json"), "{\"<|im_end|>\": 1905, \"<|im_start|>\": 1906}");
    Tokenizer parsing = tokenizer().withParseSpecialTokens(true);
    assertArrayEquals(new int[] {261, 2}, parsing.encode("a</s>"));
    assertArrayEquals(new int[] {1906, 261, 1905}, parsing.encode("<|im_start|>a<|im_end|>"));
    assertArrayEquals(tokenizer().encodePlain("a</s>"), tokenizer().encode("a</s>"));
    assertEquals(5, tokenizer().encode("a</s>").length);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tokenizer_config.json | {\"bos_token\": 5}",
        "tokenizer_config.json | {\"added_tokens_decoder\": {\"x\": {}}}",
        "tokenizer_config.json | [1",
        "special_tokens_map.json | {\"eos_token\": []}",
        "special_tokens_map.json | ''",
        "added_tokens.json | {\"<a>\": -1}",
        "added_tokens.json | {\"<a>\": \"b\"}"
      })
  void aBrokenFileBesideTheVocabularyIsPassedOverWithAWarning(String name, String text)
      throws IOException {
    copy("tokenizer.model");
    Files.writeString(folder.resolve(name), text);
    String log =
        LogCapture.of(
            () -> assertArrayEquals(new int[] {419, 621}, tokenizer().encode("Once upon")));
    assertEquals(
        1, log.lines().filter(line -> line.contains(name + " is passed over")).count(), log);
    assertEquals(OptionalInt.of(2), tokenizer().eosTokenId());
  }

  @Test
  void specialTokensStayTextWhereTheCallerWantsThat() {
    copyJsonFolder();
    Tokenizer tokenizer = tokenizer();
    assertArrayEquals(new int[] {261, 2}, tokenizer.encode("a</s>"));
    assertArrayEquals(
        tokenizer.encodePlain("a</s>"), tokenizer.withParseSpecialTokens(false).encode("a</s>"));
  }

  @ParameterizedTest
  @CsvSource({
    "legacy, false, 1 1837 2, 419 2 1247 351, 261",
    "legacy, true, 1 261 2, 419 2 621, 261",
    "add_prefix_space, false, 1 1837 2, , 1837",
  })
  void spacesInFrontFollowTheConfiguration(
      String key, boolean value, String chat, String text, String letter) {
    copy("tokenizer.model");
    SmallTokenizers.writeConfig(
        folder,
        config ->
            config
                .put("tokenizer_class", "LlamaTokenizer")
                .put(key, value)
                .put("bos_token", "<s>")
                .put("eos_token", "</s>")
                .put("unk_token", "<unk>")
                .put(
                    "chat_template",
                    "{% for m in messages %}{{ bos_token + m['content'] + eos_token }}"
                        + "{% endfor %}"));
    Tokenizer tokenizer = tokenizer();
    assertEquals(letter, ids(tokenizer.encode("a")));
    assertEquals(chat, ids(tokenizer.encodeChat(List.of(ChatMessage.user("a")))));
    if (text != null) {
      assertEquals(text, ids(tokenizer.withParseSpecialTokens(true).encode("Once</s>upon")));
    }
  }

  private static String ids(int[] ids) {
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(text.isEmpty() ? "" : " ").append(id);
    }
    return text.toString();
  }
}
