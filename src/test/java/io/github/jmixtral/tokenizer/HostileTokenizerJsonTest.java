package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.LogCapture;
import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A tokenizer.json can neither take all memory or time, nor write to the terminal. */
@RunsOnce
class HostileTokenizerJsonTest {
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

  private static Arguments rule(String name, Consumer<ObjectNode> damage, String message) {
    return Arguments.argumentSet(name, damage, message);
  }

  private static void addReplace(ArrayNode steps, String pattern, String content) {
    ObjectNode step = steps.insertObject(0).put("type", "Replace").put("content", content);
    step.putObject("pattern").put("String", pattern);
  }

  static Stream<Arguments> hostileSteps() {
    String letters = "s".repeat(513);
    return Stream.of("normalizer", "decoder")
        .flatMap(
            key -> {
              Function<ObjectNode, ArrayNode> steps =
                  root -> (ArrayNode) root.get(key).get(key + "s");
              return Stream.of(
                  rule(
                      key + " that doubles many times",
                      r ->
                          IntStream.range(0, 28)
                              .forEach(i -> addReplace(steps.apply(r), "s", "ss")),
                      ": the Replace steps make a text up to 2.68e+08 times as long; the limit is"
                          + " 16 times"),
                  rule(
                      key + " of many steps",
                      r ->
                          IntStream.range(0, 40).forEach(i -> addReplace(steps.apply(r), "s", "t")),
                      ": expected at most 32 steps, found " + (key.equals("decoder") ? 44 : 42)),
                  rule(
                      key + " with a long content",
                      r -> addReplace(steps.apply(r), "s", letters),
                      "." + key + "s[0].content: expected at most 512 characters, found 513"),
                  rule(
                      key + " with a long pattern",
                      r -> addReplace(steps.apply(r), letters, "s"),
                      "."
                          + key
                          + "s[0].pattern.String: expected at most 512 characters, found 513"));
            });
  }

  @ParameterizedTest
  @MethodSource("hostileSteps")
  void stepsThatWouldMakeATextHugeAreNamed(Consumer<ObjectNode> damage, String message) {
    Path file = SmallTokenizers.writeJson(folder, damage);
    UnsupportedCheckpointException refusal =
        assertThrows(UnsupportedCheckpointException.class, () -> Tokenizer.fromPretrained(file));
    String found = refusal.getMessage();
    assertTrue(found.startsWith(file + ": ") && found.endsWith(message), found);
  }

  @Test
  void stepsThatMakeATextALittleLongerAreFine() {
    Path file =
        SmallTokenizers.writeJson(
            folder,
            r -> addReplace((ArrayNode) r.get("normalizer").get("normalizers"), "s", "aaa"));
    Tokenizer tokenizer = Tokenizer.fromPretrained(file);
    assertArrayEquals(tokenizer.encode("aaaaaab"), tokenizer.encode("ssb"));
  }

  @Test
  void anAddedTokenOfImpossibleLengthIsNamed() {
    String letters = "a".repeat(512);
    Tokenizer.fromPretrained(
        SmallTokenizers.writeJson(folder, r -> SmallTokenizers.addToken(r, SIZE, letters, true)));
    Path file =
        SmallTokenizers.writeJson(
            folder, r -> SmallTokenizers.addToken(r, SIZE, letters + "b", true));
    assertTooLong(
        file, "tokenizer.json: added_tokens[3]: expected at most 512 characters, found 513");
    // Prepend and Replace count: what is searched for is the normalised text.
    file =
        SmallTokenizers.writeJson(
            folder, r -> SmallTokenizers.addToken(r, SIZE, letters, false).put("normalized", true));
    assertTooLong(
        file, "tokenizer.json: added_tokens[3]: expected at most 512 characters, found 513");
    file =
        SmallTokenizers.writeJson(
            folder,
            r -> {
              vocab(r).put(letters + "b", SIZE);
              model(r).put("unk_token", letters + "b");
            });
    assertTooLong(
        file, "tokenizer.json: model.unk_token: expected at most 512 characters, found 513");
  }

