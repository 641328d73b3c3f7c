package io.github.jmixtral.internal.chat;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.testkit.VersionThree;
import io.github.jmixtral.testkit.mutation.Mutant;
import io.github.jmixtral.testkit.mutation.MutantRun;
import io.github.jmixtral.testkit.mutation.MutatedReader;
import io.github.jmixtral.testkit.mutation.Seed;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Mutants of conversations, tools and answers; see {@link MutantRun}. */
@RunsOnce
class MutatedChatsTest {
  private static final String CHAT =
      """
      {"messages": [{"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
       {"role": "user", "content": "Kurs? \\u00e9"},
       {"role": "assistant", "content": null, "tool_calls": [{"id": "p00000001",
        "type": "function", "function": {"name": "kurs", "arguments": "{\\"a\\": [1, 2.5e3]}"}}]},
       {"role": "tool", "tool_call_id": "p00000001", "name": "kurs", "content": "10"},
       {"role": "assistant", "content": "Ten", "prefix": true}],
       "tools": [{"type": "function", "function": {"name": "kurs", "description": "d",
        "parameters": {"type": "object", "properties": {"a": {"type": ["array", "null"],
        "items": {"type": "number", "minimum": 0}}, "b": {"pattern": "^[a-z]{2,3}(x|y)?$"}},
        "required": ["a"], "additionalProperties": false}}}],
       "continue_final_message": false}
      """;

  private static final String ANSWER =
      """
      [{"name": "kurs", "arguments": {"a": [1, -2.5e3, {"b": "\\u00e9\\n"}]}, "id": "p00000001"},
       {"arguments": {}, "name": "ping"}]
      """;

  /** What is made and dropped again for each of up to 131,072 ids, besides the file's own. */
  private static final long ANSWER_MEMORY = 1L << 25;

  @TempDir static Path tokenizers;
  @TempDir Path folder;
  private static Tokenizer versionThree;

  @BeforeAll
  static void readTokenizers() {
    versionThree = VersionThree.tokenizer(tokenizers.resolve("tokenizer.model.v3"));
  }

  private static Stream<MutatedReader> readers() {
    return Stream.of(
        new MutatedReader("chat", MutatedChatsTest::encode)
            .refusingBy(IllegalArgumentException.class)
            .mutating("chat.json", Seed.of(CHAT)),
        new MutatedReader("answer", MutatedChatsTest::readAnswer)
            .refusingBy(IllegalArgumentException.class)
            .within(ANSWER_MEMORY)
            .mutating("answer.json", Seed.of(ANSWER)));
  }

  @ParameterizedTest
  @MethodSource("readers")
  void mutantsAreReadOrRefused(MutatedReader reader) {
    MutantRun.of(reader, folder);
  }

  private static void encode(Mutant mutant) {
    ChatJson chat = ChatJson.read(text(mutant, "chat.json"));
    versionThree.encodeChat(chat.messages(), chat.tools());
  }

  private static void readAnswer(Mutant mutant) {
    AnswerReader reader = AnswerReader.of(versionThree, new int[] {1}).orElseThrow();
    reader.append(5);
    for (int id : versionThree.encodePlain(text(mutant, "answer.json"))) {
      reader.append(id);
    }
    reader.finish();
    if (reader.calls().isEmpty()) {
      throw new IllegalArgumentException("the answer is text");
    }
  }

  private static String text(Mutant mutant, String name) {
    try {
      return new String(Files.readAllBytes(mutant.folder().resolve(name)), StandardCharsets.UTF_8);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
