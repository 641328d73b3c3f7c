package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.RunsOnce;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The components of a tokenizer.json, in the settings that Mixtral's own file does not use. */
@RunsOnce
class JsonPipelineTest {
  private static final int NEW = SmallTokenizers.pieces().size();

  @TempDir Path folder;

  private Tokenizer with(Consumer<ObjectNode> change) {
    return Tokenizer.fromPretrained(SmallTokenizers.writeJson(folder, change));
  }

  private static void metaspace(ObjectNode root, String scheme, boolean split) {
    root.putNull("normalizer");
    root.putObject("pre_tokenizer")
        .put("type", "Metaspace")
        .put("replacement", "▁")
        .put("prepend_scheme", scheme)
        .put("split", split);
  }

  private static String pieces(Tokenizer tokenizer, String text) {
    return SmallTokenizers.pieces(tokenizer, tokenizer.encode(text));
  }

  @Test
  void metaspaceAlwaysMarksEverySegment() {
    Tokenizer tokenizer = with(root -> metaspace(root, "always", false));
    assertEquals("▁a </s> ▁a", pieces(tokenizer, "a</s>a"));
    assertEquals("▁a </s> ▁a", pieces(tokenizer, " a</s> a"));
  }

  @Test
  void metaspaceFirstMarksTheBeginningOfTheTextOnly() {
    Tokenizer tokenizer = with(root -> metaspace(root, "first", false));
    assertEquals("▁a </s> a", pieces(tokenizer, "a</s>a"));
    assertEquals("</s> a", pieces(tokenizer, "</s>a"));
  }

  @Test
  void metaspaceNeverMarksNothing() {
    Tokenizer tokenizer = with(root -> metaspace(root, "never", false));
    assertEquals("a </s> ▁a", pieces(tokenizer, "a</s> a"));
  }

  @Test
  void theOldSpellingWithoutAPrefixSpaceMeansNever() {
    Tokenizer tokenizer =
        with(
            root -> {
              root.putNull("normalizer");
              root.putObject("pre_tokenizer")
                  .put("type", "Metaspace")
                  .put("replacement", "▁")
                  .put("add_prefix_space", false);
            });
    assertEquals("a", pieces(tokenizer, "a"));
  }

  @Test
  void metaspaceCutsBeforeEveryMark() {
    Consumer<ObjectNode> spaces =
        root -> {
          ObjectNode model = (ObjectNode) root.get("model");
          ((ObjectNode) model.get("vocab")).put("▁▁", NEW);
          model.withArray("merges").insert(0, "▁ ▁");
        };
    Tokenizer whole = with(spaces.andThen(root -> metaspace(root, "always", false)));
    assertEquals("▁▁ ▁a", pieces(whole, "   a"));
    Tokenizer cut = with(spaces.andThen(root -> metaspace(root, "always", true)));
    assertEquals("▁ ▁ ▁a", pieces(cut, "   a"));
  }

  @Test
  void theMetaspaceDecoderDropsTheMarksOfTheFirstToken() {
    Tokenizer tokenizer =
        with(
            root ->
                root.putObject("decoder")
                    .put("type", "Metaspace")
                    .put("replacement", "▁")
                    .put("prepend_scheme", "always"));
    assertEquals("a a", tokenizer.decode(new int[] {260, 260}));
  }

  @Test
  void stripAndReplaceWorkOnTokensBeforeFuseAndOnTheTextAfterIt() {
    Tokenizer tokenizer =
        with(
            root -> {
              ArrayNode steps =
                  root.putObject("decoder").put("type", "Sequence").putArray("decoders");
              steps
                  .addObject()
                  .put("type", "Strip")
                  .put("content", "b")
                  .put("start", 0)
                  .put("stop", 2);
              steps.addObject().put("type", "Fuse");
              steps
                  .addObject()
                  .put("type", "Strip")
                  .put("content", "a")
                  .put("start", 3)
                  .put("stop", 0);
              steps
                  .addObject()
                  .put("type", "Replace")
                  .put("content", "[c]")
                  .putObject("pattern")
                  .put("String", "c");
            });
    int a = tokenizer.id("a").orElseThrow();
    int ab = tokenizer.id("ab").orElseThrow();
    int abc = tokenizer.id("abc").orElseThrow();
    assertEquals("aab[c]", tokenizer.decode(new int[] {a, ab, ab, a, abc}));
    assertEquals("b[c]a", tokenizer.decode(new int[] {abc, ab}));
  }

