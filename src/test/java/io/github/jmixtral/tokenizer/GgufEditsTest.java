package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.format.GgufFile;
import io.github.jmixtral.internal.format.GgufMetadata;
import io.github.jmixtral.internal.format.GgufPieces;
import io.github.jmixtral.internal.format.GgufValue;
import io.github.jmixtral.internal.format.GgufWriter;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.testkit.Fixtures;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Vocabularies with something odd in them: ids and ends are those that llama.cpp gave for each. */
@RunsOnce
class GgufEditsTest {
  private static final JsonNode RECORDED =
      JsonFile.read(Fixtures.folder("gguf").resolve("edits.json"));

  @TempDir private Path folder;

  @Test
  void oddVocabulariesGiveTheIdsOfLlamaCpp() {
    assertEquals(200, RECORDED.path("edits").size());
    for (JsonNode edit : RECORDED.path("edits")) {
      Map<String, GgufValue> metadata = storyteller();
      edit.path("edits").forEach(change -> apply(change, metadata));
      String name = edit.path("name").stringValue();
      Path file = folder.resolve(name + ".gguf");
      try (GgufWriter writer = new GgufWriter(file, metadata, List.of())) {
        writer.finish();
      }
      Tokenizer tokenizer = Tokenizer.fromPretrained(file);
      for (Map.Entry<String, JsonNode> text : RECORDED.path("base").path("parsed").properties()) {
        assertArrayEquals(
            expected(edit, "parsed", text.getKey()),
            tokenizer.encode(text.getKey()),
            () -> name + ": " + text.getKey());
        assertArrayEquals(
            expected(edit, "plain", text.getKey()),
            tokenizer.encodePlain(text.getKey()),
            () -> name + ", plain: " + text.getKey());
      }
      try (Arena arena = Arena.ofConfined()) {
        GgufMetadata read = GgufMetadata.of(GgufFile.open(file, arena));
        assertEquals(
            ids(edit.path("ends")),
            new ArrayList<>(new TreeSet<>(GgufPieces.ends(read, tokenizer.vocabSize()))),
            name);
      }
    }
  }

  /** What is not recorded for an edit is as without it. */
  private static int[] expected(JsonNode edit, String kind, String text) {
    JsonNode own = edit.path(kind).path(text);
    JsonNode ids = own.isMissingNode() ? RECORDED.path("base").path(kind).path(text) : own;
    return ids(ids).stream().mapToInt(id -> id).toArray();
  }

  private static List<Integer> ids(JsonNode list) {
    List<Integer> ids = new ArrayList<>();
    list.forEach(id -> ids.add(id.intValue()));
    return ids;
  }

  private static Map<String, GgufValue> storyteller() {
    Tokenizer own = Tokenizer.fromPretrained(Fixtures.storyteller());
    return GgufVocabulary.describe(own, own.vocabSize());
  }

  private static void apply(JsonNode change, Map<String, GgufValue> metadata) {
    JsonNode value = change.path("value");
    if (change.has("drop")) {
      metadata.remove(change.path("drop").stringValue());
    } else if (change.has("set")) {
      metadata.put(
          change.path("set").stringValue(), single(change.path("type").stringValue(), value));
    } else if (change.has("fill")) {
      metadata.compute(change.path("fill").stringValue(), (_, list) -> filled(list, value));
    } else if (change.has("add")) {
      metadata.compute(change.path("add").stringValue(), (_, list) -> longer(list, value));
    } else {
      int index = change.path("index").intValue();
      metadata.compute(change.path("item").stringValue(), (_, list) -> changed(list, index, value));
    }
  }

  private static GgufValue single(String type, JsonNode value) {
    return switch (type) {
      case "text" -> new GgufValue.Text(value.stringValue());
      case "bool" -> new GgufValue.Flag(value.booleanValue());
      case "u32" -> new GgufValue.Whole(GgufValue.WholeType.UINT32, value.longValue());
      default -> throw new IllegalArgumentException(type);
    };
  }

  /** JSON has no word for numbers that are none. */
  private static float real(JsonNode value) {
    return value.isString()
        ? switch (value.stringValue()) {
          case "nan" -> Float.NaN;
          case "inf" -> Float.POSITIVE_INFINITY;
          default -> Float.NEGATIVE_INFINITY;
        }
        : (float) value.doubleValue();
  }

  private static GgufValue changed(GgufValue list, int index, JsonNode value) {
    return switch (list) {
      case GgufValue.Texts(List<String> texts) -> {
        List<String> copy = new ArrayList<>(texts);
        copy.set(index, value.stringValue());
        yield new GgufValue.Texts(copy);
      }
      case GgufValue.Reals(float[] numbers) -> {
        float[] copy = numbers.clone();
        copy[index] = real(value);
        yield new GgufValue.Reals(copy);
      }
      case GgufValue.Wholes(GgufValue.WholeType type, long[] numbers) -> {
        long[] copy = numbers.clone();
        copy[index] = value.longValue();
        yield new GgufValue.Wholes(type, copy);
      }
      default -> throw new IllegalArgumentException(list.kind());
    };
  }

  private static GgufValue longer(GgufValue list, JsonNode value) {
    return switch (list) {
      case GgufValue.Reals(float[] numbers) ->
          changed(
              new GgufValue.Reals(Arrays.copyOf(numbers, numbers.length + 1)),
              numbers.length,
              value);
      case GgufValue.Wholes(GgufValue.WholeType type, long[] numbers) ->
          changed(
              new GgufValue.Wholes(type, Arrays.copyOf(numbers, numbers.length + 1)),
              numbers.length,
              value);
      default -> throw new IllegalArgumentException(list.kind());
    };
  }

  private static GgufValue filled(GgufValue list, JsonNode value) {
    return switch (list) {
      case GgufValue.Reals(float[] numbers) -> {
        float[] filled = new float[numbers.length];
        Arrays.fill(filled, real(value));
        yield new GgufValue.Reals(filled);
      }
      case GgufValue.Wholes(GgufValue.WholeType type, long[] numbers) -> {
        long[] filled = new long[numbers.length];
        Arrays.fill(filled, value.longValue());
        yield new GgufValue.Wholes(type, filled);
      }
      default -> throw new IllegalArgumentException(list.kind());
    };
  }
}
