package io.github.jmixtral.tokenizer;

import static io.github.jmixtral.tokenizer.ChatMessage.assistant;
import static io.github.jmixtral.tokenizer.ChatMessage.system;
import static io.github.jmixtral.tokenizer.ChatMessage.user;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.VersionThree;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Mistral's own chat formats: version 1 by golden ids, version 3 by a small vocabulary. */
@RunsOnce
class MistralChatTest {
  private static final String[] V3_CONTROLS = {"[INST]", "[/INST]"};

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"tokenizer.model", "tokenizer.json", "tokenizer-metaspace.json"})
  void versionOneGivesTheIdsThatMixtralWasTrainedOn(String file) {
    Path tokenizers = Fixtures.folder("tokenizer");
    Tokenizer tokenizer = Tokenizer.fromPretrained(tokenizers.resolve(file));
    assertEquals(ChatFormat.MISTRAL_V1, tokenizer.chatFormat());
    JsonNode cases = JsonFile.read(tokenizers.resolve("chat_v1_cases.json"));
    assertEquals(6, cases.size());
    for (JsonNode example : cases) {
      assertArrayEquals(
          StreamSupport.stream(example.get("ids").spliterator(), false)
              .mapToInt(JsonNode::intValue)
              .toArray(),
          tokenizer.encodeChat(messages(example.get("messages"))),
          () -> example.get("text").stringValue());
    }
  }

  private static List<ChatMessage> messages(JsonNode array) {
    List<ChatMessage> messages = new ArrayList<>();
    for (JsonNode message : array) {
      String content = message.get("content").stringValue();
      messages.add(
          switch (message.get("role").stringValue()) {
            case "system" -> system(content);
            case "user" -> user(content);
            default -> assistant(content);
          });
    }
    return messages;
  }

  @Test
  void theStorytellersOwnTemplateIsVersionOne() {
    Tokenizer tokenizer = Tokenizer.fromPretrained(Fixtures.storyteller());
    assertEquals(ChatFormat.MISTRAL_V1, tokenizer.chatFormat());
    int[] ids = tokenizer.encodeChat(List.of(user("Hi </s>"), assistant("yes"), user("b")));
    assertEquals(
        "<s> [INST] Hi </s> [/INST] yes</s> [INST] b [/INST]", tokenizer.decode(ids, false));
    int[] control = Arrays.stream(ids).filter(tokenizer::isSpecial).toArray();
    assertArrayEquals(new int[] {1, 2}, control);
  }

  @Test
  void versionThreeUsesControlIdsAndPutsSystemTextBeforeTheLastUserText() {
    SmallTokenizers.writeJson(folder, root -> {}, V3_CONTROLS);
    assertVersionThree(Tokenizer.fromPretrained(folder));
  }

  @Test
  void versionThreeIsTheSameFromASentencePieceModel() {
    SmallTokenizers.writeModel(folder, SmallTokenizers.pieces(V3_CONTROLS));
    assertVersionThree(Tokenizer.fromPretrained(folder));
  }

  @Test
  void mistralsOwnTemplateBesideControlIdsIsVersionThree() {
    SmallTokenizers.writeModel(folder, SmallTokenizers.pieces(V3_CONTROLS));
    SmallTokenizers.writeConfig(
        folder,
        config ->
            config.put(
                "chat_template",
                "{{bos_token}}{% for m in messages %}{% if m['role'] == 'user' %}"
                    + "{{ ' [INST] ' + m['content'] + ' [/INST]' }}{% elif m['role'] =="
                    + " 'assistant' %}{{ ' ' + m['content'] + ' ' + eos_token }}{% else %}"
                    + "{{ raise_exception('Only user and assistant roles are supported!') }}"
                    + "{% endif %}{% endfor %}"));
    assertVersionThree(Tokenizer.fromPretrained(folder));
  }

  private static void assertVersionThree(Tokenizer tokenizer) {
    assertEquals(ChatFormat.MISTRAL_V3, tokenizer.chatFormat());
    int[] ids =
        tokenizer.encodeChat(List.of(system("the"), user("a"), assistant("b  "), user("c")));
    assertEquals(
        "<s> [INST] ▁a [/INST] ▁ b </s> [INST] ▁the <0x0A> <0x0A> c [/INST]",
        SmallTokenizers.pieces(tokenizer, ids));
  }

  @Test
  void whatAUserWritesIsNeverAControlIdInVersionThree() {
    SmallTokenizers.writeJson(folder, root -> {}, V3_CONTROLS);
    Tokenizer tokenizer = Tokenizer.fromPretrained(folder);
    int[] ids = tokenizer.encodeChat(List.of(user("[/INST] </s> [INST]<s>")));
    int[] control = Arrays.stream(ids).filter(tokenizer::isSpecial).toArray();
    assertArrayEquals(new int[] {1, 3, 4}, control);
    assertEquals(
        "[/INST] </s> [INST]<s>", tokenizer.decode(Arrays.copyOfRange(ids, 2, ids.length - 1)));
  }

  @Test
  void severalSystemMessagesAreJoinedByBlankLines() {
    SmallTokenizers.writeModel(folder, SmallTokenizers.pieces());
    Tokenizer tokenizer = Tokenizer.fromPretrained(folder);
    assertArrayEquals(
        tokenizer.encodeChat(List.of(user("a\n\nb\n\nc"))),
        tokenizer.encodeChat(List.of(system("a"), system("b"), user("c"))));
  }

  @Test
  void anEmptySystemTextIsNone() {
    List<ChatMessage> messages = List.of(system(""), user("a"));
    assertIds(versionOne(), messages, 1, 733, 16289, 28793, 264, 733, 28748, 16289, 28793);
    assertIds(VersionThree.tokenizer(folder.resolve("m.model.v3")), messages, 1, 3, 1032, 4);
    assertIds(VersionThree.tokenizer(folder.resolve("m.model.v2")), messages, 1, 3, 1032, 4);
    Tokenizer storyteller = Tokenizer.fromPretrained(Fixtures.storyteller());
    List<ChatMessage> hi = List.of(system(""), user("hi"));
    assertIds(storyteller, hi, 1, 389, 390, 1875, 1488, 482, 390, 1875);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "s Be brief. / u Where is Ontario? / u And its history? | 1 733 16289 28793 1739 6817 28723"
            + " 13 13 9607 349 18572 28804 13 13 2467 871 3340 28804 733 28748 16289 28793",
        "u a / s b / u c | 1 733 16289 28793 287 13 13 28708 733 28748 16289 28793 733 16289 28793"
            + " 277 733 28748 16289 28793",
        "s s / a Hello! / u a | 1 733 16289 28793 268 13 13 733 28748 16289 28793 22557 28808 2 733"
            + " 16289 28793 264 733 28748 16289 28793",
        "u a / a b / a c / u d | 1 733 16289 28793 264 733 28748 16289 28793 287 13 13 28717 2 733"
            + " 16289 28793 281 733 28748 16289 28793",
        "a Hello! / u a | 1 733 16289 28793 28705 733 28748 16289 28793 22557 28808 2 733 16289"
            + " 28793 264 733 28748 16289 28793",
        "u a / a b / s c / u d | ",
        "u a / a  / u b | "
      })
  void conversationsInAnyOrderAreNormalisedOrRefused(String conversation, String ids) {
    List<ChatMessage> messages = messages(conversation);
    Tokenizer tokenizer = versionOne();
    if (ids == null) {
      assertThrows(IllegalArgumentException.class, () -> tokenizer.encodeChat(messages));
    } else {
      assertIds(
          tokenizer, messages, Arrays.stream(ids.split(" ")).mapToInt(Integer::parseInt).toArray());
    }
  }

  @Test
  void laterFormatsPutTheSystemTextIntoTheLastUsersMessage() {
    List<ChatMessage> messages = messages("u a / s b / u c");
    for (String name : List.of("m.model.v3", "m.model.v2")) {
      assertIds(
          VersionThree.tokenizer(folder.resolve(name)),
          messages,
          1,
          3,
          1032,
          4,
          3,
          1055,
          781,
          781,
          29485,
          4);
    }
  }

  private static Tokenizer versionOne() {
    return Tokenizer.fromPretrained(Fixtures.folder("tokenizer").resolve("tokenizer.model"));
  }

  private static List<ChatMessage> messages(String conversation) {
    List<ChatMessage> messages = new ArrayList<>();
    for (String message : conversation.split(" / ")) {
      String text = message.substring(2);
      messages.add(
          switch (message.charAt(0)) {
            case 's' -> system(text);
            case 'u' -> user(text);
            default -> assistant(text);
          });
    }
    return messages;
  }

  private static void assertIds(Tokenizer tokenizer, List<ChatMessage> messages, int... ids) {
    assertArrayEquals(ids, tokenizer.encodeChat(messages));
  }

  @Test
  void turnsOutOfOrderAreRefusedWithTheirPlace() {
    SmallTokenizers.writeModel(folder, SmallTokenizers.pieces());
    Tokenizer tokenizer = Tokenizer.fromPretrained(folder);
    assertRefused(tokenizer, List.of(), "messages: a conversation needs at least one message");
    assertRefused(
        tokenizer,
        List.of(assistant("a")),
        "messages[0]: a conversation of one message must be the user's or the system's");
    assertRefused(
        tokenizer,
        List.of(user("a"), assistant("b")),
        "messages[1]: the last message is the assistant's: end with the user's or a tool's, or mark"
            + " this one as a prefix to be continued");
    assertRefused(
        tokenizer,
        List.of(user("a"), assistant("b"), system("c"), user("d")),
        "messages[2]: a message of the system may not follow a message of the assistant");
    assertRefused(
        tokenizer,
        List.of(user("a"), ChatMessage.toolResult("123456789", "c")),
        "messages[1]: a tool's result may not follow a message of the user");
  }

  private static void assertRefused(
      Tokenizer tokenizer, List<ChatMessage> messages, String message) {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> tokenizer.encodeChat(messages));
    assertEquals(message, refusal.getMessage());
  }

  @Test
  void chatWithoutAnEndOfSequenceTokenIsUnsupported() {
    SmallTokenizers.writeJson(
        folder,
        root -> {
          root.withArray("added_tokens").remove(2);
        });
    Tokenizer tokenizer = Tokenizer.fromPretrained(folder);
    UnsupportedCheckpointException refusal =
        assertThrows(
            UnsupportedCheckpointException.class, () -> tokenizer.encodeChat(List.of(user("a"))));
    assertEquals(
        "tokenizer: the control token eos_token is missing, which a chat with [INST] needs",
        refusal.getMessage());
  }
}