  @Test
  void anAddedTokenOfTheFolderOfImpossibleLengthIsNamed() {
    SmallTokenizers.writeModel(folder, SmallTokenizers.pieces());
    SmallTokenizers.writeConfig(
        folder,
        config ->
            config
                .putObject("added_tokens_decoder")
                .putObject("" + SIZE)
                .put("content", "a".repeat(513)));
    String log = LogCapture.of(() -> Tokenizer.fromPretrained(folder));
    assertTrue(
        log.contains(
            "tokenizer_config.json: added_tokens_decoder['"
                + SIZE
                + "']: expected at most 512 characters, found 513"),
        log);
  }

  private void assertTooLong(Path file, String message) {
    MalformedFileException refusal =
        assertThrows(MalformedFileException.class, () -> Tokenizer.fromPretrained(file));
    assertEquals(folder + File.separator + message, refusal.getMessage());
  }

  static Stream<Arguments> hostileNames() {
    String hostile = "a\nb\u001b[2J";
    return Stream.of(
        rule(
            "piece",
            r -> vocab(r).put(hostile, -1),
            "tokenizer.json: model.vocab['a?b?[2J']: expected an integer from 0 to 2147483647,"
                + " found -1"),
        rule(
            "two pieces",
            r -> vocab(r).put(hostile, 7),
            "tokenizer.json: model.vocab: both '<0x04>' and 'a?b?[2J' have id 7"),
        rule(
            "merge",
            r -> merges(r).addArray().add(hostile).add("a"),
            "tokenizer.json: model.merges[10]: expected pieces of model.vocab, found 'a?b?[2J'"),
        rule(
            "component",
            r -> ((ObjectNode) r.get("normalizer")).put("type", hostile),
            "tokenizer.json: normalizer: expected Sequence, Prepend or Replace, found a?b?[2J"));
  }

  @ParameterizedTest
  @MethodSource("hostileNames")
  void whatAFileSaysIsOneLineInMessages(Consumer<ObjectNode> damage, String message) {
    Path file = SmallTokenizers.writeJson(folder, damage);
    RuntimeException refusal =
        assertThrows(RuntimeException.class, () -> Tokenizer.fromPretrained(file));
    assertEquals(folder + File.separator + message, refusal.getMessage());
  }

  @Test
  void manyAddedAndNamedTokensTakeLittleTime() {
    int count = 100_000;
    StringBuilder added = new StringBuilder("{\"added0\": " + SIZE);
    StringBuilder named = new StringBuilder("{\"additional_special_tokens\": [\"named0\"");
    for (int i = 1; i < count; i++) {
      added.append(", \"added").append(i).append("\": ").append(SIZE + i);
      named.append(", \"named").append(i).append('"');
    }
    SmallTokenizers.write(folder.resolve("added_tokens.json"), added + "}");
    SmallTokenizers.write(folder.resolve("special_tokens_map.json"), named + "]}");
    SmallTokenizers.writeModel(folder, SmallTokenizers.pieces());
    assertTimeout(
        Duration.ofSeconds(20),
        () -> assertEquals(SIZE + 2 * count, Tokenizer.fromPretrained(folder).vocabSize()));
    SmallTokenizers.writeJson(folder, root -> {});
    assertTimeout(
        Duration.ofSeconds(20),
        () -> assertEquals(SIZE + count, Tokenizer.fromPretrained(folder).vocabSize()));
  }

  @Test
  void keysOfAddedTokensAreOneLineInMessages() {
    SmallTokenizers.writeModel(folder, SmallTokenizers.pieces());
    SmallTokenizers.writeConfig(
        folder, config -> config.putObject("added_tokens_decoder").putObject("1\n2\u001b"));
    String log = LogCapture.of(() -> Tokenizer.fromPretrained(folder));
    assertTrue(
        log.contains(
            "tokenizer_config.json: added_tokens_decoder['1?2?']: expected an id as key, found"
                + " '1?2?'"),
        log);
    assertEquals(1, log.lines().count());
  }
}
