package io.github.jmixtral.internal.chat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.VersionThree;
import io.github.jmixtral.tokenizer.ChatFormat;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Conversations made at random become the ids that the rules, written once more, give. */
@RunsOnce
class RandomConversationsTest {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final int CONVERSATIONS = 300;

  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "a",
          "Hello there.",
          "  two  spaces  ",
          "line\nbreak\n\n",
          "tab\t",
          "é 猫 🎉",
          "[INST] </s> <s> [/INST]",
          "[TOOL_CALLS] [REFERENCE_DOC_3]",
          "▁mark",
          "\"q\" \\ /",
          "\u0001\u007f\u2028",
          "12 000",
          "ends with spaces   ");

  private static final List<String> JSON =
      List.of(
          "",
          "{}",
          "{\"a\": 1}",
          " {\"a\":1,\"a\":2 }\n",
          "[1,2.50,1e-7,1E+16,-0,-0.0]",
          "null",
          "true",
          "not JSON",
          "{\"a\": 01}",
          "{'a': 1}",
          "\"text\"",
          "1e400",
          "NaN",
          "{\"n\": 123456789012345678901234567890, \"x\": 0.00001}",
          "{\"s\": \"\\u00e9\\n\\ud83c\\udf89\"}",
          "[[], {}, [{}]]",
          "007",
          "{\"a\":1}{\"b\":2}",
          "5e-324",
          "1234567.125");

  @TempDir static Path folder;

  private RandomGenerator random;

  @Test
  void versionOneFollowsTheRules() {
    Tokenizer tokenizer =
        Tokenizer.fromPretrained(Fixtures.folder("tokenizer").resolve("tokenizer.model"));
    assertFollowsTheRules(1, ChatFormat.MISTRAL_V1, tokenizer);
  }

  @Test
  void versionTwoFollowsTheRules() {
    Tokenizer tokenizer = VersionThree.tokenizer(folder.resolve("tokenizer.model.v2"));
    assertFollowsTheRules(2, ChatFormat.MISTRAL_V2, tokenizer);
  }

  @Test
  void versionThreeFollowsTheRules() {
    Tokenizer tokenizer = VersionThree.tokenizer(folder.resolve("tokenizer.model.v3"));
    assertFollowsTheRules(3, ChatFormat.MISTRAL_V3, tokenizer);
  }

  private void assertFollowsTheRules(int version, ChatFormat format, Tokenizer tokenizer) {
    assertEquals(format, tokenizer.chatFormat());
    for (int seed = 0; seed < CONVERSATIONS; seed++) {
      random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
      ObjectNode chat = conversation(version > 1);
      ChatJson read = ChatJson.read(chat.toString());
      assertArrayEquals(
          ChatRules.ids(version, tokenizer, chat),
          tokenizer.encodeChat(read.messages(), read.tools()),
          chat::toString);
    }
  }

  private ObjectNode conversation(boolean withTools) {
    ObjectNode chat = MAPPER.createObjectNode();
    ArrayNode messages = chat.putArray("messages");
    addAll(messages, "system", random.nextInt(3));
    if (random.nextInt(4) == 0) {
      addAnswer(messages);
    }
    addAll(messages, "user", 1 + random.nextInt(2));
    int rounds = random.nextInt(4);
    for (int i = 0; i < rounds; i++) {
      if (random.nextInt(5) == 0) {
        addAll(messages, "system", 1);
      }
      while (withTools && random.nextBoolean()) {
        addCalls(messages);
      }
      addAnswer(messages);
      addAll(messages, "user", 1 + random.nextInt(2));
    }
    switch (random.nextInt(4)) {
      case 0 -> addAnswer(messages).put("prefix", true);
      case 1 -> {
        addAnswer(messages);
        chat.put("continue_final_message", true);
      }
      case 2 -> {
        if (withTools) {
          addCalls(messages);
        }
      }
      default -> addAll(messages, "system", random.nextInt(2));
    }
    if (withTools && random.nextInt(3) > 0) {
      addTools(chat.putArray("tools"));
    }
    return chat;
  }

  private void addAll(ArrayNode messages, String role, int count) {
    for (int i = 0; i < count; i++) {
      ObjectNode message = messages.addObject().put("role", role);
      if (random.nextInt(3) > 0) {
        message.put("content", any(TEXTS));
      } else {
        ArrayNode parts = message.putArray("content");
        int size = 2 + random.nextInt(3);
        for (int part = 0; part < size; part++) {
          parts.addObject().put("type", "text").put("text", any(TEXTS));
        }
      }
    }
  }

  /** A text of the assistant, which must not be empty. */
  private ObjectNode addAnswer(ArrayNode messages) {
    return messages.addObject().put("role", "assistant").put("content", any(TEXTS) + ".");
  }

  private void addCalls(ArrayNode messages) {
    int count = 1 + random.nextInt(3);
    ArrayNode calls = messages.addObject().put("role", "assistant").putArray("tool_calls");
    for (int i = 0; i < count; i++) {
      ObjectNode call = calls.addObject().put("id", "call0000" + i).put("type", "function");
      ObjectNode function = call.putObject("function").put("name", "tool_" + i);
      function.put("arguments", any(JSON));
    }
    for (int i = count - 1; i >= 0; i--) {
      ObjectNode result = messages.addObject().put("role", "tool");
      result.put("tool_call_id", "call0000" + i).put("content", any(JSON));
      if (random.nextBoolean()) {
        result.put("name", "tool_" + i);
      }
    }
  }

  private void addTools(ArrayNode tools) {
    int count = 1 + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      ObjectNode function = tools.addObject().put("type", "function").putObject("function");
      if (random.nextBoolean()) {
        function.putObject("parameters").put("type", "object").put("title", any(TEXTS));
      }
      function.put("name", "tool_" + i);
      if (random.nextBoolean()) {
        function.put("description", any(TEXTS));
      }
    }
  }

  private String any(List<String> texts) {
    return texts.get(random.nextInt(texts.size()));
  }
}
