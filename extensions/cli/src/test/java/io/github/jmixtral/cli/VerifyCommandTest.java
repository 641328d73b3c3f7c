package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class VerifyCommandTest {
  @TempDir private Path folder;

  @Test
  void theModelInTheBoxIsGood() {
    List<String> rows = CommandRun.of("verify").assertGood().out().lines().toList();
    assertEquals(8, rows.size());
    assertEquals("headers    good     model.safetensors: 127 tensors, 7.67 MB", rows.get(1));
    assertEquals("tokenizer  good     tokenizer.json: 1,905 words for 1,905 ids", rows.get(5));
  }

  @Test
  void aProgramReadsTheFindings() {
    String model = Fixtures.folder("full-f32").toString();
    JsonNode object = CommandRun.of("verify", model, "--json").assertGood().json();
    assertEquals(object, CommandRun.of("verify", "--model", model, "--json").assertGood().json());
    assertTrue(object.get("good").booleanValue());
    assertEquals(model, object.get("path").stringValue());
    JsonNode logits = object.get("checks").get(7);
    assertEquals("logits", logits.get("check").stringValue());
    assertEquals("good", logits.get("result").stringValue());
    assertTrue(logits.get("detail").stringValue().startsWith("42 ids in 6 sequences"));
  }

  @Test
  void aDamagedModelEndsWithTheTableAndOneLine() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{");
    Files.write(folder.resolve("model.safetensors"), new byte[3]);
    CommandRun run = CommandRun.of("verify", folder.toString());
    assertEquals(1, run.exitCode());
    assertEquals("jmixtral: " + folder + ": the model is faulty: config, headers\n", run.err());
    assertTrue(run.out().startsWith("config     failed   " + folder + "/config.json: "), run.out());
    assertTrue(
        run.out().contains("\nheaders    failed   " + folder + "/model.safetensors: "), run.out());
    JsonNode object = CommandRun.of("verify", folder.toString(), "--json").json();
    assertFalse(object.get("good").booleanValue());
    assertEquals("failed", object.get("checks").get(0).get("result").stringValue());
  }

  @Test
  void quantisedWeightsAreComparedExactlyUnlessAskedOtherwise() {
    String model = Fixtures.folder("quantized/gptq-v1-actorder").toString();
    CommandRun.of("verify", model).assertGood();
    CommandRun rounded = CommandRun.of("verify", model, "--activations", "i8");
    assertEquals(1, rounded.exitCode());
    assertTrue(rounded.out().contains("\nlogits     failed "), rounded.out());
    CommandRun.of("verify", model, "--activations", "i8", "--tolerance", "1").assertGood();
  }

  @Test
  void wrongUsageIsRefused() {
    CommandRun.of("verify", "a", "--model", "b")
        .assertWrongUsage("DIR and --model exclude each other");
    CommandRun.of("verify", "--tolerance", "-1").assertWrongUsage("--tolerance");
    CommandRun.of("verify", "--tolerance", "NaN").assertWrongUsage("--tolerance");
    CommandRun.of("verify", folder.resolve("none").toString())
        .assertBadInput("none", "there is no such folder");
  }
}
