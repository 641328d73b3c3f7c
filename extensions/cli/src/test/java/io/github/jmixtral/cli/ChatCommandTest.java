package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.ToolCallingModel;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class ChatCommandTest {
  private static final String QUESTION = "What is 3 plus 4?";

  /** The reference's answer to the question, as a conversation of its own. */
  private static final JsonNode GREEDY =
      StreamSupport.stream(
              JsonFile.read(Fixtures.storyteller().resolve("evaluation/greedy.json")).spliterator(),
              false)
          .filter(one -> one.get("prompt").asString().contains(QUESTION))
          .findFirst()
          .orElseThrow();

  private static final String ANSWER = GREEDY.get("text").stringValue();

  @Test
  void eachLineIsAnsweredAsTheReferenceDoes() {
    CommandRun run = CommandRun.withInput(QUESTION + "\n", "chat").assertGood();
    assertEquals(ANSWER + "\n", run.out());
  }

  @Test
  void theModelHearsTheWholeConversation() {
    List<JsonNode> turns = turns(QUESTION + "\n" + QUESTION + "\n");
    assertEquals(2, turns.size());
    assertEquals(GREEDY.get("prompt_ids"), turns.get(0).get("prompt_ids"));
    assertEquals(GREEDY.get("new_ids"), turns.get(0).get("ids"));
    String question = "[INST] " + QUESTION + " [/INST]";
    assertEquals(question + " " + ANSWER + " " + question, promptText(turns.get(1)));
  }

  @Test
  void resetForgetsTheConversation() {
    List<JsonNode> turns = turns(QUESTION + "\n/reset\n" + QUESTION + "\n");
    assertEquals(2, turns.size());
    assertEquals(turns.get(0).get("prompt_ids"), turns.get(1).get("prompt_ids"));
    assertEquals(turns.get(0).get("ids"), turns.get(1).get("ids"));
  }

  @Test
  void instructionsStandBeforeTheFirstMessage() {
    String instructed = "[INST] Be brief.\n\n" + QUESTION + " [/INST]";
    String plain = "[INST] " + QUESTION + " [/INST]";
    List<JsonNode> byOption = turns(QUESTION + "\n", "--system", "Be brief.");
    assertEquals(instructed, promptText(byOption.getFirst()));
    List<JsonNode> byCommand =
        turns("/system Be brief.\n" + QUESTION + "\n/reset\n/system\n" + QUESTION + "\n");
    assertEquals(instructed, promptText(byCommand.get(0)));
    assertEquals(plain, promptText(byCommand.get(1)));
  }

  @Test
  void eachAnswerHeedsTheConstraint() {
    CommandRun run =
        CommandRun.withInput(
            QUESTION + "\nAnd so?\n/reset\n" + QUESTION + "\n", "chat", "--regex", "[0-9]{2,4}");
    List<String> answers = run.assertGood().out().lines().toList();
    assertEquals(3, answers.size());
    answers.forEach(answer -> assertTrue(answer.matches("[0-9]{2,4}"), answer));
    assertEquals(answers.getFirst(), answers.getLast());
  }

  @Test
  void exitEndsTheConversationAndEmptyLinesAreNoMessages() {
    CommandRun run =
        CommandRun.withInput("\n  \n" + QUESTION + "\n/exit\n" + QUESTION + "\n", "chat");
    assertEquals(ANSWER + "\n", run.assertGood().out());
    assertEquals("", CommandRun.withInput("", "chat").assertGood().out());
  }

  @Test
  void aLineThatIsNoCommandIsAMessage() {
    List<JsonNode> turns =
        turns("/etc/hosts: what is it?\n/reset\n//exit\n", "--max-new-tokens", "2");
    assertEquals("[INST] /etc/hosts: what is it? [/INST]", promptText(turns.get(0)));
    assertEquals("[INST] /exit [/INST]", promptText(turns.get(1)));
  }

  @Test
  void anEmptyInstructionIsNone() {
    assertEquals(
        "[INST] " + QUESTION + " [/INST]",
        promptText(turns(QUESTION + "\n", "--system", "").getFirst()));
  }

  @Test
  void aStopStringIsNotHeardAgain() {
    List<JsonNode> turns = turns("Tell a story.\nGo on.\n", "--stop", "Jack", "--greedy");
    String heard = promptText(turns.get(1));
    assertTrue(turns.get(0).get("text").asString().contains("Jack"), turns::toString);
    assertFalse(heard.contains("Jack"), heard);
  }

  @Test
  void aModelWithoutToolsSaysThatItHasNone(@TempDir Path folder) throws IOException {
    Path tools =
        Files.writeString(folder.resolve("tools.json"), "[{\"function\": {\"name\": \"ping\"}}]");
    CommandRun run = CommandRun.withInput("Hi\n", "chat", "--tools", tools.toString());
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("has no tools"), run.err());
  }

  @Test
  void callsAreShownAndTheNextLinesAreTheirResults(@TempDir Path folder) throws IOException {
    String model = ToolCallingModel.write(folder).toString();
    Path file =
        Files.writeString(
            folder.resolve("tools.json"),
            """
            [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object",
              "properties": {"city": {"enum": ["Paris"]}}, "required": ["city"]}}}]
            """);
    String[] arguments = {
      "chat", "--model", model, "--tools", file.toString(), "--tool-choice", "weather"
    };
    String call = "weather({\"city\": \"Paris\"})\n";
    String lines = "How warm is it?\n{\"celsius\": 21}\n[\"a result\"]\n";
    assertEquals(call.repeat(3), CommandRun.withInput(lines, arguments).assertGood().out());
    CommandRun other = CommandRun.withInput("Hi\n", with(arguments, 6, "storm"));
    assertEquals(1, other.exitCode());
    assertTrue(other.err().contains("names 'storm'"), other.err());
    CommandRun none = CommandRun.withInput("Hi\n", with(arguments, 6, "none"));
    assertFalse(none.assertGood().out().contains("weather("), none.out());
    CommandRun.of("chat", "--tool-choice", "auto").assertWrongUsage("--tool-choice needs --tools");
  }

  private static String[] with(String[] arguments, int index, String value) {
    String[] changed = arguments.clone();
    changed[index] = value;
    return changed;
  }

  @Test
  void anInterruptEndsTheAnswerFirstAndThenTheConversation() {
    Interruption interruption = new Interruption();
    assertFalse(interruption.endAnswer());
    CancellationHandle handle = new CancellationHandle();
    interruption.endOrderly(
        handle,
        () -> {
          assertTrue(interruption.endAnswer());
          assertTrue(handle.isCancelled());
          assertFalse(interruption.endAnswer());
          return null;
        });
    assertFalse(interruption.endAnswer());
  }

  @Test
  void whoWatchesIsPromptedOnStandardError() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            new ByteArrayInputStream((QUESTION + "\n").getBytes(StandardCharsets.UTF_8)),
            out,
            new PrintStream(err, true, StandardCharsets.UTF_8),
            true,
            Optional.of(Fixtures.project()),
            Map.of());
    assertEquals(0, Main.run(terminal, "chat"));
    assertEquals(ANSWER + "\n", out.toString(StandardCharsets.UTF_8));
    String told = err.toString(StandardCharsets.UTF_8);
    assertTrue(told.endsWith("> > " + System.lineSeparator()), told);
  }

  @Test
  void aModelWithoutTokenizerIsBadInput() {
    CommandRun.withInput("Hello\n", "chat", "--model", Fixtures.folder("full-f32").toString())
        .assertBadInput("full-f32", "tokenizer.json or tokenizer.model");
  }

  @Test
  void aMessageThatCannotBeAnsweredDoesNotEndTheConversation(@TempDir Path folder)
      throws IOException {
    for (String name : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      Files.copy(Fixtures.storyteller().resolve(name), folder.resolve(name));
    }
    Files.writeString(
        folder.resolve("chat_template.jinja"),
        "{% for m in messages %}{% if 'Bad' in m.content %}{{ raise_exception('No!') }}{% endif %}"
            + "{{ m.role }}: {{ m.content }}\n{% endfor %}");
    CommandRun run =
        CommandRun.withInput(
            "Hello\nBad\nBye\n",
            "chat",
            "--json",
            "--max-new-tokens",
            "2",
            "--model",
            folder.toString());
    assertEquals("jmixtral: chat template: No!\n", run.err().replace("\r", ""));
    assertEquals(1, run.exitCode());
    assertEquals(2, run.jsonLines().size());
    String heard = promptText(run.jsonLines().getLast());
    assertTrue(heard.startsWith("user: Hello\nassistant: "), heard);
    assertTrue(heard.endsWith("user: Bye\n"), heard);
    assertFalse(heard.contains("Bad"), heard);
  }

  private static List<JsonNode> turns(String input, String... options) {
    String[] arguments = new String[options.length + 2];
    arguments[0] = "chat";
    arguments[1] = "--json";
    System.arraycopy(options, 0, arguments, 2, options.length);
    return CommandRun.withInput(input, arguments).assertGood().jsonLines();
  }

  /** What the model read, without special tokens. */
  private static String promptText(JsonNode turn) {
    int[] ids =
        StreamSupport.stream(turn.get("prompt_ids").spliterator(), false)
            .mapToInt(JsonNode::intValue)
            .toArray();
    return Tokenizer.fromPretrained(Fixtures.storyteller()).decode(ids, true);
  }
}
