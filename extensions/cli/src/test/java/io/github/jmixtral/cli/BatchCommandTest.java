package io.github.jmixtral.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code batch}: requests in a file, answers in another. */
class BatchCommandTest {
  private static final String GREETING =
      "{'custom_id': 'a', 'method': 'POST', 'url': '/v1/completions',"
          + " 'body': {'prompt': 'Once upon a time', 'max_tokens': 5, 'temperature': 0}}";

  @TempDir private Path temporary;

  private Path in() {
    return temporary.resolve("in.jsonl");
  }

  private Path out() {
    return temporary.resolve("out.jsonl");
  }

  /** Lines may be written with single quotes. */
  private void write(String... lines) throws IOException {
    Files.writeString(in(), String.join("\n", lines).replace('\'', '"'));
  }

  private CommandRun run(String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("batch", "--in", in().toString(), "--out", out().toString()));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  private List<JsonNode> answers() throws IOException {
    return Files.readAllLines(out()).stream().map(JsonMapper.shared()::readTree).toList();
  }

  private List<JsonNode> answers(String... lines) throws IOException {
    write(lines);
    run().assertGood();
    return answers();
  }

  private static String line(int id, String url, String body) {
    return "{'custom_id': '%d', 'method': 'POST', 'url': '%s', 'body': %s}"
        .formatted(id, url, body);
  }

  /** Requests of all kinds, most of which are drawn at random without a seed. */
  static String[] mixed(int count) {
    String[] words = {"duck", "frog", "paper star", "lake", "kind old owl"};
    return IntStream.range(0, count)
        .mapToObj(
            i -> {
              String word = words[i % words.length];
              return switch (i % 6) {
                case 0 ->
                    line(
                        i,
                        "/v1/chat/completions",
                        "{'messages': [{'role': 'user', 'content': 'A story about a %s.'}],"
                                .formatted(word)
                            + " 'max_tokens': %d, 'n': 2}".formatted(10 + i % 50));
                case 1 -> line(i, "/v1/embeddings", "{'input': ['The %s', 'b']}".formatted(word));
                case 2 -> line(i, "/v1/score", "{'text_1': 'a', 'text_2': '%s'}".formatted(word));
                case 3 -> line(i, "/v1/completions", "{'prompt': 7}");
                default ->
                    line(
                        i,
                        "/v1/completions",
                        "{'prompt': 'One day a %s said', 'max_tokens': %d, 'logprobs': 1}"
                            .formatted(word, 1 + i * 7 % 60));
              };
            })
        .toArray(String[]::new);
  }

