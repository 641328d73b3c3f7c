package io.github.jmixtral.constraint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Records to schemas, and texts to records. Public, so that Jackson may make the records. */
@RunsOnce
public class RecordBindingTest {
  /** Constants whose texts are not their names. */
  public enum Colour {
    RED,
    GREEN;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A part. */
  public record Wheel(double radius, Optional<Colour> colour) {}

  /** All kinds of components. */
  public record Cart(
      String name,
      boolean painted,
      byte tiny,
      short small,
      int count,
      Long large,
      float weight,
      Double price,
      Colour colour,
      List<Wheel> wheels,
      Map<String, Integer> extras,
      Optional<Cart> trailer,
      Optional<String> note) {}

  /** A shape. */
  public sealed interface Shape permits Circle, Flat {}

  /** A shape with corners. */
  public sealed interface Flat extends Shape permits Square {}

  /** Round. */
  public record Circle(double radius) implements Shape {}

  /** Four equal sides, and what is in it. */
  public record Square(int side, List<Shape> inside) implements Flat {}

  /** A value and another. */
  public record Pair<A, B>(A first, Optional<B> second) {}

  /** Components that JSON has no type for. */
  public record Rich(
      LocalDate date,
      LocalTime time,
      LocalDateTime dateTime,
      Instant instant,
      OffsetDateTime offsetDateTime,
      Duration duration,
      Date old,
      BigDecimal decimal,
      BigInteger integer,
      UUID id,
      URI address,
      char letter,
      Set<Colour> colours,
      Set<String> names,
      Collection<Shape> shapes,
      int[] numbers,
      String[][] table,
      Map<Colour, Long> counts,
      Pair<String, Pair<Integer, Colour>> pair,
      Optional<Circle> circle,
      OptionalInt whole,
      OptionalLong large,
      OptionalDouble real) {}

  /** A long number. */
  public record Number(long value) {}

  /** Has a type variable. */
  public record Open<T>(T value) {}

  /** Has a component that no JSON stands for. */
  public record Odd(List<Object> things) {}

  /** Refuses some values. */
  public record Positive(int value) {
    /** Checks. */
    public Positive {
      if (value <= 0) {
        throw new IllegalArgumentException("not positive");
      }
    }
  }

  @Test
  void aTextBecomesARecord() {
    RecordBinding<Cart> binding = RecordBinding.of(Cart.class);
    String json =
        """
        {"name":"a\\"b é","painted":true,"tiny":-128,"small":32767,"count":-2147483648,\
        "large":999999999999999999,"weight":1.5,"price":-2e3,"colour":"GREEN",\
        "wheels":[{"radius":1},{"radius":2.5,"colour":"RED"}],"extras":{"x":1},"note":""}\
        """;
    assertTrue(binding.constraint().matches(json));
    Cart cart = binding.read(json);
    assertEquals(
        new Cart(
            "a\"b é",
            true,
            (byte) -128,
            (short) 32767,
            Integer.MIN_VALUE,
            999999999999999999L,
            1.5f,
            -2000.0,
            Colour.GREEN,
            List.of(new Wheel(1, Optional.empty()), new Wheel(2.5, Optional.of(Colour.RED))),
            Map.of("x", 1),
            Optional.empty(),
            Optional.of("")),
        cart);
  }

  @Test
  void everythingThatIsWrittenFitsTheSchemaAndBecomesARecord() {
    RecordBinding<Cart> binding = RecordBinding.of(Cart.class);
    Schema schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(binding.schema());
    RandomWriter writer = new RandomWriter(Tokenizer.fromPretrained(Fixtures.storyteller()), 8);
    int fewest = writer.fewestTokens(binding.constraint());
    Set<Cart> carts = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      String text = writer.write(binding.constraint(), fewest + 2 * i, 0.2);
      assertEquals(List.of(), schema.validate(text, InputFormat.JSON), text);
      carts.add(binding.read(text));
    }
    assertTrue(carts.size() > 50);
    assertTrue(carts.stream().anyMatch(cart -> cart.trailer().isPresent()));
  }

  @Test
  void numbersBeyondAComponentsRangeDoNotFit() {
    Constraint constraint = RecordBinding.of(Positive.class).constraint();
    assertTrue(constraint.matches("{\"value\":2147483647}"));
    assertEquals(false, constraint.matches("{\"value\":2147483648}"));
    assertEquals(false, constraint.matches("{\"value\":-2147483649}"));
  }

  @Test
  void whatTheConstructorRefusesIsSaid() {
    RecordBinding<Positive> binding = RecordBinding.of(Positive.class);
    assertEquals(new Positive(1), binding.read("{\"value\":1}"));
    String message =
        assertThrows(IllegalArgumentException.class, () -> binding.read("{\"value\":0}"))
            .getMessage();
    assertTrue(message.contains("not positive"), message);
  }

