package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.SafetensorsFile;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.Golden;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class LogitsCommandTest {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final double TOLERANCE = 2e-5;

  @TempDir private Path temporary;

  @ParameterizedTest
  @ValueSource(strings = {"full-f32", "window-bf16"})
  void logitsEqualTheReference(String fixture) throws IOException {
    JsonNode prompts = prompts(fixture);
    Path out = write(fixture, prompts);
    try (Golden golden = Golden.open(fixture);
        Arena arena = Arena.ofConfined()) {
      SafetensorsFile file = SafetensorsFile.open(out, arena);
      assertEquals(prompts.size(), file.tensors().size());
      for (int i = 0; i < prompts.size(); i++) {
        TensorEntry logits = file.tensor("logits." + i);
        assertEquals(Dtype.F32, logits.dtype());
        assertEquals(List.of((long) prompts.get(i).size(), 512L), logits.shape());
        golden.assertClose("prompt" + i + ".logits", logits.data().toArray(FLOAT), TOLERANCE);
      }
    }
  }

  @Test
  void scoresOfAClassifierEqualTheReference() throws IOException {
    JsonNode prompts = prompts("classifier-f32");
    Path out = write("classifier-f32", prompts);
    try (Golden golden = Golden.open("classifier-f32");
        Arena arena = Arena.ofConfined()) {
      SafetensorsFile file = SafetensorsFile.open(out, arena);
      for (int i = 0; i < prompts.size(); i++) {
        TensorEntry scores = file.tensor("scores." + i);
        assertEquals(List.of(3L), scores.shape());
        golden.assertClose("prompt" + i + ".scores", scores.data().toArray(FLOAT), TOLERANCE);
      }
    }
  }

  @Test
  void paddingBehindTheIdsDoesNotChangeTheScores() throws IOException {
    String ids = prompts("classifier-f32").get(1).toString();
    Path file = temporary.resolve("padded.json");
    Files.writeString(file, "[" + ids + ", " + ids.replace("]", ", 0, 0]") + "]");
    Path out = temporary.resolve("scores.safetensors");
    run("classifier-f32", file, out).assertGood();
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsFile scores = SafetensorsFile.open(out, arena);
      assertArrayEquals(
          scores.tensor("scores.0").data().toArray(FLOAT),
          scores.tensor("scores.1").data().toArray(FLOAT));
    }
  }

  @Test
  void longListsGoThroughInChunks() throws IOException {
    // 700 ids are more than a chunk of 512; without a window the first 300 see no later id.
    StringBuilder list = new StringBuilder("1");
    for (int i = 1; i < 700; i++) {
      list.append(", ").append(3 + i * 7 % 500);
    }
    String all = list.toString();
    String start = Stream.of(all.split(", ")).limit(600).reduce((a, b) -> a + ", " + b).get();
    Path ids = temporary.resolve("ids.json");
    Files.writeString(ids, "[[" + all + "], [" + start + "]]");
    Path out = temporary.resolve("out.safetensors");
    run("full-f32", ids, out, "--json").assertGood();
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsFile file = SafetensorsFile.open(out, arena);
      float[] whole = file.tensor("logits.0").data().toArray(FLOAT);
      float[] part = file.tensor("logits.1").data().toArray(FLOAT);
      assertEquals(700 * 512, whole.length);
      Golden.assertClose(
          "the first 600 positions", Arrays.copyOf(whole, part.length), part, TOLERANCE);
    }
  }

  @Test
  void jsonTellsWhatWasWritten() throws IOException {
    Path ids = Files.writeString(temporary.resolve("ids.json"), "[[1, 2, 3]]");
    Path out = temporary.resolve("out.safetensors");
    CommandRun run = run("full-f32", ids, out, "--json").assertGood();
    assertEquals(out.toString(), run.json().get("file").stringValue());
    assertEquals("{\"logits.0\":[3,512]}", run.json().get("tensors").toString());
  }

  @Test
  void aFileThatExistsIsReplacedOnlyByForce() throws IOException {
    Path ids = Files.writeString(temporary.resolve("ids.json"), "[[1, 2]]");
    Path out = Files.writeString(temporary.resolve("out.safetensors"), "mine");
    run("full-f32", ids, out)
        .assertBadInput("out.safetensors: the file exists already; --force replaces it");
    assertEquals("mine", Files.readString(out));
    assertEquals("", run("full-f32", ids, out, "--force").assertGood().out());
    try (Arena arena = Arena.ofConfined()) {
      assertEquals(1, SafetensorsFile.open(out, arena).tensors().size());
    }
  }

  @Test
  void whatFailsLeavesNoFileBehind() throws IOException {
    Path out = temporary.resolve("out.safetensors");
    Path ids = Files.writeString(temporary.resolve("ids.json"), "[[1], [512]]");
    run("full-f32", ids, out).assertBadInput(ids + ": [1][0]", "from 0 to 511", "found 512");
    Files.writeString(ids, "[[1], []]");
    run("full-f32", ids, out).assertBadInput("ids.json: [1]", "at least one id");
    run("full-f32", ids, temporary.resolve("no/out.safetensors"))
        .assertBadInput("out.safetensors: there is no folder");
    run("full-f32", ids, temporary).assertBadInput("this is a folder; name a file in it");
    try (Stream<Path> files = Files.list(temporary)) {
      assertEquals(List.of(ids), files.toList());
    }
    assertFalse(Files.exists(out));
  }

  @Test
  void bothFilesAreRequired() {
    CommandRun.of("logits").assertWrongUsage("--ids-file", "--out");
  }

  private static JsonNode prompts(String fixture) {
    return JsonFile.read(Fixtures.folder(fixture).resolve("expected.json")).get("prompts");
  }

  private Path write(String fixture, JsonNode lists) throws IOException {
    Path ids = Files.writeString(temporary.resolve("ids.json"), lists.toString());
    Path out = temporary.resolve("out.safetensors");
    assertEquals("", run(fixture, ids, out).assertGood().out());
    return out;
  }

  private static CommandRun run(String fixture, Path ids, Path out, String... more) {
    Stream<String> arguments =
        Stream.of(
            "logits",
            "--model",
            Fixtures.folder(fixture).toString(),
            "--ids-file",
            ids.toString(),
            "--out",
            out.toString());
    return CommandRun.of(Stream.concat(arguments, Stream.of(more)).toArray(String[]::new));
  }
}
