package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.constraint.RecordBinding;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The storyteller under constraints, wildly sampled and with few tokens: what it says is valid each
 * time, as others say who know nothing of our automata. Public, so that Jackson may make records.
 */
@RunsOnce
public class ConstrainedGenerationTest {
  private static final int GENERATIONS = 500;
  private static final int BATCH = 20;
  private static final String PROMPT = "Once there lived a duck. ";

  private static MixtralForCausalLM model;

  /** The sky. */
  public enum Sky {
    CLEAR,
    CLOUDY
  }

  /** Where the wind comes from. */
  public record Wind(int from, Optional<Double> speed) {}

  /** A forecast. */
  public record Weather(
      List<String> days, Sky sky, Wind wind, Optional<String> note, String place) {}

  @BeforeAll
  static void load() {
    model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
  }

  @AfterAll
  static void close() {
    model.close();
  }

  @Test
  void everyTextMatchesTheRegularExpression() {
    String regex = "The [a-z]+( [a-zé]{2,9}){1,8}, \\d{1,3}(\\.\\d+)? (ducks?|stars?)[.!]";
    Predicate<String> valid = Pattern.compile(regex).asMatchPredicate();
    generateMany(Constraint.regex(regex), text -> assertTrue(valid.test(text), text));
  }

  @Test
  void everyTextFitsTheSchema() {
    String schemaText =
        """
        {
          "type": "object",
          "properties": {
            "name": {"type": "string", "minLength": 1},
            "kind": {"enum": ["duck", "pa\\"per", "star"]},
            "age": {"type": "integer", "minimum": 0, "maximum": 120},
            "size": {"type": "number"},
            "rows": {
              "type": "array",
              "items": {"type": "array", "items": {"type": "integer"}, "maxItems": 3}
            },
            "note": {"type": "string"}
          },
          "required": ["name", "kind", "age", "rows"],
          "additionalProperties": false
        }
        """;
    Schema schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(schemaText);
    generateMany(
        Constraint.jsonSchema(schemaText),
        text -> assertEquals(List.of(), schema.validate(text, InputFormat.JSON), text));
  }

  /**
   * Generates in batches, the first with as many tokens as the shortest text takes, the last with
   * 24 more.
   */
  private static void generateMany(Constraint constraint, Consumer<String> check) {
    int fewest = fewestTokens(constraint);
    Set<String> texts = new HashSet<>();
    GenerationRequest request = model.request(Prompt.text(PROMPT)).withConstraint(constraint);
    for (int first = 0; first < GENERATIONS; first += BATCH) {
      int batch = first;
      int tokens = fewest + first / BATCH;
      List<Generation> generations =
          model.generateAll(
              IntStream.range(0, BATCH)
                  .mapToObj(i -> request.withConfig(wild(batch + i).withMaxNewTokens(tokens)))
                  .toList());
      for (Generation generation : generations) {
        assertEquals(FinishReason.EOS, generation.finishReason());
        check.accept(generation.text());
        texts.add(generation.text());
      }
    }
    assertTrue(texts.size() > GENERATIONS / 3, "too much alike: " + texts.size());
  }

  @Test
  void everyTextBecomesTheRecord() {
    RecordBinding<Weather> binding = RecordBinding.of(Weather.class);
    List<Weather> forecasts = new ArrayList<>();
    generateMany(binding.constraint(), text -> forecasts.add(binding.read(text)));
    assertEquals(GENERATIONS, forecasts.size());
    assertTrue(forecasts.stream().anyMatch(weather -> weather.days().size() > 1), "one day");
  }

  @Test
  void aRecordIsGenerated() {
    for (int i = 0; i < 10; i++) {
      Weather weather =
          model
              .request(Prompt.text(PROMPT))
              .withConfig(wild(i).withMaxNewTokens(60))
              .as(Weather.class);
      assertTrue(weather.wind() != null && weather.note() != null);
    }
  }

  private static GenerationConfig wild(long seed) {
    return GenerationConfig.inherit()
        .withDoSample(true)
        .withTemperature(1.5)
        .withTopK(0)
        .withSeed(seed);
  }

