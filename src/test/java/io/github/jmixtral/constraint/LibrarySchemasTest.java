package io.github.jmixtral.constraint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The schemas that libraries write for their users' classes, see README.md beside them. */
@RunsOnce
class LibrarySchemasTest {
  private static final Tokenizer TOKENIZER = Tokenizer.fromPretrained(Fixtures.storyteller());
  private static final SchemaRegistry REGISTRY =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
  private static final String[] FILES = {"pydantic.jsonl", "langchain4j.jsonl", "spring-ai.jsonl"};
  private static final int SAMPLES = 20;

  /** A name and a schema. */
  private record Case(String name, String schema) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Stream<Case> cases() {
    return Stream.of(FILES).flatMap(LibrarySchemasTest::read);
  }

  private static Stream<Case> read(String file) {
    try (InputStream in = LibrarySchemasTest.class.getResourceAsStream("/schemas/" + file)) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      JsonMapper mapper = new JsonMapper();
      return text.lines()
          .map(mapper::readTree)
          .map(line -> new Case(file + " " + name(line), line.get("schema").toString()));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static String name(JsonNode line) {
    return line.get("name").stringValue();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everythingThatIsWrittenFitsTheSchema(Case each) {
    Constraint constraint = Constraint.jsonSchema(each.schema());
    Schema schema = REGISTRY.getSchema(each.schema());
    RandomWriter writer = new RandomWriter(TOKENIZER, 7);
    int fewest = writer.fewestTokens(constraint);
    for (int i = 0; i < SAMPLES; i++) {
      String text = writer.write(constraint, fewest + 2 * i, 0.2);
      assertEquals(
          List.of(),
          schema.validate(
              text,
              InputFormat.JSON,
              context -> context.executionConfig(config -> config.formatAssertionsEnabled(true))),
          text);
      assertTrue(constraint.matches(text), text);
    }
  }
}
