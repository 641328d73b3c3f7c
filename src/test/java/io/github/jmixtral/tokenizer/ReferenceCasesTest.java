package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Each file of Mixtral's tokenizer gives what its own reference library gave, in every case. */
@RunsOnce
class ReferenceCasesTest {
  private static final int CASES = 371;

  private static final Tokenizer SENTENCE_PIECE = load("tokenizer.model");
  private static final Tokenizer JSON = load("tokenizer.json");
  private static final Tokenizer METASPACE = load("tokenizer-metaspace.json");

  private static Tokenizer load(String name) {
    return Tokenizer.fromPretrained(Fixtures.folder("tokenizer").resolve(name));
  }

  static List<JsonNode> cases() {
    JsonMapper mapper = new JsonMapper();
    try (Stream<String> lines = Files.lines(Fixtures.folder("tokenizer").resolve("cases.jsonl"))) {
      return lines.map(mapper::readTree).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int[] ids(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }

  private static void assertEncodes(Tokenizer tokenizer, String column) {
    List<JsonNode> cases = cases();
    assertEquals(CASES, cases.size());
    for (JsonNode example : cases) {
      String text = example.get("text").stringValue();
      assertArrayEquals(ids(example.get(column)), tokenizer.encode(text), () -> quoted(text));
    }
  }

  private static void assertDecodes(Tokenizer tokenizer, String ids, String decoded) {
    for (JsonNode example : cases()) {
      String expected = example.get(decoded).stringValue();
      assertEquals(expected, tokenizer.decode(ids(example.get(ids))), () -> quoted(expected));
    }
  }

  private static String quoted(String text) {
    return "'" + text + "'";
  }

  @Test
  void tokenizerModelEncodesAsSentencePieceDoes() {
    assertEncodes(SENTENCE_PIECE, "sentencepiece");
  }

  @Test
  void tokenizerJsonEncodesAsTheTokenizersLibraryDoes() {
    assertEncodes(JSON, "tokenizer_json");
  }

  @Test
  void tokenizerJsonWithMetaspaceEncodesAsTheTokenizersLibraryDoes() {
    assertEncodes(METASPACE, "tokenizer_metaspace_json");
  }

  @Test
  void tokenizerModelDecodesAsSentencePieceDoes() {
    assertDecodes(SENTENCE_PIECE, "sentencepiece", "sentencepiece_decoded");
  }

  @Test
  void tokenizerJsonDecodesAsTheTokenizersLibraryDoes() {
    assertDecodes(JSON, "tokenizer_json", "tokenizer_json_decoded");
    assertDecodes(METASPACE, "tokenizer_json", "tokenizer_json_decoded");
  }

  @Test
  void randomIdsDecodeAsTheReferencesDo() {
    JsonNode cases = JsonFile.read(Fixtures.folder("tokenizer").resolve("decode_cases.json"));
    assertEquals(100, cases.size());
    for (JsonNode example : cases) {
      int[] ids = ids(example.get("ids"));
      assertEquals(example.get("sentencepiece").stringValue(), SENTENCE_PIECE.decode(ids));
      assertEquals(example.get("tokenizer_json").stringValue(), JSON.decode(ids));
      assertEquals(example.get("tokenizer_json").stringValue(), METASPACE.decode(ids));
    }
  }

  @Test
  void piecesOfTextThatADecoderEmitsTogetherAreTheWholeDecode() {
    for (Tokenizer tokenizer : List.of(SENTENCE_PIECE, JSON, METASPACE)) {
      for (JsonNode example : cases()) {
        assertStreams(tokenizer, tokenizer.encode(example.get("text").stringValue()));
      }
      Random random = new Random(5);
      for (int i = 0; i < 300; i++) {
        int bound = i % 2 == 0 ? 300 : tokenizer.vocabSize();
        assertStreams(tokenizer, random.ints(random.nextInt(40), 0, bound).toArray());
      }
    }
  }

  /** No emitted piece of text may end or begin with half a surrogate pair. */
  private static void assertStreams(Tokenizer tokenizer, int[] ids) {
    for (boolean skip : new boolean[] {false, true}) {
      TokenDecoder decoder = tokenizer.newDecoder(skip);
      List<String> parts = new ArrayList<>();
      for (int id : ids) {
        parts.add(decoder.append(id));
      }
      parts.add(decoder.flush());
      assertEquals(tokenizer.decode(ids, skip), String.join("", parts));
      for (String part : parts) {
        assertTrue(part.codePoints().noneMatch(c -> Character.getType(c) == Character.SURROGATE));
      }
    }
  }

  @Test
  void encodingKeepsEveryTextThatIsUnicode() {
    for (JsonNode example : cases()) {
      String text = example.get("text").stringValue();
      String seen = text.replace("\u2581", " "); // both spell the piece of a space
      assertEquals(seen, SENTENCE_PIECE.decode(SENTENCE_PIECE.encode(text)));
      assertEquals(seen, JSON.decode(JSON.encodePlain(text)));
    }
  }
}
