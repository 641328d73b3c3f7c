package io.github.jmixtral.internal.jinja;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Filters that do the same with every value: {@code map}, {@code select} and their kin. */
final class MappingFilters {
  private MappingFilters() {}

  static void addTo(Map<String, Filter> filters) {
    filters.put("map", new Filter(true, MappingFilters::map));
    addSelection(filters, "select", false, true);
    addSelection(filters, "reject", false, false);
    addSelection(filters, "selectattr", true, true);
    addSelection(filters, "rejectattr", true, false);
    Filter.add(
        filters,
        "attr",
        "do_attr(obj, name)",
        (a, r) -> {
          if (!(a[1] instanceof Text name)) {
            throw JinjaException.typeError(
                "attribute name must be string, not '" + a[1].typeName() + "'");
          }
          return Attributes.attributeOnly(a[0], name.string(), r.work());
        });
  }

  private static Value map(Value value, Arguments arguments, Rendering rendering) {
    return Generator.of(
        new Supplier<>() {
          private @Nullable UnaryOperator<Value> mapping;
          private @Nullable Iterator<Value> values;

          @Override
          public @Nullable Value get() {
            if (values == null || mapping == null) {
              if (!Truth.of(value)) {
                return null;
              }
              mapping = mapping(arguments, rendering);
              values = Sequences.iterator(value, rendering.work());
            }
            return values.hasNext() ? mapping.apply(values.next()) : null;
          }
        });
  }

  private static UnaryOperator<Value> mapping(Arguments arguments, Rendering rendering) {
    if (arguments.positional().isEmpty() && arguments.named().containsKey("attribute")) {
      Map<String, Value> named = new LinkedHashMap<>(arguments.named());
      AttributePath path = AttributePath.of(named.remove("attribute"), rendering.work());
      Value otherwise = named.remove("default");
      if (!named.isEmpty()) {
        throw JinjaException.filterArgument(
            "Unexpected keyword argument " + Printing.quoted(named.keySet().iterator().next()));
      }
      return value -> path.get(value, otherwise, rendering.work());
    }
    if (arguments.positional().isEmpty()) {
      throw JinjaException.filterArgument("map requires a filter argument");
    }
    Value name = arguments.positional().getFirst();
    Arguments rest = arguments.from(1);
    return value -> Filters.named(name).apply(value, rest, rendering);
  }

  private static void addSelection(
      Map<String, Filter> filters, String name, boolean byAttribute, boolean wanted) {
    filters.put(
        name,
        new Filter(
            true,
            (value, arguments, rendering) ->
                Generator.of(
                    new Supplier<>() {
                      private @Nullable Predicate<Value> test;
                      private @Nullable Iterator<Value> values;

                      @Override
                      public @Nullable Value get() {
                        if (values == null || test == null) {
                          if (!Truth.of(value)) {
                            return null;
                          }
                          test = test(arguments, byAttribute, rendering);
                          values = Sequences.iterator(value, rendering.work());
                        }
                        while (values.hasNext()) {
                          Value next = values.next();
                          if (test.test(next) == wanted) {
                            return next;
                          }
                        }
                        return null;
                      }
                    })));
  }

  private static Predicate<Value> test(
      Arguments arguments, boolean byAttribute, Rendering rendering) {
    List<Value> given = arguments.positional();
    int first = byAttribute ? 1 : 0;
    if (byAttribute && given.isEmpty()) {
      throw JinjaException.filterArgument("Missing parameter for attribute name");
    }
    AttributePath path = AttributePath.of(byAttribute ? given.getFirst() : null, rendering.work());
    if (given.size() <= first) {
      return value -> Truth.of(path.get(value, rendering.work()));
    }
    Value name = given.get(first);
    Arguments rest = arguments.from(first + 1);
    return value -> {
      Value tested = path.get(value, rendering.work());
      return Tests.named(name).holds(tested, rest, rendering);
    };
  }
}
