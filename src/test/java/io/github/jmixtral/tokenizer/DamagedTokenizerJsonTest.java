package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.LogCapture;
import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import java.io.File;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What is wrong with a tokenizer.json is named: file, place, expected, found. */
@RunsOnce
class DamagedTokenizerJsonTest {
  private static final int SIZE = SmallTokenizers.pieces().size();

  @TempDir Path folder;

  private static ObjectNode model(ObjectNode root) {
    return (ObjectNode) root.get("model");
  }

  private static ObjectNode vocab(ObjectNode root) {
    return (ObjectNode) model(root).get("vocab");
  }

  private static ArrayNode merges(ObjectNode root) {
    return (ArrayNode) model(root).get("merges");
  }

  private static ObjectNode added(ObjectNode root, int index) {
    return (ObjectNode) root.get("added_tokens").get(index);
  }

  private static Arguments rule(String name, Consumer<ObjectNode> damage, String message) {
    return Arguments.argumentSet(name, damage, message);
  }

  static Stream<Arguments> malformed() {
    String model = "tokenizer.json: model";
    String vocab = model + ".vocab";
    return Stream.of(
        rule("no model", r -> r.remove("model"), model + ": the value is missing"),
        rule("no vocabulary", r -> model(r).remove("vocab"), vocab + ": the value is missing"),
        rule(
            "empty vocabulary",
            r -> model(r).putObject("vocab"),
            vocab + ": the vocabulary must be an object with at least one piece, but is an object"),
        rule(
            "vocabulary of another type",
            r -> model(r).put("vocab", 3),
            vocab + ": the vocabulary must be an object with at least one piece, but is 3"),
        rule(
            "id of another type",
            r -> vocab(r).put("he", "7"),
            vocab + "['he']: expected an integer from 0 to 2147483647, found \"7\""),
        rule(
            "negative id",
            r -> vocab(r).put("he", -1),
            vocab + "['he']: expected an integer from 0 to 2147483647, found -1"),
        rule(
            "huge id",
            r -> vocab(r).put("he", 1L << 40),
            vocab + "['he']: expected an integer from 0 to 2147483647, found 1099511627776"),
        rule(
            "id out of range",
            r -> vocab(r).put("he", Integer.MAX_VALUE),
            vocab + ": the ids go up to 2147483647, but there are only " + SIZE + " pieces"),
        rule(
            "id of two pieces",
            r -> vocab(r).put("z", vocab(r).get("y").intValue()),
            vocab + ": both 'y' and 'z' have id 292"),
        rule(
            "byte piece missing",
            r -> {
              int id = vocab(r).get("<0x41>").intValue();
              vocab(r).remove("<0x41>");
              vocab(r).put("other", id);
            },
            vocab + ": byte_fallback is set, but the byte piece <0x41> is missing"),
        rule(
            "unknown token missing",
            r -> model(r).put("unk_token", "<nix>"),
            model + ".unk_token: expected a piece of model.vocab, found '<nix>'"),
        rule(
            "flag of another type",
            r -> model(r).put("byte_fallback", "yes"),
            model + ".byte_fallback: expected true or false, found \"yes\""),
        rule("no merges", r -> model(r).remove("merges"), model + ".merges: the value is missing"),
        rule(
            "merges of another type",
            r -> model(r).put("merges", "a b"),
            model + ".merges: expected an array, found \"a b\""),
        rule(
            "merge of another type",
            r -> merges(r).set(1, 3),
            model + ".merges[1]: expected a string, found 3"),
        rule(
            "merge of one piece",
            r -> merges(r).set(1, "ab"),
            model + ".merges[1]: expected two pieces parted by a space, found \"ab\""),
        rule(
            "merge of three pieces",
            r -> merges(r).insertArray(0).add("a").add("b").add("c"),
            model + ".merges[0]: expected two pieces, found 3"),
        rule(
            "merge of a piece that is not there",
            r -> merges(r).set(0, "a ß"),
            model + ".merges[0]: expected pieces of model.vocab, found 'ß'"),
        rule(
            "merge into a piece that is not there",
            r -> merges(r).set(0, "z z"),
            model + ".merges[0]: expected pieces of model.vocab, found 'zz'"),
        rule(
            "added token with another id than in the vocabulary",
            r -> added(r, 1).put("id", 2),
            "tokenizer.json: added_tokens[1]: the id is 2, but 1 in model.vocab"),
        rule(
            "added token with an id that another piece has",
            r -> SmallTokenizers.addToken(r, 5, "<new>", true),
            "tokenizer.json: added_tokens[3]: both '<0x02>' and '<new>' have id 5"),
        rule(
            "added token without a text",
            r -> SmallTokenizers.addToken(r, SIZE, "", true),
            "tokenizer.json: added_tokens[3]: the content is empty"),
        rule(
            "added token of another type",
            r -> added(r, 0).put("content", 1),
            "tokenizer.json: added_tokens[0].content: expected a string, found 1"),
        rule(
            "added tokens of another type",
            r -> r.put("added_tokens", true),
            "tokenizer.json: added_tokens: expected an array, found true"),
        rule(
            "component without a type",
            r -> r.putObject("normalizer"),
            "tokenizer.json: normalizer.type: the value is missing"),
        rule(
            "nothing to replace",
            r ->
                r.putObject("normalizer")
                    .put("type", "Replace")
                    .put("content", "x")
                    .putObject("pattern")
                    .put("String", ""),
            "tokenizer.json: normalizer.pattern: the text to replace is empty"),
        rule(
            "mark of two characters",
            r -> r.putObject("pre_tokenizer").put("type", "Metaspace").put("replacement", "ab"),
            "tokenizer.json: pre_tokenizer.replacement: expected one character, found \"ab\""),
        rule(
            "unknown prepend scheme",
            r ->
                r.putObject("pre_tokenizer")
                    .put("type", "Metaspace")
                    .put("replacement", "▁")
                    .put("prepend_scheme", "often"),
            "tokenizer.json: pre_tokenizer.prepend_scheme: expected always, first or never, found"
                + " 'often'"),
        rule(
            "template with an id out of range",
            r -> ((ArrayNode) r.at("/post_processor/special_tokens/<s>/ids")).set(0, 9999),
            "tokenizer.json: post_processor.special_tokens.<s>.ids[0]: expected an id below "
                + SIZE
                + ", found 9999"),
        rule(
            "template that names no token",
            r -> ((ObjectNode) r.at("/post_processor/special_tokens")).removeAll(),
            "tokenizer.json: post_processor.special_tokens.<s>: the value is missing"),
        rule(
            "template without the text",
            r -> ((ArrayNode) r.at("/post_processor/single")).remove(1),
            "tokenizer.json: post_processor.single: there is no Sequence, so the text would be left"
                + " out"),
        rule(
            "strip of two characters",
            r -> r.putObject("decoder").put("type", "Strip").put("content", "ab"),
            "tokenizer.json: decoder.content: expected one character, found \"ab\""),
        rule(
            "strip of a negative number",
            r -> r.putObject("decoder").put("type", "Strip").put("content", "a").put("start", -1),
            "tokenizer.json: decoder.start: expected an integer from 0 to 2147483647, found -1"));
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void aRuleThatIsBrokenIsNamed(Consumer<ObjectNode> damage, String message) {
    Path file = SmallTokenizers.writeJson(folder, damage);
    MalformedFileException refusal =
        assertThrows(MalformedFileException.class, () -> Tokenizer.fromPretrained(file));
    assertEquals(folder + File.separator + message, refusal.getMessage());
  }

  static Stream<Arguments> unsupported() {
    return Stream.of(
        rule(
            "model",
            r -> model(r).put("type", "Unigram"),
            "tokenizer.json: model: expected BPE, found Unigram"),
        rule(
            "dropout",
            r -> model(r).put("dropout", 0.1),
            "tokenizer.json: model.dropout: expected null, found 0.1"),
        rule(
            "subword prefix",
            r -> model(r).put("continuing_subword_prefix", "##"),
            "tokenizer.json: model.continuing_subword_prefix: expected null, found \"##\""),
        rule(
            "word suffix",
            r -> model(r).put("end_of_word_suffix", "</w>"),
            "tokenizer.json: model.end_of_word_suffix: expected null, found \"</w>\""),
        rule(
            "normalizer",
            r -> r.putObject("normalizer").put("type", "NFC"),
            "tokenizer.json: normalizer: expected Sequence, Prepend or Replace, found NFC"),
        rule(
            "regular expression in a normalizer",
            r ->
                r.putObject("normalizer")
                    .put("type", "Replace")
                    .put("content", "x")
                    .putObject("pattern")
                    .put("Regex", "a+"),
            "tokenizer.json: normalizer.pattern: expected a String, found a Regex"),
        rule(
            "pre-tokenizer",
            r -> r.putObject("pre_tokenizer").put("type", "ByteLevel"),
            "tokenizer.json: pre_tokenizer: expected Metaspace or null, found ByteLevel"),
        rule(
            "post-processor",
            r -> r.putObject("post_processor").put("type", "ByteLevel"),
            "tokenizer.json: post_processor: expected TemplateProcessing or null, found ByteLevel"),
        rule(
            "text twice in a template",
            r ->
                ((ArrayNode) r.at("/post_processor/single"))
                    .addObject()
                    .putObject("Sequence")
                    .put("id", "B"),
            "tokenizer.json: post_processor.single[2].Sequence: a second Sequence is not"
                + " supported"),
        rule(
            "decoder",
            r -> r.putObject("decoder").put("type", "WordPiece"),
            "tokenizer.json: decoder: expected Sequence, Replace, ByteFallback, Fuse, Strip or"
                + " Metaspace, found WordPiece"),
        rule(
            "no decoder",
            r -> r.putNull("decoder"),
            "tokenizer.json: the tokenizer has no decoder"),
        rule(
            "strip at the end of the whole text",
            r -> ((ObjectNode) r.at("/decoder/decoders/3")).put("stop", 1),
            "tokenizer.json: decoder.decoders[3]: expected stop 0 after Fuse, found 1"),
        rule(
            "bytes after fuse",
            r -> ((ArrayNode) r.at("/decoder/decoders")).addObject().put("type", "ByteFallback"),
            "tokenizer.json: decoder.decoders[4]: a step ByteFallback after Fuse is not supported;"
                + " it must come before"));
  }

  @ParameterizedTest
  @MethodSource("unsupported")
  void aComponentThatIsNotSupportedIsNamed(Consumer<ObjectNode> change, String message) {
    Path file = SmallTokenizers.writeJson(folder, change);
    UnsupportedCheckpointException refusal =
        assertThrows(UnsupportedCheckpointException.class, () -> Tokenizer.fromPretrained(file));
    assertEquals(folder + File.separator + message, refusal.getMessage());
  }

  @Test
  void bytePiecesMayBeMissingWithoutByteFallback() {
    Path file =
        SmallTokenizers.writeJson(
            folder,
            root -> {
              model(root).put("byte_fallback", false);
              int id = vocab(root).get("<0x41>").intValue();
              vocab(root).remove("<0x41>");
              vocab(root).put("other", id);
            });
    Tokenizer tokenizer = Tokenizer.fromPretrained(file);
    assertEquals("▁a <unk> b", SmallTokenizers.pieces(tokenizer, tokenizer.encode("aÄÖb")));
    assertFalse(tokenizer.isByte(tokenizer.id("<0x42>").orElseThrow()));
  }

  @Test
  void aDropoutOfHundredsOfDigitsIsNamed() {
    Path file =
        SmallTokenizers.writeJson(
            folder, root -> model(root).put("dropout", BigInteger.TEN.pow(400)));
    var failure =
        assertThrows(UnsupportedCheckpointException.class, () -> Tokenizer.fromPretrained(file));
    String start = file + ": model.dropout: expected null, found 1000";
    assertTrue(failure.getMessage().startsWith(start), failure.getMessage());
  }

  @Test
  void aFileThatIsNoJsonIsNamed() {
    assertStartsWith(
        "tokenizer.json: line 1, column 19: the JSON ends too early",
        "{\"model\": {\"vocab\"".getBytes(StandardCharsets.UTF_8));
    assertStartsWith(
        "tokenizer.json: expected a JSON object, found an array", new byte[] {'[', ']'});
    assertStartsWith(
        "tokenizer.json: the text is not UTF-8",
        new byte[] {'{', '"', (byte) 0xFF, '"', ':', '1', '}'});
  }

  private void assertStartsWith(String message, byte[] bytes) {
    Path file = SmallTokenizers.write(folder.resolve("tokenizer.json"), bytes);
    MalformedFileException refusal =
        assertThrows(MalformedFileException.class, () -> Tokenizer.fromPretrained(file));
    // A file that cannot be read at all is named with its folder.
    String named = refusal.getMessage().replace(folder + File.separator, "");
    assertTrue(named.startsWith(message), refusal.getMessage());
  }

  @Test
  void aFolderWithoutATokenizerIsNamed() {
    MissingFileException refusal =
        assertThrows(MissingFileException.class, () -> Tokenizer.fromPretrained(folder));
    assertEquals(
        folder + ": the folder has no tokenizer.json or tokenizer.model", refusal.getMessage());
  }

  static Stream<Arguments> configs() {
    String config = "tokenizer_config.json: ";
    return Stream.of(
        rule(
            "token of another type",
            c -> c.put("eos_token", 3),
            config + "eos_token: expected a string, found 3"),
        rule(
            "flag of another type",
            c -> c.put("add_bos_token", 1),
            config + "add_bos_token: expected true or false, found 1"),
        rule(
            "added token whose key is no id",
            c -> c.putObject("added_tokens_decoder").putObject("x").put("content", "a"),
            config + "added_tokens_decoder['x']: expected an id as key, found 'x'"));
  }

  @ParameterizedTest
  @MethodSource("configs")
  void aBrokenConfigBesideASentencePieceModelIsPassedOverWithAWarning(
      Consumer<ObjectNode> fields, String message) {
    SmallTokenizers.writeModel(folder, SmallTokenizers.pieces());
    int[] expected = Tokenizer.fromPretrained(folder).encode("the abc</s>", true);
    SmallTokenizers.writeConfig(folder, fields);
    assertPassedOver(message, expected);
  }

  @ParameterizedTest
  @MethodSource("configs")
  void aBrokenConfigBesideATokenizerJsonIsPassedOverWithAWarning(
      Consumer<ObjectNode> fields, String message) {
    SmallTokenizers.writeJson(folder, root -> {});
    int[] expected = Tokenizer.fromPretrained(folder).encode("the abc</s>", true);
    SmallTokenizers.writeConfig(folder, fields);
    assertPassedOver(message, expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tokenizer_config.json", "special_tokens_map.json"})
  void aFileBesideATokenizerJsonThatIsNoJsonIsPassedOverWithAWarning(String name) {
    SmallTokenizers.writeJson(folder, root -> {});
    int[] expected = Tokenizer.fromPretrained(folder).encode("the abc</s>", true);
    for (String broken : List.of("{\"eos_token\": ", "[]", "", "{\"eos_token\": {}}")) {
      SmallTokenizers.write(folder.resolve(name), broken);
      assertPassedOver(name, expected);
    }
  }

  private void assertPassedOver(String message, int[] expected) {
    String log =
        LogCapture.of(
            () ->
                assertArrayEquals(
                    expected, Tokenizer.fromPretrained(folder).encode("the abc</s>", true)));
    assertEquals(1, log.lines().filter(line -> line.contains(message)).count(), log);
  }

  @Test
  void addedTokensAreNotReadBesideATokenizerJson() {
    SmallTokenizers.writeJson(folder, root -> {});
    int size = Tokenizer.fromPretrained(folder).vocabSize();
    for (String content : List.of("{\"<|im_end|>\": 1000}", "[", "{\"a\": -1}")) {
      SmallTokenizers.write(folder.resolve("added_tokens.json"), content);
      assertEquals(
          "",
          LogCapture.of(() -> assertEquals(size, Tokenizer.fromPretrained(folder).vocabSize())));
    }
  }

  static Stream<Arguments> templates() {
    String config = "tokenizer_config.json: ";
    return Stream.of(
        rule(
            "template of another type",
            c -> c.put("chat_template", 1),
            config + "chat_template: expected a string, found 1"),
        rule(
            "template without a source",
            c -> c.putArray("chat_template").addObject().put("name", "default"),
            config + "chat_template[0].template: the value is missing"),
        rule(
            "templates without a default",
            c -> {
              c.putArray("chat_template").addObject().put("name", "a").put("template", "");
              c.withArray("chat_template").addObject().put("name", "b").put("template", "");
            },
            config + "chat_template: none of the 2 templates has the name 'default'"));
  }

  @ParameterizedTest
  @MethodSource("templates")
  void aBrokenChatTemplateHarmsChatsOnly(Consumer<ObjectNode> fields, String message) {
    SmallTokenizers.writeModel(folder, SmallTokenizers.pieces());
    SmallTokenizers.writeConfig(folder, fields);
    assertHarmsChatsOnly(message);
    SmallTokenizers.writeJson(folder, root -> {});
    assertHarmsChatsOnly(message);
  }

  @Test
  void aTemplateFileThatIsNotUtf8HarmsChatsOnly() {
    SmallTokenizers.writeJson(folder, root -> {});
    SmallTokenizers.write(folder.resolve("chat_template.jinja"), new byte[] {(byte) 0xC3, '('});
    assertHarmsChatsOnly("chat_template.jinja: the text is not UTF-8");
  }

  private void assertHarmsChatsOnly(String message) {
    Tokenizer tokenizer = Tokenizer.fromPretrained(folder);
    assertEquals("abc", tokenizer.decode(tokenizer.encode("abc")));
    List<ChatMessage> messages = List.of(ChatMessage.user("abc"));
    assertEquals(
        folder + File.separator + message,
        assertThrows(MalformedFileException.class, () -> tokenizer.encodeChat(messages))
            .getMessage());
    assertEquals(
        folder + File.separator + message,
        assertThrows(MalformedFileException.class, tokenizer::chatTemplate).getMessage());
  }
}
