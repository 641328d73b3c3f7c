package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class GenerateCommandTest {
  private static final JsonNode GREEDY =
      JsonFile.read(Fixtures.storyteller().resolve("evaluation/greedy.json"));

  private static final String[] SHORT = {
    "generate", "--json", "--max-new-tokens", "6", "A cat named"
  };

  @TempDir private Path temporary;

  @Test
  void aTextIsContinuedAsTheReferenceDoes() {
    CommandRun run = CommandRun.of("generate", "Once upon a time").assertGood();
    assertEquals(GREEDY.get(0).get("text").stringValue() + "\n", run.out());
  }

  @Test
  void jsonTellsEverythingUnderFixedKeys() {
    CommandRun run = CommandRun.of("generate", "--json", "Once upon a time").assertGood();
    JsonNode object = run.json();
    assertEquals(
        List.of(
            "prompt_ids",
            "ids",
            "text",
            "finish_reason",
            "prefill_tokens_per_second",
            "decode_tokens_per_second"),
        List.copyOf(object.propertyNames()));
    assertEquals(GREEDY.get(0).get("prompt_ids"), object.get("prompt_ids"));
    assertEquals(GREEDY.get(0).get("new_ids"), object.get("ids"));
    assertEquals(GREEDY.get(0).get("text"), object.get("text"));
    assertEquals("eos", object.get("finish_reason").stringValue());
    assertTrue(object.get("prefill_tokens_per_second").doubleValue() > 0);
    assertTrue(object.get("decode_tokens_per_second").doubleValue() > 0);
    assertEquals(1, run.out().lines().count());
  }

  @Test
  void idsAreTakenAsTheyAre() throws IOException {
    // The first and the seventh continuation start from a text; the last two from 200 ids.
    Path ids = temporary.resolve("ids.json");
    String lists = GREEDY.get(0).get("prompt_ids") + ", " + GREEDY.get(7).get("prompt_ids");
    Files.writeString(ids, "[" + lists + "]");
    CommandRun run =
        CommandRun.of(
                "generate",
                "--ids-file",
                ids.toString(),
                "--min-new-tokens",
                "100",
                "--max-new-tokens",
                "100")
            .assertGood();
    List<JsonNode> lines = run.jsonLines();
    assertEquals(2, lines.size());
    assertEquals(GREEDY.get(0).get("prompt_ids"), lines.get(0).get("prompt_ids"));
    assertEquals("length", lines.get(0).get("finish_reason").stringValue());
    assertEquals(GREEDY.get(7).get("prompt_ids"), lines.get(1).get("prompt_ids"));
    assertEquals(GREEDY.get(7).get("new_ids"), lines.get(1).get("ids"));
  }

  @ParameterizedTest
  @CsvSource({"--parse-special-tokens, '[1,261,2]'", "--no-parse-special-tokens, '[1,261,63,'"})
  void oneSwitchSaysWhatBecomesOfTheTextsOfSpecialTokens(String option, String ids) {
    CommandRun run =
        CommandRun.of("generate", "--json", "--max-new-tokens", "1", option, "a</s>").assertGood();
    assertTrue(run.out().contains("\"prompt_ids\":" + ids), run.out());
  }

  @Test
  void idsNeedNoTokenizer() throws IOException {
    Path ids = Files.writeString(temporary.resolve("ids.json"), "[[1, 2, 3]]");
    CommandRun run =
        CommandRun.of(
                "generate",
                "--model",
                Fixtures.folder("full-f32").toString(),
                "--ids-file",
                ids.toString(),
                "--max-new-tokens",
                "3")
            .assertGood();
    assertEquals("", run.json().get("text").stringValue());
    assertEquals(3, run.json().get("ids").size());
  }

  @Test
  void aDashReadsThePromptWithoutTheLineBreakAtItsEnd() {
    CommandRun echoed =
        CommandRun.withInput("One morning\n", "generate", "--json", "--max-new-tokens", "4", "-");
    assertEquals(GREEDY.get(2).get("prompt_ids"), echoed.assertGood().json().get("prompt_ids"));
  }

  @Test
  void aSeedMakesSamplingRepeatable() {
    String[] first = {"generate", "--seed", "7", "--max-new-tokens", "30", "Once upon a time"};
    String[] other = {"generate", "--seed", "8", "--max-new-tokens", "30", "Once upon a time"};
    String text = CommandRun.of(first).assertGood().out();
    assertEquals(text, CommandRun.of(first).assertGood().out());
    assertNotEquals(text, CommandRun.of(other).assertGood().out());
  }

  @Test
  void greedyWinsOverTheFlagsForSampling() {
    String expected = CommandRun.of("generate", "--max-new-tokens", "20", "One morning").out();
    assertEquals(
        expected,
        CommandRun.of(
                "generate",
                "--max-new-tokens",
                "20",
                "--temperature",
                "5",
                "--seed",
                "1",
                "--greedy",
                "One morning")
            .assertGood()
            .out());
    assertEquals(
        expected,
        CommandRun.of("generate", "--max-new-tokens", "20", "--temperature", "0", "One morning")
            .assertGood()
            .out());
  }

  @Test
  void aFlagForSamplingTurnsSamplingOn() {
    String greedy = CommandRun.of("generate", "--max-new-tokens", "40", "One morning").out();
    CommandRun wild =
        CommandRun.of(
            "generate",
            "--max-new-tokens",
            "40",
            "--temperature",
            "100",
            "--top-k",
            "0",
            "One morning");
    assertNotEquals(greedy, wild.assertGood().out());
  }

  @Test
  void aStopTextEndsTheGeneration() {
    CommandRun run = CommandRun.of("generate", "--json", "--stop", "Jack.", "Once upon a time");
    assertEquals("stop_string", run.assertGood().json().get("finish_reason").stringValue());
    assertEquals("there was a sleepy turtle named Jack.", run.json().get("text").stringValue());
  }

  @Test
  void beamsPrintTheirTextsBestFirst() {
    String[] beams = {
      "generate",
      "--num-beams",
      "3",
      "--num-return-sequences",
      "2",
      "--max-new-tokens",
      "8",
      "A cat"
    };
    List<JsonNode> lines =
        CommandRun.of(Stream.concat(Stream.of(beams), Stream.of("--json")).toArray(String[]::new))
            .assertGood()
            .jsonLines();
    assertEquals(2, lines.size());
    assertTrue(
        lines.get(0).get("sequence_score").doubleValue()
            >= lines.get(1).get("sequence_score").doubleValue());
    assertEquals(
        lines.get(0).get("text").stringValue()
            + "\n\n"
            + lines.get(1).get("text").stringValue()
            + "\n",
        CommandRun.of(beams).assertGood().out());
  }

  @Test
  void aLookupChangesNothingButTheTime() {
    CommandRun run =
        CommandRun.of("generate", "--prompt-lookup-num-tokens", "5", "Once upon a time");
    assertEquals(GREEDY.get(0).get("text").stringValue() + "\n", run.assertGood().out());
  }

  @Test
  void anySettingIsSetByItsNameInTheFile() {
    CommandRun run =
        CommandRun.of(
            with(SHORT, "--set", "bad_words_ids=[[399]]", "--set", "stop_strings=[\"cat\"]"));
    assertNotEquals(399, run.assertGood().json().get("ids").get(0).intValue());
    CommandRun drawn = CommandRun.of(with(SHORT, "--set", "typical_p=0.9", "--set", "seed=4"));
    assertEquals(
        drawn.assertGood().json().get("ids"),
        CommandRun.of(with(SHORT, "--seed", "4", "--set", "typical_p=0.9")).json().get("ids"));
    CommandRun.of("generate", "--set", "top_kk=3", "a").assertWrongUsage("setting", "top_kk");
    CommandRun.of("generate", "--set", "top_k=-3", "a").assertWrongUsage("top_k", "found -3");
    CommandRun.of("generate", "--set", "top_k=[", "a").assertWrongUsage("top_k", "found \"[\"");
    CommandRun.of("generate", "--set", "top_k", "a")
        .assertWrongUsage("Invalid value for option '--set': expected NAME=VALUE, found 'top_k'");
  }

  @Test
  void guidanceLeansAwayFromTheNegativePrompt() {
    CommandRun guided = CommandRun.of(with(SHORT, "--guidance-scale", "3"));
    CommandRun negative =
        CommandRun.of(
            with(SHORT, "--guidance-scale", "3", "--negative-prompt", "A cat named Leo was"));
    assertNotEquals(guided.assertGood().json().get("ids"), negative.assertGood().json().get("ids"));
    CommandRun.of("generate", "--negative-prompt", "b", "a").assertWrongUsage("--guidance-scale");
  }

  @Test
  void logProbabilitiesArePrintedInJson() {
    JsonNode object = CommandRun.of(with(SHORT, "--top-logprobs", "2")).assertGood().json();
    assertEquals(object.get("ids").size(), object.get("logprobs").size());
    JsonNode first = object.get("logprobs").get(0);
    assertEquals(object.get("ids").get(0), first.get("id"));
    assertEquals(2, first.get("top").size());
    // Greedy decoding has chosen the likeliest.
    assertEquals(first.get("logprob"), first.get("top").get(0).get("logprob"));
    assertTrue(first.get("logprob").doubleValue() < 0);
    CommandRun.of("generate", "--top-logprobs", "2", "a").assertWrongUsage("--json");
    CommandRun.of("generate", "--json", "--set", "output_logits=true", "a")
        .assertWrongUsage("--top-logprobs");
  }

  @Test
  void listsContinuedTogetherBecomeWhatTheyBecomeApart() throws IOException {
    Path ids = Files.writeString(temporary.resolve("ids.json"), "[[1, 419], [1], [1, 500, 600]]");
    String[] apart = {
      "generate", "--ids-file", ids.toString(), "--seed", "5", "--max-new-tokens", "6"
    };
    List<JsonNode> expected = CommandRun.of(apart).assertGood().jsonLines();
    List<JsonNode> found = CommandRun.of(with(apart, "--batch-size", "2")).assertGood().jsonLines();
    assertEquals(3, found.size());
    for (int i = 0; i < 3; i++) {
      assertEquals(expected.get(i).get("prompt_ids"), found.get(i).get("prompt_ids"));
      assertEquals(expected.get(i).get("ids"), found.get(i).get("ids"));
    }
    CommandRun.of(with(apart, "--batch-size", "0")).assertWrongUsage("--batch-size", "at least 1");
    CommandRun.of("generate", "--batch-size", "2", "a").assertWrongUsage("--ids-file");
  }

  @Test
  void flagsThatDoNotFitEachOtherAreWrongUsage() {
    CommandRun.of("generate", "--num-return-sequences", "2", "a")
        .assertWrongUsage("num_return_sequences is 2, but without sampling and beams");
    CommandRun.of("generate", "--num-return-sequences", "3", "--num-beams", "2", "a")
        .assertWrongUsage("num_return_sequences is 3, more than the 2 of num_beams");
    CommandRun.of("generate", "--set", "max_length=2", "One morning")
        .assertWrongUsage("max_length is");
  }

  @Test
  void wrongUsageIsExplained() {
    CommandRun.of("generate").assertWrongUsage("Missing PROMPT", "--ids-file");
    CommandRun.of("generate", "a", "--ids-file", "b").assertWrongUsage("exclude each other");
    CommandRun.of("generate", "Once", "upon").assertWrongUsage("upon");
    CommandRun.of("generate", "--max-new-tokens", "0", "a").assertWrongUsage("max_new_tokens");
    CommandRun.of("generate", "--top-p", "1.5", "a").assertWrongUsage("top_p", "1.5");
    CommandRun.of("generate", "--temperature", "-1", "a").assertWrongUsage("temperature", "-1");
  }

  @Test
  void aConstraintLeavesNothingElse() throws IOException {
    Path schema = temporary.resolve("schema.json");
    Files.writeString(
        schema,
        "{\"properties\": {\"ducks\": {\"type\": \"integer\"}}, \"required\": [\"ducks\"]}");
    String prompt = "Once upon a ";
    String choice = constrained("--choice", "time", "--choice", "number", prompt).out();
    assertTrue(List.of("time\n", "number\n").contains(choice), choice);
    String text = constrained("--regex", "[a-z]{3,5}( [a-z]{2,5}){2}", prompt).out();
    assertTrue(text.matches("[a-z]{3,5}( [a-z]{2,5}){2}\n"), text);
    assertTrue(constrained("--json-value", prompt).json().isValueNode());
    JsonNode sampled =
        constrained("--json-schema", schema.toString(), "--temperature", "1.5", prompt).json();
    assertEquals(List.of("ducks"), List.copyOf(sampled.propertyNames()));
    assertTrue(sampled.get("ducks").isIntegralNumber());
    List<JsonNode> beams =
        constrained(
                "--json",
                "--num-beams",
                "2",
                "--num-return-sequences",
                "2",
                "--choice",
                "a",
                "--choice",
                "b",
                prompt)
            .jsonLines();
    for (JsonNode beam : beams) {
      assertTrue(List.of("a", "b").contains(beam.get("text").stringValue()));
      assertEquals("eos", beam.get("finish_reason").stringValue());
    }
    assertEquals(2, beams.size());
  }

  private static CommandRun constrained(String... arguments) {
    return CommandRun.of(with(new String[] {"generate", "--max-new-tokens", "20"}, arguments))
        .assertGood();
  }

  @Test
  void anEmptyModelNameIsWrongUsage() {
    CommandRun.of("generate", "--model", "", "a")
        .assertWrongUsage("--model", "a folder", "found ''");
  }

  @Test
  void aBadValueInTheModelsSettingsIsBadInput() throws IOException {
    Path model = Files.createDirectory(temporary.resolve("model"));
    try (Stream<Path> files = Files.list(Fixtures.storyteller())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    Files.writeString(
        model.resolve("generation_config.json"), "{\"do_sample\": true, \"temperature\": 0.0}");
    CommandRun.of("generate", "--quiet", "--model", model.toString(), "a")
        .assertBadInput("generation_config.json: temperature");
  }

  @Test
  void anUnfitConstraintIsExplained() throws IOException {
    CommandRun.of("generate", "--regex", "a(b", "a").assertWrongUsage("regex", "a(b");
    CommandRun.of("generate", "--regex", "a", "--choice", "b", "a")
        .assertWrongUsage("--regex", "--choice", "mutually exclusive");
    Path schema = temporary.resolve("schema.json");
    CommandRun.of("generate", "--json-schema", schema.toString(), "a")
        .assertBadInput("schema.json", "there is no such file");
    Files.writeString(schema, "{\"not\": {}}");
    CommandRun.of("generate", "--json-schema", schema.toString(), "a")
        .assertBadInput("schema.json: schema", "not");
    Files.writeString(schema, "{\"type\": ");
    CommandRun.of("generate", "--json-schema", schema.toString(), "a")
        .assertBadInput("schema.json: schema: the JSON ends too early");
    Files.write(schema, new byte[] {(byte) 0xFF});
    CommandRun.of("generate", "--json-schema", schema.toString(), "a")
        .assertBadInput("schema.json", "UTF-8");
    CommandRun.of("generate", "--max-new-tokens", "2", "--choice", "a very long text", "a")
        .assertWrongUsage("constraint: the shortest text that fits takes ", "room for 2");
    Path ids = Files.writeString(temporary.resolve("ids.json"), "[[1]]");
    CommandRun.of(
            "generate",
            "--model",
            Fixtures.folder("full-f32").toString(),
            "--choice",
            "a",
            "--ids-file",
            ids.toString())
        .assertBadInput("a constraint needs a tokenizer, and the model has none");
  }

  @Test
  void badIdsAreBadInput() throws IOException {
    assertBadIds("[[1, 2], [3, 1905]]", "ids.json: [1][1]", "from 0 to 1904", "found 1905");
    assertBadIds("[[1, -2]]", "ids.json: [0][1]", "found -2");
    assertBadIds("[[1, 2.5]]", "ids.json: [0][1]", "found 2.5");
    assertBadIds("[[1, 99999999999]]", "ids.json: [0][1]", "found 99999999999");
    assertBadIds("[1, 2]", "ids.json: [0]", "expected a list of ids", "found 1");
    assertBadIds("{\"ids\": [1]}", "ids.json: expected a list of lists", "found {");
    assertBadIds("[[1, 2]", "ids.json: line 1, column 8: the JSON ends too early");
    assertBadIds("", "ids.json", "the file is empty", "empty");
    CommandRun.of("generate", "--ids-file", temporary.resolve("none.json").toString())
        .assertBadInput("none.json", "there is no such file");
  }

  @Test
  void aTextForAModelWithoutTokenizerIsBadInput() {
    CommandRun.of("generate", "--model", Fixtures.folder("full-f32").toString(), "Once")
        .assertBadInput("full-f32", "the folder has no tokenizer.json or tokenizer.model");
  }

  @Test
  void aPromptThatIsNotUtf8IsBadInput() {
    CommandRun.withInput(new byte[] {'a', (byte) 0xFF}, "generate", "-")
        .assertBadInput("standard input", "UTF-8");
  }

  @Test
  void theWindowAndThreadsAreHeeded() throws IOException {
    Path ids = temporary.resolve("ids.json");
    Files.writeString(ids, "[" + GREEDY.get(7).get("prompt_ids") + "]");
    String[] windowed = {"generate", "--ids-file", ids.toString(), "--max-new-tokens", "30"};
    JsonNode expected = CommandRun.of(windowed).assertGood().json().get("ids");
    JsonNode oneThread = CommandRun.of(with(windowed, "--threads", "1")).json().get("ids");
    JsonNode narrow = CommandRun.of(with(windowed, "--window", "4")).json().get("ids");
    JsonNode wide = CommandRun.of(with(windowed, "--window", "none")).assertGood().json();
    assertEquals(expected, oneThread);
    assertNotEquals(expected, narrow);
    assertFalse(wide.get("ids").isEmpty());
  }

  private void assertBadIds(String content, String... parts) throws IOException {
    Path ids = Files.writeString(temporary.resolve("ids.json"), content);
    CommandRun.of("generate", "--ids-file", ids.toString()).assertBadInput(parts);
  }

  private static String[] with(String[] arguments, String... more) {
    return Stream.concat(Arrays.stream(arguments), Arrays.stream(more)).toArray(String[]::new);
  }
}
