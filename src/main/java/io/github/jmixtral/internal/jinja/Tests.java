package io.github.jmixtral.internal.jinja;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tests by name. */
final class Tests {
  /** What a test says of a value and the arguments in brackets. */
  @FunctionalInterface
  interface Body {
    boolean holds(Value value, Arguments arguments, Rendering rendering);
  }

  private interface Simple {
    boolean holds(Value value);
  }

  private interface Bound {
    boolean holds(Value value, Value other, Work work);
  }

  private static final Map<String, Body> ALL = all();

  private Tests() {}

  /** Null if there is none. */
  static @Nullable Body find(String name) {
    return ALL.get(name);
  }

  /** A test that a template names while it renders. */
  static Body named(Value name) {
    Body test = name instanceof Text text ? find(text.string()) : null;
    if (test == null) {
      throw Filters.unknown("test", name);
    }
    return test;
  }

  private static Map<String, Body> all() {
    Map<String, Body> tests = new HashMap<>();
    addTypes(tests);
    addComparisons(tests);
    add(tests, "defined", value -> !(value instanceof Undefined));
    add(tests, "undefined", value -> value instanceof Undefined);
    add(tests, "callable", Calls::isCallable);
    add(tests, "escaped", value -> value instanceof Text text && text.isMarkup());
    add(
        tests,
        "filter",
        value -> hashed(value) instanceof Text text && Filters.find(text.string()) != null);
    add(tests, "test", value -> hashed(value) instanceof Text text && find(text.string()) != null);
    add(
        tests,
        "odd",
        "test_odd(value)",
        (value, _, work) -> rest(value, IntValue.of(2), IntValue.ONE, work));
    add(
        tests,
        "even",
        "test_even(value)",
        (value, _, work) -> rest(value, IntValue.of(2), IntValue.ZERO, work));
    add(
        tests,
        "divisibleby",
        "test_divisibleby(value, num)",
        (value, by, work) -> rest(value, by, IntValue.ZERO, work));
    addCase(tests, "lower");
    addCase(tests, "upper");
    return Map.copyOf(tests);
  }

  private static void addTypes(Map<String, Body> tests) {
    add(tests, "none", value -> value == NoneValue.NONE);
    add(tests, "boolean", BoolValue.class::isInstance);
    add(tests, "false", value -> value == BoolValue.FALSE);
    add(tests, "true", value -> value == BoolValue.TRUE);
    add(tests, "integer", IntValue.class::isInstance);
    add(tests, "float", FloatValue.class::isInstance);
    add(tests, "number", Numbers::isNumber);
    add(tests, "string", Text.class::isInstance);
    add(tests, "mapping", DictValue.class::isInstance);
    add(tests, "iterable", Sequences::isIterable);
    add(
        tests,
        "sequence",
        value ->
            switch (value) {
              case Text _, ListValue _, TupleValue _, DictValue _, RangeValue _ -> true;
              case BytesValue _, Undefined _ -> true;
              default -> false;
            });
  }

  private static void addComparisons(Map<String, Body> tests) {
    for (String name : new String[] {"==", "eq", "equalto"}) {
      add(tests, name, "eq(a, b, /)", Comparison::equal);
    }
    for (String name : new String[] {"!=", "ne"}) {
      add(tests, name, "ne(a, b, /)", (a, b, work) -> !Comparison.equal(a, b, work));
    }
    addOrder(tests, Comparison.Order.GREATER, ">", "gt", "greaterthan");
    addOrder(tests, Comparison.Order.GREATER_OR_EQUAL, ">=", "ge");
    addOrder(tests, Comparison.Order.LESS, "<", "lt", "lessthan");
    addOrder(tests, Comparison.Order.LESS_OR_EQUAL, "<=", "le");
    add(
        tests,
        "in",
        "test_in(value, seq)",
        (item, in, work) -> Comparison.contains(in, item, work));
    add(tests, "sameas", "test_sameas(value, other)", (a, b, _) -> isSame(a, b));
  }

  private static void addOrder(Map<String, Body> tests, Comparison.Order order, String... names) {
    for (String name : names) {
      add(
          tests,
          name,
          names[1] + "(a, b, /)",
          (a, b, work) -> Comparison.ordered(order, a, b, work));
    }
  }

  private static void add(Map<String, Body> tests, String name, Simple simple) {
    add(tests, name, "test_" + name + "(value)", (value, _, _) -> simple.holds(value));
  }

  private static void add(Map<String, Body> tests, String name, String signature, Bound bound) {
    Signature parsed = Signature.of(signature);
    tests.put(
        name,
        (value, arguments, rendering) -> {
          Value[] given = parsed.bind(arguments.behind(value));
          return bound.holds(
              given[0], given.length > 1 ? given[1] : NoneValue.NONE, rendering.work());
        });
  }

  private static void addCase(Map<String, Body> tests, String name) {
    add(
        tests,
        name,
        "test_" + name + "(value)",
        (value, _, work) -> {
          String text = Printing.str(value, work).string();
          return name.equals("lower") ? CaseMapping.isLower(text) : CaseMapping.isUpper(text);
        });
  }

  private static boolean rest(Value value, Value by, Value wanted, Work work) {
    return Comparison.equal(
        Operators.apply(Operators.Binary.MODULO, value, by, work), wanted, work);
  }

  private static Value hashed(Value value) {
    Key.of(value, new Work(JinjaLimits.DEFAULT));
    return value;
  }

  /** The same object: CPython keeps one of each small integer and each short text. */
  private static boolean isSame(Value left, Value right) {
    if (left instanceof IntValue a && right instanceof IntValue b) {
      return left == right
          || a.isSmall()
              && b.isSmall()
              && a.small() == b.small()
              && a.small() >= -5
              && a.small() <= 256;
    }
    if (left instanceof Text a && right instanceof Text b) {
      return left == right
          || a.units() <= 1
              && a.string().equals(b.string())
              && (a.isEmpty() || a.string().charAt(0) < 0x100)
              && !a.isMarkup()
              && !b.isMarkup();
    }
    return left == right;
  }
}