  @Test
  void theLongestAddedTokenWins() {
    Tokenizer tokenizer =
        with(
            root -> {
              SmallTokenizers.addToken(root, NEW, "<x", false);
              SmallTokenizers.addToken(root, NEW + 1, "<x>>", true);
            });
    assertArrayEquals(new int[] {NEW + 1, NEW}, tokenizer.encode("<x>><x"));
    assertEquals("<x>><x", tokenizer.decode(new int[] {NEW + 1, NEW}));
    assertEquals("<x", tokenizer.decode(new int[] {NEW + 1, NEW}, true));
  }

  @Test
  void addedTokensSwallowWhiteSpaceIfTheySaySo() {
    Tokenizer tokenizer =
        with(
            root ->
                SmallTokenizers.addToken(root, NEW, "<x>", true)
                    .put("lstrip", true)
                    .put("rstrip", true));
    assertEquals("▁a <x> ▁ b", pieces(tokenizer, "a \n\u3000<x> \tb"));
    assertArrayEquals(new int[] {NEW, NEW}, tokenizer.encode(" <x>  <x> "));
  }

  @Test
  void singleWordTokensCountBetweenOtherCharactersOnly() {
    Tokenizer tokenizer =
        with(root -> SmallTokenizers.addToken(root, NEW, "@x", false).put("single_word", true));
    assertArrayEquals(new int[] {NEW}, tokenizer.encode("@x"));
    assertEquals("▁ <0x2D> @x ▁ <0x2D>", pieces(tokenizer, "-@x-"));
    for (String inWord : new String[] {"@xy", "a@x", "é@x", "@x_", "@x4"}) {
      assertEquals(-1, pieces(tokenizer, inWord).indexOf("@x"), inWord);
    }
  }

  @Test
  void normalizedTokensAreSearchedForInTheNormalisedText() {
    Tokenizer tokenizer =
        with(root -> SmallTokenizers.addToken(root, NEW, "q z", false).put("normalized", true));
    assertArrayEquals(new int[] {NEW}, tokenizer.encode("q z"));
    assertArrayEquals(new int[] {NEW}, tokenizer.encode("q▁z"));
    assertEquals("▁ q q ▁ z", pieces(tokenizer, "qq z"));
  }

  @Test
  void withoutByteFallbackUnknownCharactersAreFusedOrNot() {
    Consumer<ObjectNode> noBytes =
        root -> ((ObjectNode) root.get("model")).put("byte_fallback", false);
    assertEquals("▁ <unk> a <unk>", pieces(with(noBytes), "éèaÉ"));
    Tokenizer apart =
        with(noBytes.andThen(root -> ((ObjectNode) root.get("model")).put("fuse_unk", false)));
    assertEquals("▁ <unk> <unk> a <unk>", pieces(apart, "éèaÉ"));
    Tokenizer dropped =
        with(noBytes.andThen(root -> ((ObjectNode) root.get("model")).putNull("unk_token")));
    assertEquals("▁a", pieces(dropped, "éèaÉ"));
  }

  @Test
  void wordsOfTheVocabularyNeedNoMergesIfTheFileSaysSo() {
    Consumer<ObjectNode> noMerges = root -> ((ObjectNode) root.get("model")).putArray("merges");
    assertEquals("▁ t h e", pieces(with(noMerges), "the"));
    Tokenizer whole =
        with(noMerges.andThen(root -> ((ObjectNode) root.get("model")).put("ignore_merges", true)));
    assertEquals("▁the", pieces(whole, "the"));
  }

  @Test
  void mergesMayBeWrittenAsPairs() {
    Tokenizer strings = with(root -> {});
    Tokenizer pairs =
        with(
            root -> {
              ArrayNode written = (ArrayNode) root.get("model").get("merges");
              ArrayNode merges = ((ObjectNode) root.get("model")).putArray("merges");
              for (var merge : written) {
                String[] pair = merge.stringValue().split(" ");
                merges.addArray().add(pair[0]).add(pair[1]);
              }
            });
    String text = "the abc ab a hebc theabcthe";
    assertArrayEquals(strings.encode(text), pairs.encode(text));
  }

  @Test
  void mergesOfBytesAreHeeded() {
    Tokenizer tokenizer =
        with(
            root -> {
              ObjectNode model = (ObjectNode) root.get("model");
              ((ObjectNode) model.get("vocab")).put("<0xC3><0xA9>", NEW);
              model.withArray("merges").add("<0xC3> <0xA9>");
            });
    assertEquals("▁ <0xC3><0xA9> ▁a", pieces(tokenizer, "é a"));
  }
}
