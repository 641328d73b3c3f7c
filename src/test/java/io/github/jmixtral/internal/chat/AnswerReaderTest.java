package io.github.jmixtral.internal.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.VersionThree;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.Tokenizer;
import io.github.jmixtral.tokenizer.ToolCall;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@RunsOnce
class AnswerReaderTest {
  private static final int[] PROMPT = {1, 3, 4};

  @TempDir static Path folder;
  private static Tokenizer tokenizer;

  private final List<String> texts = new ArrayList<>();
  private final List<ToolCall> parts = new ArrayList<>();
  private AnswerReader reader;

  @BeforeAll
  static void readTokenizer() {
    tokenizer = VersionThree.tokenizer(folder.resolve("tokenizer.model.v3"));
  }

  /** Reads texts, with the control id for calls between them, and the end of the sequence. */
  private String read(String... answer) {
    reader = AnswerReader.of(tokenizer, PROMPT).orElseThrow();
    for (int i = 0; i < answer.length; i++) {
      if (i > 0) {
        append(5);
      }
      for (int id : tokenizer.encodePlain(answer[i])) {
        append(id);
      }
    }
    append(2);
    texts.add(reader.finish());
    parts.addAll(reader.takeParts());
    return String.join("", texts);
  }

  private void append(int id) {
    texts.add(reader.append(id));
    parts.addAll(reader.takeParts());
  }

  private String callsAsText() {
    StringBuilder text = new StringBuilder();
    for (ToolCall call : reader.calls()) {
      assertTrue(call.id().matches("[a-zA-Z0-9]{9}"), call.id());
      text.append(call.name()).append(call.arguments()).append('\n');
    }
    return text.toString();
  }

  @Test
  void anAnswerWithoutCallsIsText() {
    assertEquals("Hello [TOOL_CALLS] {}", read("Hello [TOOL_CALLS] {}"));
    assertEquals(List.of(), reader.calls());
    assertEquals(List.of(), parts);
  }

  @Test
  void callsStandBehindTheControlId() {
    String list =
        "[{\"name\": \"kurs\", \"arguments\": {\"symbol\": \"AÄ}\\\"]\", \"n\": [1, {}]}, \"id\":"
            + " \"VvvODy9mT\"}, {\"name\": \"ping\", \"arguments\": {}}]";
    assertEquals("", read("", list));
    assertEquals("kurs{\"symbol\": \"AÄ}\\\"]\", \"n\": [1, {}]}\nping{}\n", callsAsText());
  }

  @Test
  void textInFrontOfCallsStaysText() {
    assertEquals("One moment.", read("One moment.", "[{\"name\":\"f\",\"arguments\":{}}]"));
    assertEquals("f{}\n", callsAsText());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{\"name\":\"f\",\"arguments\":{\"a\":1}},{\"name\":\"g\",\"arguments\":{\"b\":\"\"}}]",
        "[{\"arguments\":{\"a\":1},\"name\":\"f\"}, {\"id\":null,\"arguments\":{\"b\":\"\"},"
            + "\"name\":\"g\"}] and more",
        " [ { \"name\" : \"\\u0066\" , \"arguments\" :  {\"a\":1} } ,\n"
            + "{\"x\":[1,{\"name\":2}],\"name\":\"g\",\"y\":-1.5e3,\"arguments\":{\"b\":\"\"}} ] ",
      })
  void piecesOfCallsComeAsSoonAsTheyAreKnownAndMakeUpTheCalls(String list) {
    assertEquals("", read("", list));
    assertEquals("f{\"a\":1}\ng{\"b\":\"\"}\n", callsAsText());
    Map<String, String> joined = new LinkedHashMap<>();
    parts.forEach(part -> joined.merge(part.id(), part.arguments(), String::concat));
    Map<String, String> expected = new LinkedHashMap<>();
    reader.calls().forEach(call -> expected.put(call.id(), call.arguments()));
    assertEquals(expected, joined);
  }

  @Test
  void aCallsNameComesBeforeItsArguments() {
    read("", "[{\"name\": \"f\", \"arguments\": {\"text\": \"several words of it\"}}]");
    assertEquals("", parts.getFirst().arguments());
    assertEquals("f", parts.getFirst().name());
    assertTrue(parts.size() > 5, parts::toString);
  }

  @Test
  void absentArgumentsAreAnEmptyObject() {
    read("", "[{\"name\": \"f\"}]");
    assertEquals("f{}\n", callsAsText());
    assertEquals("{}", parts.getLast().arguments());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "[{}]",
        "[{\"name\": \"f\", \"arguments\": {\"a\": 1}",
        "[{\"name\": \"f\", \"arguments\": {\"a\": 1}}",
        "[{\"name\": \"f\", \"arguments\": {a: 1}}]",
        "[{\"name\": 5, \"arguments\": {}}]",
        "[{\"arguments\": {}}]",
        "[{\"name\": \"f\", \"arguments\": }]",
        "[{\"name\": \"f\" \"arguments\": {}}]",
        "[{\"name\": \"f\", \"arguments\": {}},]",
        "[{\"name\": \"f\", \"name\": \"g\"}]",
        "I call f.",
      })
  void aListThatIsNoneStaysTextWithAMarkInFront(String list) {
    assertEquals("[TOOL_CALLS]" + list, read("", list));
    assertEquals(List.of(), reader.calls());
  }

  @Test
  void aWholeListBeforeABrokenOneCounts() {
    assertEquals("[TOOL_CALLS][{", read("", "[{\"name\": \"f\"}]", "[{"));
    assertEquals("f{}\n", callsAsText());
  }

  @Test
  void idsDependOnThePromptAndThePlaceAlone() {
    read("", "[{\"name\": \"f\"}, {\"name\": \"f\"}]", "[{\"name\": \"f\"}]");
    List<String> ids = reader.calls().stream().map(ToolCall::id).toList();
    assertEquals(3, ids.stream().distinct().count());
    read("", "[{\"name\": \"g\"}]");
    assertEquals(ids.getFirst(), reader.calls().getFirst().id());
  }

  @Test
  void aTokenizerWithoutTheControlIdHasNoCalls() {
    Tokenizer versionOne = Tokenizer.fromPretrained(Fixtures.folder("tokenizer"));
    assertTrue(AnswerReader.of(versionOne, PROMPT).isEmpty());
  }

  @Test
  void idsOfProgramsBecomeNineLettersThatKeepCallsAndResultsTogether() {
    List<ChatMessage> messages =
        List.of(
            ChatMessage.user("a"),
            ChatMessage.assistant()
                .withToolCalls(
                    List.of(
                        ToolCall.of("call_8d6fb2a0", "f", "{}"),
                        ToolCall.of("abcdefghi", "g", "{}"))),
            ChatMessage.toolResult("call_8d6fb2a0", "1").withName("f"),
            ChatMessage.toolResult("abcdefghi", "2"));
    List<ChatMessage> known = CallIds.forModel(messages);
    String id = known.get(1).toolCalls().getFirst().id();
    assertTrue(id.matches("[a-zA-Z0-9]{9}"), id);
    assertEquals(ChatMessage.toolResult(id, "1").withName("f"), known.get(2));
    assertEquals("abcdefghi", known.get(1).toolCalls().get(1).id());
    assertEquals(messages.get(3), known.get(3));
    assertEquals(known, CallIds.forModel(messages));
  }
}
