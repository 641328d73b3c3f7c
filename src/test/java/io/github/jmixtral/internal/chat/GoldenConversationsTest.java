package io.github.jmixtral.internal.chat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.format.PythonJson;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.VersionThree;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conversations become the ids that Mistral AI's own library gives, or are refused as it does. */
@RunsOnce
class GoldenConversationsTest {
  /** Taken by the library in its lenient mode only; as for a server, they are refused here. */
  private static final Set<String> REFUSED_AS_BY_A_SERVER =
      Set.of(
          "call_last_prefix",
          "call_last_continue",
          "call_without_id",
          "call_id_null_string",
          "call_missing_results_then_user",
          "call_no_result_then_user",
          "call_result_without_call",
          "call_id_trailing_newline",
          "v1_tools_ignored",
          "v1_tools_ignored_system");

  /** Faults of a request to a server, not of its conversation. */
  private static final Set<String> OF_A_SERVER =
      Set.of("serving_without_model", "reasoning_effort");

  @TempDir static Path folder;
  private static Tokenizer versionOne;
  private static Tokenizer versionThree;

  @BeforeAll
  static void readTokenizers() {
    versionOne = Tokenizer.fromPretrained(Fixtures.folder("tokenizer").resolve("tokenizer.model"));
    versionThree = VersionThree.tokenizer(folder.resolve("tokenizer.model.v3"));
  }

  @Test
  void everyConversationBecomesTheReferencesIds() throws Exception {
    List<Map<?, ?>> rows = rows("goldens.jsonl");
    assertEquals(177, rows.size());
    Set<String> refused = new TreeSet<>();
    for (Map<?, ?> row : rows) {
      String name = (String) row.get("name");
      if (Boolean.TRUE.equals(row.get("lenient")) && REFUSED_AS_BY_A_SERVER.contains(name)) {
        assertThrows(IllegalArgumentException.class, () -> encode(row), name);
        refused.add(name);
      } else {
        assertArrayEquals(ids(row), encode(row), name);
      }
    }
    assertEquals(REFUSED_AS_BY_A_SERVER, refused);
  }

  @Test
  void whatTheReferenceRefusesIsRefusedInOneLine() throws Exception {
    List<Map<?, ?>> rows = rows("invalid.jsonl");
    assertEquals(93, rows.size());
    for (Map<?, ?> row : rows) {
      String name = (String) row.get("name");
      if (!OF_A_SERVER.contains(name)) {
        IllegalArgumentException refusal =
            assertThrows(
                IllegalArgumentException.class, () -> encode(row), name + ": " + row.get("rule"));
        assertEquals(1, refusal.getMessage().lines().count(), refusal.getMessage());
      }
    }
  }

  private static int[] encode(Map<?, ?> row) {
    Tokenizer tokenizer = row.get("version").equals("v1") ? versionOne : versionThree;
    ChatJson chat = ChatJson.read(PythonJson.write(row));
    return tokenizer.encodeChat(chat.messages(), chat.tools());
  }

  private static int[] ids(Map<?, ?> row) {
    return ((List<?>) row.get("ids"))
        .stream().mapToInt(id -> ((BigInteger) id).intValue()).toArray();
  }

  private static List<Map<?, ?>> rows(String file) throws IOException, ParseException {
    List<Map<?, ?>> rows = new ArrayList<>();
    for (String line : Files.readAllLines(Fixtures.folder("tools").resolve(file))) {
      rows.add((Map<?, ?>) PythonJson.parse(line));
    }
    return rows;
  }
}