  @Test
  void everyLineGetsItsAnswerInOrder() throws IOException {
    List<JsonNode> answers =
        answers(
            GREETING,
            "",
            line(2, "/v1/embeddings", "{'input': 'a frog'}"),
            line(3, "/v1/score", "{'text_1': 'a frog', 'text_2': 'a frog'}"),
            line(
                4,
                "/v1/chat/completions",
                "{'messages': [{'role': 'user', 'content': 'Hello.'}], 'max_tokens': 3}"));
    assertEquals(
        List.of("a", "2", "3", "4"),
        answers.stream().map(answer -> answer.get("custom_id").stringValue()).toList());
    for (JsonNode answer : answers) {
      assertEquals(200, answer.at("/response/status_code").intValue(), answer::toString);
      assertTrue(answer.get("error").isNull());
      String token = answer.get("id").stringValue().substring("batch_req_".length());
      assertEquals("req_" + token, answer.at("/response/request_id").stringValue());
    }
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      GenerationConfig config = GenerationConfig.inherit().withMaxNewTokens(5).withDoSample(false);
      assertEquals(
          " " + model.request(Prompt.text("Once upon a time")).withConfig(config).generate().text(),
          answers.get(0).at("/response/body/choices/0/text").stringValue());
      assertEquals(
          model.config().hiddenSize(), answers.get(1).at("/response/body/data/0/embedding").size());
    }
    assertEquals(1, answers.get(2).at("/response/body/data/0/score").doubleValue(), 1e-6);
    JsonNode chat = answers.get(3).at("/response/body");
    assertEquals("chat.completion", chat.get("object").stringValue());
    assertEquals("storyteller", chat.get("model").stringValue());
    assertEquals(0, chat.get("created").longValue());
    assertEquals(3, chat.at("/usage/completion_tokens").intValue());
  }

  @Test
  void aLineThatIsNoRequestBecomesAnErrorAndStopsNothing() throws IOException {
    String deep = "[".repeat(300) + "]".repeat(300);
    write(
        "no JSON",
        "[1]",
        "{'custom_id': 'x'",
        "{'url': '/v1/completions', 'body': {}}",
        "{'custom_id': 7, 'url': '/v1/completions', 'body': {}}",
        "{'custom_id': 'x', 'body': {}}",
        "{'custom_id': 'x', 'url': '/v1/images', 'body': {}}",
        "{'custom_id': 'x', 'url': '/v1/completions', 'method': 'GET', 'body': {}}",
        "{'custom_id': 'x', 'url': '/v1/completions'}",
        "{'custom_id': 'x', 'url': '/v1/completions', 'body': {'prompt': " + deep + "}}",
        GREETING + GREETING,
        GREETING);
    CommandRun run = run();
    assertEquals(0, run.exitCode());
    assertEquals("jmixtral: 11 of 12 answers are errors\n", run.err());
    List<JsonNode> answers = answers();
    List<String> problems =
        List.of(
            "no JSON",
            "must be a JSON object",
            "no JSON",
            "custom_id is missing",
            "custom_id is missing",
            "url is missing",
            "url must be one of /v1/chat/completions, ",
            "method must be",
            "body is missing",
            "nested",
            "no JSON");
    for (int i = 0; i < problems.size(); i++) {
      JsonNode answer = answers.get(i);
      assertTrue(answer.get("response").isNull(), answer::toString);
      assertEquals("invalid_line", answer.at("/error/code").stringValue());
      String message = answer.at("/error/message").stringValue();
      assertTrue(message.contains(problems.get(i)), message);
    }
    assertTrue(answers.get(3).get("custom_id").isNull());
    assertEquals("x", answers.get(5).get("custom_id").stringValue());
    assertEquals(200, answers.getLast().at("/response/status_code").intValue());
  }

  @Test
  void aRequestThatIsRefusedCarriesTheRefusal() throws IOException {
    write(
        line(1, "/v1/completions", "{'prompt': 'a', 'temperature': 9}"),
        line(2, "/v1/completions", "{'prompt': 'a', 'stream': true}"),
        line(3, "/v1/completions", "{'prompt': 'a', 'model': 'gpt'}"),
        line(4, "/v1/classify", "{'input': 'a'}"),
        line(5, "/v1/completions", "7"));
    assertEquals("jmixtral: 5 of 5 answers are errors\n", run().err());
    List<JsonNode> answers = answers();
    List<String> params = List.of("temperature", "stream", "model", "model");
    for (int i = 0; i < params.size(); i++) {
      JsonNode response = answers.get(i).get("response");
      assertEquals(i == 2 ? 404 : 400, response.get("status_code").intValue());
      assertEquals(params.get(i), response.at("/body/error/param").stringValue());
    }
    assertTrue(
        answers.get(4).at("/response/body/error/message").stringValue().contains("JSON object"));
  }

  @Test
  void bytesThatAreNoTextAreAnError() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(new byte[] {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF});
    bytes.writeBytes(GREETING.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    bytes.writeBytes("\r\n \t\r\n{\"custom_id\": \"".getBytes(StandardCharsets.UTF_8));
    bytes.write(0xFF);
    bytes.writeBytes("\"}\n".getBytes(StandardCharsets.UTF_8));
    byte[] tooLong = new byte[BatchLine.MOST_BYTES + 1];
    Arrays.fill(tooLong, (byte) '7');
    bytes.writeBytes(tooLong);
    Files.write(in(), bytes.toByteArray());
    assertEquals("jmixtral: 2 of 3 answers are errors\n", run().err());
    List<JsonNode> answers = answers();
    assertEquals(200, answers.get(0).at("/response/status_code").intValue());
    assertEquals("The line is not UTF-8.", answers.get(1).at("/error/message").stringValue());
    assertTrue(answers.get(2).at("/error/message").stringValue().contains("16777217 bytes"));
  }

  @Test
  void halfASurrogatePairInAnIdComesBack() throws IOException {
    JsonNode answer = answers(GREETING.replace("'a'", "'\\ud83e'")).getFirst();
    assertEquals("\ud83e", answer.get("custom_id").stringValue());
  }

  @Test
  void aSeedIsMadeOfTheLineUnlessItHasOne() throws IOException {
    String sampled = "{'prompt': 'Once upon a time', 'max_tokens': 20, 'temperature': 1.5%s}";
    List<JsonNode> answers =
        answers(
            line(1, "/v1/completions", sampled.formatted("")),
            line(1, "/v1/completions", sampled.formatted("")),
            line(1, "/v1/completions", sampled.formatted(", 'seed': 3")),
            line(1, "/v1/completions", sampled.formatted(", 'random_seed': 3")));
    List<String> texts =
        answers.stream()
            .map(answer -> answer.at("/response/body/choices/0/text").stringValue())
            .toList();
    assertNotEquals(texts.get(0), texts.get(1));
    assertEquals(texts.get(2), texts.get(3));
  }

  @Test
  void aRunThatWasCutAnywhereEndsWithTheSameFile() throws IOException {
    write(mixed(40));
    run("--max-requests", "1");
    byte[] whole = Files.readAllBytes(out());
    Random random = new Random(9);
    for (int round = 0; round < 12; round++) {
      int end = round == 0 ? whole.length : random.nextInt(whole.length);
      Files.write(out(), Arrays.copyOf(whole, end));
      run(
          "--threads",
          Integer.toString(1 + round % 2),
          "--max-requests",
          round % 3 == 0 ? "2" : "16");
      assertArrayEquals(whole, Files.readAllBytes(out()), "cut at " + end);
    }
  }

  @Test
  void whatPromptsShareChangesNoByteOfTheirAnswers() throws IOException {
    String shared = "A kind old owl lived by the lake, and liked to share. ".repeat(12);
    write(
        IntStream.range(0, 12)
            .mapToObj(
                i ->
                    line(
                        i,
                        "/v1/completions",
                        "{'prompt': '%sNumber %d', 'max_tokens': 8, 'logprobs': 3}"
                            .formatted(shared, i)))
            .toArray(String[]::new));
    run("--max-requests", "1").assertGood();
    byte[] oneByOne = Files.readAllBytes(out());
    for (int kept : new int[] {0, 7}) {
      List<String> lines = Files.readAllLines(out()).subList(0, kept);
      Files.write(out(), lines);
      run().assertGood();
      assertArrayEquals(oneByOne, Files.readAllBytes(out()));
    }
  }

  @Test
  void anotherFileIsNotOverwritten() throws IOException {
    write(GREETING, GREETING);
    for (String found : new String[] {"{\"id\":\"batch_req_7", "notes", "\n", GREETING + "\n"}) {
      Files.writeString(out(), found);
      run().assertBadInput("out.jsonl: line 1", "no answer to line 1", "another --out");
      assertEquals(found, Files.readString(out()));
    }
    Files.delete(out());
    run().assertGood();
    byte[] whole = Files.readAllBytes(out());
    run("--cache", "i8").assertBadInput("line 1", "these options");
    run("--model", Fixtures.folder("classifier-f32").toString()).assertBadInput("this model");
    run("--name", "another").assertBadInput("line 1");
    write(GREETING, GREETING.replace("'a'", "'b'"));
    run().assertBadInput("line 2", "no answer to line 2");
    write(GREETING);
    run().assertBadInput("line 2", "no answer to a line of");
    assertArrayEquals(whole, Files.readAllBytes(out()));
  }

  @Test
  void wrongFilesAreExplained() throws IOException {
    run().assertBadInput("in.jsonl: there is no such file");
    write(GREETING);
    CommandRun.of("batch", "--in", in().toString(), "--out", in().toString())
        .assertWrongUsage("--out", "another file");
    CommandRun.of("batch", "--in", in().toString()).assertWrongUsage("--out");
    run("--max-requests", "0").assertWrongUsage("0");
    CommandRun.of(
            "batch",
            "--in",
            in().toString(),
            "--out",
            temporary.resolve("none").resolve("out").toString())
        .assertBadInput("none", "cannot be opened for writing");
    write(GREETING);
    CommandRun.of("batch", "--in", in().toString(), "--out", temporary.toString())
        .assertWrongUsage("--out", "a file");
    CommandRun.of("batch", "--in", temporary.toString(), "--out", out().toString())
        .assertBadInput(temporary.toString(), "cannot be read");
    assertFalse(Files.exists(out()));
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void aPipeIsReadOnceThoughProgressIsShown() throws IOException, InterruptedException {
    Path pipe = temporary.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    Files.writeString(pipe, String.join("\n", mixed(12)).replace('\'', '"'));
                  } catch (IOException failure) {
                    throw new UncheckedIOException(failure);
                  }
                });

    CommandRun run =
        CommandRun.onTerminal("batch", "--in", pipe.toString(), "--out", out().toString());

    writer.join();
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(12, answers().size());
  }

  @Test
  void aFileIsWrittenByOneRunAtATime() throws IOException {
    write(GREETING);
    try (BatchInput input = new BatchInput(in(), "");
        BatchOutput held = BatchOutput.open(out(), input)) {
      assertEquals(0, held.count());
      run().assertBadInput("out.jsonl", "another batch writes to this file");
    }
    run().assertGood();
  }

  @Test
  void aClassifierAnswersWhatItCan() throws IOException {
    write(
        line(1, "/v1/classify", "{'input': [[1, 5, 6]]}"),
        line(2, "/v1/score", "{'text_1': 'a', 'text_2': 'b'}"),
        line(3, "/v1/embeddings", "{'input': [5]}"));
    CommandRun run = run("--model", Fixtures.folder("classifier-f32").toString());
    assertEquals("jmixtral: 2 of 3 answers are errors\n", run.err());
    List<JsonNode> answers = answers();
    assertEquals(3, answers.get(0).at("/response/body/data/0/num_classes").intValue());
    assertEquals(400, answers.get(1).at("/response/status_code").intValue());
    assertFalse(answers.get(2).at("/response/body/error").isMissingNode());
  }

  @Test
  void aFinishedRunNeedsNoModel() throws IOException {
    Path model = Files.createDirectory(temporary.resolve("model"));
    for (String file : new String[] {"config.json", "model.safetensors", "tokenizer.model"}) {
      Files.copy(Fixtures.storyteller().resolve(file), model.resolve(file));
    }
    write(GREETING);
    run("--model", model.toString()).assertGood();
    Path weights = model.resolve("model.safetensors");
    Files.write(weights, new byte[Math.toIntExact(Files.size(weights))]);
    run("--model", model.toString()).assertGood();
  }

  @Test
  void onlyTheModelsFilesDistinguishRuns() throws IOException {
    Path model = Files.createDirectory(temporary.resolve("model"));
    for (String file :
        new String[] {
          "config.json", "generation_config.json", "model.safetensors", "tokenizer.model"
        }) {
      Files.copy(Fixtures.storyteller().resolve(file), model.resolve(file));
    }
    write(GREETING);
    run("--model", model.toString()).assertGood();
    Files.writeString(model.resolve("answers.log"), "text");
    run("--model", model.toString()).assertGood();

    Path settings = model.resolve("generation_config.json");
    // As long as before.
    Files.writeString(settings, Files.readString(settings).replaceFirst("\\s$", " "));
    run("--model", model.toString()).assertBadInput("line 1", "no answer");
  }
}
