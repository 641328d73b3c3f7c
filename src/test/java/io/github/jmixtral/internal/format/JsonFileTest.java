package io.github.jmixtral.internal.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.MissingFileException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

@RunsOnce
class JsonFileTest {
  @TempDir Path folder;

  @Test
  void whatIsWrittenIsReadAgain() throws IOException {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("theta", 1e6).put("name", "Zoë \"x\"\n").putNull("none");
    root.putArray("list").add(1).add(2);
    root.putArray("empty");
    Path file = folder.resolve("config.json");
    JsonFile.write(file, root);
    assertEquals(root, JsonFile.read(file));
    assertTrue(Files.readString(file).startsWith("{\n  \"theta\": 1000000.0,\n"));
    assertTrue(Files.readString(file).endsWith("}\n"));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
  }

  @Test
  void lineAndColumnOfAMistakeAreNamed() throws IOException {
    refuses("{\n  \"a\": 1,\n  b\n}", "config.json: line 3, column ", "this is not JSON");
  }

  @Test
  void everythingBeyondOneStandardDocumentIsRefused() throws IOException {
    for (String text :
        List.of(
            "{} {}", "{\"a\":01}", "{'a':1}", "{\"a\":1,}", "// comment {}", "\uFEFF{}", "[1")) {
      refuses(text, "config.json: line 1, column ");
    }
    refuses("[".repeat(100_000), "config.json: ", "the JSON is nested deeper than 100");
    refuses("{\"a\":" + "9".repeat(5000) + "}", "config.json: ", "larger than jmixtral reads");
    refuses("", "config.json: ", "the file is empty, but should hold JSON");
    refuses("  \n", "config.json: ", "the file is empty, but should hold JSON");
  }

  @Test
  void whatPythonReadsBesideIsRead() throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, "{\"a\":NaN,\"b\":-Infinity,\"a\":Infinity,\"c\":1,\"c\":[2]}");
    JsonNode root = JsonFile.read(file);
    assertEquals(Double.POSITIVE_INFINITY, root.get("a").doubleValue());
    assertEquals(Double.NEGATIVE_INFINITY, root.get("b").doubleValue());
    assertEquals("[2]", root.get("c").toString());
    JsonFile.write(file, root);
    assertTrue(Files.readString(file).contains("\"b\": -Infinity"));
    assertEquals(root, JsonFile.read(file));
  }

  @Test
  void bytesThatAreNotUtf8AreRefused() throws IOException {
    Path file = folder.resolve("config.json");
    Files.write(file, "{\"a\":\"é\"}".getBytes(StandardCharsets.ISO_8859_1));
    assertMessage(file, "config.json: ", "the text is not UTF-8");
  }

  @Test
  void aFileOfAbsurdSizeIsRefusedUnread() throws IOException {
    Path path = folder.resolve("config.json");
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(5L << 30);
    }
    assertMessage(path, "config.json", "at most 100000000 bytes", "found 5368709120 bytes");
  }

  @Test
  void millionsOfEmptyListsAreRefusedBeforeTheyFillTheMemory() throws IOException {
    refuses("[" + "[],".repeat(6_000_000) + "[]]", "config.json: ", "larger than jmixtral reads");
  }

  @Test
  void aMissingFileIsNamed() {
    Path file = folder.resolve("config.json");
    MissingFileException missing =
        assertThrows(MissingFileException.class, () -> JsonFile.read(file));
    assertTrue(missing.getMessage().contains(file.toString()), missing.getMessage());
  }

  @Test
  void numbersKeepTheirValue() throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, "{\"a\":9007199254740993,\"b\":1e-5}");
    JsonNode root = JsonFile.read(file);
    assertEquals(9007199254740993L, root.get("a").longValue());
    assertEquals(1e-5, root.get("b").doubleValue());
  }

  private void refuses(String text, String... parts) throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, text);
    assertMessage(file, parts);
  }

  private static void assertMessage(Path file, String... parts) {
    String message =
        assertThrows(MalformedFileException.class, () -> JsonFile.read(file)).getMessage();
    assertEquals(1, message.lines().count(), message);
    for (String part : parts) {
      assertTrue(message.contains(part), part + " in: " + message);
    }
  }
}