  @Test
  void aComponentWithoutJsonIsRefusedByName() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> RecordBinding.of(Odd.class))
            .getMessage();
    assertTrue(
        message.startsWith("Odd.things: a component can't be a java.lang.Object; use a String, "),
        message);
  }

  @Test
  void datesDecimalsSetsArraysAndSealedTypesBecomeComponents() {
    RecordBinding<Rich> binding = RecordBinding.of(Rich.class);
    String json =
        """
        {"date":"2024-02-29","time":"23:59:58.5","dateTime":"2026-11-28T10:00:00",\
        "instant":"2026-11-28T10:00:00Z","offsetDateTime":"2026-11-28T10:00:00+05:30",\
        "duration":"P1DT2H","old":"2026-11-28T10:00:00.125Z","decimal":1.10,\
        "integer":12345678901234567,"id":"00000000-0000-0001-0000-000000000002",\
        "address":"https://example.org/a?b=c","letter":"é","colours":["GREEN","RED"],\
        "names":["a","b"],"shapes":[{"@type":"Circle","radius":1.5},\
        {"@type":"Square","side":2,"inside":[{"@type":"Circle","radius":1}]}],\
        "numbers":[1,2],"table":[["x"],[]],"counts":{"RED":3},\
        "pair":{"first":"p","second":{"first":7}},"circle":{"radius":2},"whole":5,"real":0.5}\
        """;
    assertTrue(binding.constraint().matches(json));
    Rich rich = binding.read(json);
    assertEquals(LocalDate.of(2024, 2, 29), rich.date());
    assertEquals(LocalTime.of(23, 59, 58, 500_000_000), rich.time());
    assertEquals(LocalDateTime.of(2026, 11, 28, 10, 0), rich.dateTime());
    assertEquals(Instant.parse("2026-11-28T10:00:00Z"), rich.instant());
    assertEquals(OffsetDateTime.parse("2026-11-28T10:00:00+05:30"), rich.offsetDateTime());
    assertEquals(Duration.ofHours(26), rich.duration());
    assertEquals(Date.from(Instant.parse("2026-11-28T10:00:00.125Z")), rich.old());
    assertEquals(new BigDecimal("1.10"), rich.decimal());
    assertEquals(new BigInteger("12345678901234567"), rich.integer());
    assertEquals(new UUID(1, 2), rich.id());
    assertEquals(URI.create("https://example.org/a?b=c"), rich.address());
    assertEquals('é', rich.letter());
    assertEquals(Set.of(Colour.GREEN, Colour.RED), rich.colours());
    assertEquals(Set.of("a", "b"), rich.names());
    assertEquals(
        List.of(new Circle(1.5), new Square(2, List.of(new Circle(1)))),
        List.copyOf(rich.shapes()));
    assertArrayEquals(new int[] {1, 2}, rich.numbers());
    assertArrayEquals(new String[][] {{"x"}, {}}, rich.table());
    assertEquals(Map.of(Colour.RED, 3L), rich.counts());
    assertEquals(
        new Pair<>("p", Optional.of(new Pair<>(7, Optional.<Colour>empty()))), rich.pair());
    assertEquals(Optional.of(new Circle(2)), rich.circle());
    assertEquals(OptionalInt.of(5), rich.whole());
    assertEquals(OptionalLong.empty(), rich.large());
    assertEquals(OptionalDouble.of(0.5), rich.real());
  }

  @Test
  void everythingThatIsWrittenForRichComponentsBecomesThem() {
    RecordBinding<Rich> binding = RecordBinding.of(Rich.class);
    Schema schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(binding.schema());
    RandomWriter writer = new RandomWriter(Tokenizer.fromPretrained(Fixtures.storyteller()), 9);
    int fewest = writer.fewestTokens(binding.constraint());
    for (int i = 0; i < 60; i++) {
      String text = writer.write(binding.constraint(), fewest + 4 * i, 0.2);
      assertEquals(List.of(), schema.validate(text, InputFormat.JSON), text);
      binding.read(text);
    }
  }

  @Test
  void nothingIsCutToFitAComponent() {
    RecordBinding<Number> binding = RecordBinding.of(Number.class);
    for (String value : List.of("1.5", "\"1\"", "1e30", "true", "null", "1,\"more\":2")) {
      String json = "{\"value\":" + value + "}";
      assertThrows(IllegalArgumentException.class, () -> binding.read(json), json);
    }
    assertEquals(new Number(-5), binding.read("{\"value\":-5}"));
  }

  @Test
  void aTypeVariableThatStandsForNothingIsRefused() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> RecordBinding.of(Open.class))
            .getMessage();
    assertEquals("Open: the type variable T stands for no known type", message);
  }

  record Distance(long metres) {}

  @Test
  void theReasonOfARefusalIsInOurWords() {
    IllegalArgumentException failure =
        assertThrows(
            IllegalArgumentException.class,
            () -> RecordBinding.of(Distance.class).read("{\"metres\": 1.5}"));
    assertEquals(
        Distance.class.getName()
            + ": the text '{\"metres\": 1.5}' does not become the record: metres: the JSON does not"
            + " fit the type",
        failure.getMessage());
  }
}
