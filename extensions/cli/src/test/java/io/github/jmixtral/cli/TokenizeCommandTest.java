package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TokenizeCommandTest {
  private static final Path TOKENIZER = Fixtures.folder("tokenizer");

  @TempDir private Path temporary;

  @ParameterizedTest
  @CsvSource({
    "tokenizer.model, sentencepiece",
    "tokenizer.json, tokenizer_json",
    "tokenizer-metaspace.json, tokenizer_metaspace_json"
  })
  void everyLineEqualsTheReference(String file, String key) throws IOException {
    Path cases = TOKENIZER.resolve("cases.jsonl");
    CommandRun run =
        CommandRun.of(
                "tokenize",
                "--model",
                TOKENIZER.resolve(file).toString(),
                "--jsonl",
                cases.toString())
            .assertGood();
    List<JsonNode> expected =
        Files.readAllLines(cases).stream().map(JsonMapper.shared()::readTree).toList();
    List<JsonNode> found = run.jsonLines();
    assertEquals(expected.size(), found.size());
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(List.of("ids"), List.copyOf(found.get(i).propertyNames()));
      assertEquals(expected.get(i).get(key), found.get(i).get("ids"), "line " + (i + 1));
    }
  }

  @ParameterizedTest
  @CsvSource({"tokenizer.model, sentencepiece", "tokenizer.json, tokenizer_json"})
  void everyDecodedLineEqualsTheReference(String file, String key) throws IOException {
    JsonNode cases = JsonFile.read(TOKENIZER.resolve("decode_cases.json"));
    StringBuilder lines = new StringBuilder();
    cases.forEach(one -> lines.append("{\"ids\": ").append(one.get("ids")).append("}\n"));
    CommandRun run =
        CommandRun.withInput(
                lines.toString(),
                "tokenize",
                "--decode",
                "--model",
                TOKENIZER.resolve(file).toString(),
                "--jsonl",
                "-")
            .assertGood();
    List<JsonNode> found = run.jsonLines();
    assertEquals(cases.size(), found.size());
    for (int i = 0; i < found.size(); i++) {
      assertEquals(cases.get(i).get(key), found.get(i).get("text"), "line " + (i + 1));
    }
  }

  @Test
  void aFolderNeedsNothingButATokenizer() {
    CommandRun run = CommandRun.of("tokenize", "--model", TOKENIZER.toString(), "[INST]");
    assertEquals("[733,16289,28793]\n", run.assertGood().out());
  }

  @Test
  void standardInputIsReadWithoutTheLineBreakAtItsEnd() {
    assertEquals("[419,621]\n", CommandRun.of("tokenize", "Once upon").assertGood().out());
    assertEquals("[419,621]\n", CommandRun.withInput("Once upon\n", "tokenize").assertGood().out());
    assertEquals(
        "[419,621]\n", CommandRun.withInput("Once upon\r\n", "tokenize").assertGood().out());
  }

  @Test
  void idsGoBackToText() {
    assertEquals(
        "Once upon\n", CommandRun.of("tokenize", "--decode", "[419, 621]").assertGood().out());
    assertEquals(
        "Once upon\n",
        CommandRun.withInput("[419, 621]\n", "tokenize", "--decode").assertGood().out());
  }

  @Test
  void jsonPrintsTheObjectsOfJsonLines() {
    assertEquals(
        "{\"ids\":[419,621]}\n",
        CommandRun.of("tokenize", "--json", "Once upon").assertGood().out());
    assertEquals(
        "{\"text\":\"Once upon\"}\n",
        CommandRun.of("tokenize", "--json", "--decode", "[419,621]").assertGood().out());
  }

  @Test
  void whatIsPrintedIsUtf8() {
    CommandRun there = CommandRun.of("tokenize", "für 環 🙂").assertGood();
    assertEquals(
        "für 環 🙂\n", CommandRun.of("tokenize", "--decode", there.out()).assertGood().out());
  }

  @Test
  void badLinesAreNamedByTheirNumber() throws IOException {
    assertBadLine("{\"text\": \"a\"}\n{\"txt\": \"b\"}\n", "lines.jsonl: line 2", "\"text\"");
    assertBadLine("{\"text\": 5}", "lines.jsonl: line 1", "\"text\"", "found {\"text\":5}");
    assertBadLine("\n\n{\"text\": ", "lines.jsonl: line 3: the JSON ends too early");
    assertBadLine(
        "{\"text\": \"a\", \"text\": \"b\"}", "lines.jsonl: line 1", "for the second time");
    assertBadLine("{\"text\": \"a\"} {}", "lines.jsonl: line 1: this is not JSON");
  }

  @Test
  void badIdsAreBadInput() {
    CommandRun.of("tokenize", "--decode", "Once").assertBadInput("TEXT: this is not JSON");
    CommandRun.of("tokenize", "--decode", "[1, -1]").assertBadInput("TEXT[1]", "found -1");
    CommandRun.withInput("{\"text\": \"a\"}", "tokenize", "--decode", "--jsonl", "-")
        .assertBadInput("standard input: line 1: ids", "a list of ids");
  }

  @Test
  void aFolderWithoutTokenizerIsBadInput() {
    CommandRun.of("tokenize", "--model", temporary.toString(), "a")
        .assertBadInput("the folder has no tokenizer.json or tokenizer.model");
  }

  @Test
  void aTextAndAFileExcludeEachOther() {
    CommandRun.of("tokenize", "a", "--jsonl", "b").assertWrongUsage("exclude each other");
  }

  private void assertBadLine(String content, String... parts) throws IOException {
    Path file = Files.writeString(temporary.resolve("lines.jsonl"), content);
    CommandRun run = CommandRun.of("tokenize", "--jsonl", file.toString());
    new CommandRun(run.exitCode(), "", run.err()).assertBadInput(parts);
  }

  @Test
  void everyChatBecomesIdsOrAnError() {
    String lines =
        """
        {"messages": [{"role": "user", "content": "a"}]}

        {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], \
        "tools": null, "continue_final_message": true}
        {"messages": [{"role": "wizard", "content": "a"}]}
        {"messages": [}
        {"messages": [{"role": "user", "content": "a"}], "tools": [{"function": {"name": "f"}}]}
        """;
    CommandRun run =
        CommandRun.withInput(
                lines,
                "tokenize",
                "--chat",
                "-",
                "--model",
                TOKENIZER.resolve("tokenizer.model").toString())
            .assertGood();
    assertEquals(
        List.of(
            "{\"ids\":[1,733,16289,28793,264,733,28748,16289,28793]}",
            "{\"ids\":[1,733,16289,28793,264,733,28748,16289,28793,287]}",
            "{\"error\":\"messages[0].role: must be system, user, assistant or tool, but is"
                + " 'wizard'\"}",
            "{\"error\":\"conversation: must be JSON, but is not: at character 15: expected a"
                + " value, found '}'\"}",
            "{\"error\":\"tools: the model's chat format (Mistral's version 1) has no tools;"
                + " Mixtral-8x22B-Instruct has them\"}"),
        run.jsonLines().stream().map(JsonNode::toString).toList());
  }

  @Test
  void chatsAndTextsExcludeEachOther() {
    CommandRun.of("tokenize", "--chat", "a", "--jsonl", "b").assertWrongUsage("exclude each other");
    CommandRun.of("tokenize", "--chat", "a", "--decode").assertWrongUsage("exclude each other");
  }

  @Test
  void templatesAreRenderedWithoutAModel() {
    CommandRun run =
        CommandRun.withInput(
                """
                {"template": "{% for m in messages %}{{ m.role }}{% endfor %}{{ n }}", \
                "context": {"messages": [{"role": "user"}], "n": 20.0}}

                {"template": "a\\n{{ x.y }}", "context": {}}
                {"template": "{% if %}", "context": {}}
                """,
                "tokenize", "--render", "-", "--model", "no-such-folder")
            .assertGood();
    assertEquals(
        List.of(
            "{\"text\":\"user20.0\"}",
            "{\"error\":\"line 2: UndefinedError: 'x' is undefined\"}",
            "{\"error\":\"line 1: TemplateSyntaxError: Expected an expression, got 'end of"
                + " statement block'\"}"),
        run.out().lines().toList());
  }

  @Test
  void aLineThatIsNoTemplateIsAnsweredWithAnError() {
    String input = "{\"template\": 1}\n[\n{\"template\": \"{{ 1 }}\", \"context\": {}}\n";
    List<String> lines =
        CommandRun.withInput(input, "tokenize", "--render", "-")
            .assertGood()
            .out()
            .lines()
            .toList();
    assertEquals(3, lines.size());
    assertTrue(lines.get(0).startsWith("{\"error\":\"expected an object such as"), lines::toString);
    assertTrue(lines.get(1).startsWith("{\"error\":\""), lines::toString);
    assertEquals("{\"text\":\"1\"}", lines.get(2));
  }

  @Test
  void halfASurrogatePairOfATemplateIsEscaped() {
    String input = "{\"template\": \"{{ x }}\", \"context\": {\"x\": \"\\ud83d\\ude00 \\ud83d\"}}";
    assertEquals(
        "{\"text\":\"\uD83D\uDE00 \\ud83d\"}\n",
        CommandRun.withInput(input, "tokenize", "--render", "-").assertGood().out());
  }

  @Test
  void halfASurrogatePairIsBadInput() throws IOException {
    assertBadLine(
        "{\"text\": \"a\\ud83d\"}", "lines.jsonl: line 1: text: there is half a surrogate");
  }

  @Test
  void aByteOrderMarkIsNoPartOfAText() {
    String plain = CommandRun.withInput("Once upon", "tokenize").assertGood().out();
    assertEquals(plain, CommandRun.withInput("\uFEFFOnce upon", "tokenize").assertGood().out());
    assertNotEquals(plain, CommandRun.withInput("Once\uFEFF upon", "tokenize").assertGood().out());
    assertEquals(
        "{\"ids\":[419]}\n",
        CommandRun.withInput("\uFEFF{\"text\": \"Once\"}", "tokenize", "--jsonl", "-")
            .assertGood()
            .out());
  }

  @ParameterizedTest
  @CsvSource({
    "tokenizer.model, --parse-special-tokens, '[264,2]'",
    "tokenizer.json, --no-parse-special-tokens, '[264,700,28713,28767]'",
  })
  void oneSwitchSaysWhatBecomesOfTheTextsOfSpecialTokens(String file, String option, String ids) {
    CommandRun run =
        CommandRun.of("tokenize", "--model", TOKENIZER.resolve(file).toString(), option, "a</s>");
    assertEquals(ids + "\n", run.assertGood().out());
  }
}
