package io.github.jmixtral.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.testkit.VersionThree;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.Tokenizer;
import io.github.jmixtral.tokenizer.Tool;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RunsOnce
class PromptTest {
  private static final List<ChatMessage> MESSAGES = List.of(ChatMessage.user("What is the time?"));
  private static final List<Tool> TOOLS = List.of(Tool.of("time", "The time.", "{}"));

  @TempDir static Path folder;
  private static Tokenizer tokenizer;

  @BeforeAll
  static void readTokenizer() {
    tokenizer = VersionThree.tokenizer(folder.resolve("tokenizer.model.v3"));
  }

  @Test
  void eachKindBecomesItsIds() {
    Supplier<Tokenizer> asked = () -> tokenizer;
    assertArrayEquals(tokenizer.encode("Once", true), Prompt.text("Once").encode(asked));
    assertArrayEquals(tokenizer.encodeChat(MESSAGES), Prompt.chat(MESSAGES).encode(asked));
    assertArrayEquals(
        tokenizer.encodeChat(MESSAGES, TOOLS), Prompt.chat(MESSAGES, TOOLS).encode(asked));
    Supplier<Tokenizer> never =
        () -> {
          throw new AssertionError("ids need no tokenizer");
        };
    assertArrayEquals(new int[] {1, 2}, Prompt.ids(1, 2).encode(never));
    assertArrayEquals(
        new int[] {7, 8},
        Prompt.padded(new int[] {0, 7, 0, 8}, new int[] {0, 1, 0, 1}).encode(never));
  }

  @Test
  void aPromptDoesNotChangeWithTheArrayThatItWasMadeOf() {
    int[] ids = {1, 2};
    Prompt prompt = Prompt.ids(ids);
    ids[0] = 9;
    assertEquals(Prompt.ids(1, 2), prompt);
    assertEquals("Prompt[ids=[1, 2]]", prompt.toString());
  }

  @Test
  void promptsOfTheSameContentAreEqual() {
    assertEquals(Prompt.chat(MESSAGES), Prompt.chat(ChatMessage.user("What is the time?")));
    assertNotEquals(Prompt.chat(MESSAGES), Prompt.chat(MESSAGES, TOOLS));
    assertNotEquals(Prompt.text("1"), Prompt.ids(1));
    assertEquals(List.of(Prompt.text("a"), Prompt.text("b")), Prompt.texts("a", "b"));
  }

  @Test
  void onlyAConversationHasTools() {
    assertEquals(List.of(), Prompt.text("Once").messages());
    assertEquals(TOOLS, Prompt.chat(MESSAGES, TOOLS).tools());
  }
}