  /** What the message says that refuses a single token. */
  private static int fewestTokens(Constraint constraint) {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    model
                        .request(Prompt.text(PROMPT))
                        .withConfig(GenerationConfig.inherit().withMaxNewTokens(1))
                        .withConstraint(constraint)
                        .generate())
            .getMessage();
    String number =
        message.replaceFirst(
            "^constraint: the shortest text that fits takes (\\d+) new tokens, .*$", "$1");
    return Integer.parseInt(number);
  }

  @Test
  void theLikeliestOfSomeTextsIsChosen() {
    Generation greedy =
        model
            .request(Prompt.text("Once upon a "))
            .withConstraint(Constraint.oneOf("time", "number", "book"))
            .generate();
    assertTrue(Set.of("time", "number", "book").contains(greedy.text()), greedy.text());
    assertEquals(FinishReason.EOS, greedy.finishReason());
  }

  @Test
  void aConstraintThatAllowsEverythingChangesNothingButBytes() {
    GenerationConfig config = GenerationConfig.inherit().withMaxNewTokens(40);
    Generation free = model.generate(Prompt.text("Once upon a time"), config);
    Generation constrained =
        model
            .request(Prompt.text("Once upon a time"))
            .withConfig(config.withMaxNewTokens(60))
            .withConstraint(Constraint.regex("[^\\x00]*"))
            .generate();
    int[] ids = Arrays.copyOf(constrained.ids(), free.ids().length);
    assertArrayEquals(free.ids(), ids);
  }

  @Test
  void theConstraintWinsWhereOthersLeaveNothing() {
    Generation generation =
        model
            .request(Prompt.text(PROMPT))
            .withConfig(config -> config.withMinNewTokens(30))
            .withConstraint(Constraint.oneOf("duck"))
            .withLogitsProcessor((sequence, logits) -> Arrays.fill(logits, Float.NEGATIVE_INFINITY))
            .generate();
    assertEquals("duck", generation.text());
    assertEquals(FinishReason.EOS, generation.finishReason());
  }

  @Test
  void withoutAnEndOfSequenceIdAConstraintIsRefused() {
    GenerationConfig endless = GenerationConfig.inherit().withEosTokenIds();
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    model
                        .request(Prompt.text(PROMPT))
                        .withConfig(endless)
                        .withConstraint(Constraint.json())
                        .generate())
            .getMessage();
    assertEquals(
        "constraint: the text needs an end-of-sequence id to end with; set eos_token_id", message);
  }

  @Test
  void aRecordThatWasCutShortIsAnError() {
    CancellationHandle cancellation = new CancellationHandle();
    GenerationRequest request =
        model
            .request(Prompt.text(PROMPT))
            .withCancellation(cancellation)
            .onToken(_ -> cancellation.cancel());
    String message =
        assertThrows(IllegalStateException.class, () -> request.as(Weather.class)).getMessage();
    assertEquals(
        "Weather: the text ended early (CANCELLED) and is no whole record; remove the stop string,"
            + " time limit or cancellation that ended it",
        message);
  }

  @Test
  void beamsFollowTheConstraintEach() {
    String regex = "(the|a) [a-z]+( [a-z]+){2,5}\\.";
    Constraint constraint = Constraint.regex(regex);
    GenerationConfig config =
        GenerationConfig.inherit().withMaxNewTokens(16).withNumBeams(4).withNumReturnSequences(4);
    List<Generation> generations =
        model.generateAll(
            List.of(
                model.request(Prompt.text(PROMPT)).withConfig(config).withConstraint(constraint)));
    assertEquals(4, generations.size());
    for (Generation generation : generations) {
      assertTrue(Pattern.matches(regex, generation.text()), generation.text());
      assertEquals(FinishReason.EOS, generation.finishReason());
    }
  }

  @Test
  void eachOfABatchFollowsItsConstraintAsAlone() {
    List<String> prompts = List.of("Once upon a time", "One day", "The duck");
    List<Constraint> constraints =
        List.of(
            Constraint.regex("[a-z]+( [a-z]+)*"),
            Constraint.json(),
            Constraint.oneOf("swam", "ate", "was angry"));
    List<GenerationRequest> requests =
        IntStream.range(0, 3)
            .mapToObj(
                i ->
                    model
                        .request(Prompt.text(prompts.get(i)))
                        .withConfig(wild(3 + i).withMaxNewTokens(30))
                        .withConstraint(constraints.get(i)))
            .toList();
    List<Generation> together = model.generateAll(requests);
    for (int i = 0; i < prompts.size(); i++) {
      assertArrayEquals(requests.get(i).generate().ids(), together.get(i).ids());
      assertTrue(constraints.get(i).matches(together.get(i).text()), together.get(i).text());
      assertEquals(FinishReason.EOS, together.get(i).finishReason());
    }
  }

  @Test
  void streamsAndFuturesFollowTheConstraint() throws InterruptedException, ExecutionException {
    Constraint constraint = Constraint.regex("[A-Z][a-zé ]{3,60}[.!]");
    for (int seed = 0; seed < 5; seed++) {
      GenerationConfig config = wild(seed).withMaxNewTokens(12);
      GenerationRequest request =
          model.request(Prompt.text(PROMPT)).withConfig(config).withConstraint(constraint);
      Generation expected = request.generate();
      assertTrue(constraint.matches(expected.text()), expected.text());
      try (TokenStream tokens = request.stream()) {
        String streamed = tokens.asStream().map(GeneratedToken::text).collect(Collectors.joining());
        assertEquals(expected.text(), streamed);
      }
      Generation awaited = request.generateAsync().get();
      assertArrayEquals(expected.ids(), awaited.ids());
    }
  }

  @Test
  void lookingUpThePromptChangesNothing() {
    GenerationConfig config = GenerationConfig.inherit().withMaxNewTokens(40);
    Constraint constraint = Constraint.regex("[A-Z][a-z ,.]+\\.");
    String prompt = "The duck swam. The duck swam. The duck";
    assertArrayEquals(
        model
            .request(Prompt.text(prompt))
            .withConfig(config)
            .withConstraint(constraint)
            .generate()
            .ids(),
        model
            .request(Prompt.text(prompt))
            .withConfig(config.withPromptLookupNumTokens(5))
            .withConstraint(constraint)
            .generate()
            .ids());
  }
}
