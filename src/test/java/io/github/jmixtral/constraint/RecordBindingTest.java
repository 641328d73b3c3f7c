package io.github.jmixtral.constraint;

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
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
    Constraint constraint = Constraint.jsonOf(Positive.class);
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
    assertTrue(message.startsWith("Odd.things: expected a String, "), message);
    assertTrue(message.endsWith("found java.lang.Object"), message);
  }
}
