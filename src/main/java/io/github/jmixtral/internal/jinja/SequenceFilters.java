package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Filters for lists and the like. */
final class SequenceFilters {
  private SequenceFilters() {}

  static void addTo(Map<String, Filter> filters) {
    for (String name : new String[] {"length", "count"}) {
      Filter.add(filters, name, "len(obj, /)", (a, _) -> IntValue.of(Sequences.lengthOf(a[0])));
    }
    for (String name : new String[] {"default", "d"}) {
      Filter.add(
          filters,
          name,
          "do_default(value, default_value=, boolean=)",
          (a, _) -> {
            boolean missing =
                a[0] instanceof Undefined || a[2] != null && Truth.of(a[2]) && !Truth.of(a[0]);
            return !missing ? a[0] : a[1] != null ? a[1] : Text.EMPTY;
          });
    }
    Filter.add(
        filters, "list", "do_list(value)", (a, r) -> new ListValue(Sequences.list(a[0], r.work())));
    Filter.add(filters, "first", "do_first(seq)", (a, r) -> first(a[0], r.work()));
    Filter.add(filters, "last", "do_last(seq)", (a, r) -> last(a[0], r.work()));
    Filter.add(filters, "reverse", "do_reverse(value)", (a, r) -> reverse(a[0], r.work()));
    Filter.add(
        filters,
        "sort",
        "do_sort(value, reverse=, case_sensitive=, attribute=)",
        (a, r) -> sort(a, r.work()));
    Filter.add(
        filters,
        "unique",
        "do_unique(value, case_sensitive=, attribute=)",
        (a, r) -> unique(a, r.work()));
    Filter.add(
        filters,
        "min",
        "do_min(value, case_sensitive=, attribute=)",
        (a, r) -> extreme(a, Comparison.Order.LESS, r.work()));
    Filter.add(
        filters,
        "max",
        "do_max(value, case_sensitive=, attribute=)",
        (a, r) -> extreme(a, Comparison.Order.GREATER, r.work()));
    Filter.add(filters, "sum", "do_sum(iterable, attribute=, start=)", (a, r) -> sum(a, r.work()));
    Filter.add(
        filters, "batch", "do_batch(value, linecount, fill_with=)", (a, r) -> batch(a, r.work()));
    Filter.add(
        filters, "slice", "do_slice(value, slices, fill_with=)", (a, r) -> slice(a, r.work()));
    Filter.add(
        filters,
        "groupby",
        "do_groupby(value, attribute, default=, case_sensitive=)",
        (a, r) -> groupBy(a, r.work()));
    Filter.add(
        filters,
        "dictsort",
        "do_dictsort(value, case_sensitive=, by=, reverse=)",
        (a, r) -> dictSort(a, r.work()));
    Filter.add(filters, "items", "do_items(value)", (a, r) -> items(a[0], r.work()));
    Signature random = Signature.of("do_random(seq)");
    filters.put(
        "random",
        new Filter(
            true,
            (value, arguments, rendering) ->
                random(random.bind(arguments.behind(value))[0], rendering.work())));
  }

  private static boolean given(Value value) {
    return value != null && Truth.of(value);
  }

  private static Value first(Value value, Work work) {
    Iterator<Value> values = Sequences.iterator(value, work);
    return values.hasNext()
        ? values.next()
        : Undefined.because("No first item, sequence was empty.");
  }

  private static Value last(Value value, Work work) {
    Iterator<Value> reversed = reversed(value, work);
    if (reversed == null) {
      throw JinjaException.typeError("'" + value.typeName() + "' object is not reversible");
    }
    return reversed.hasNext()
        ? reversed.next()
        : Undefined.because("No last item, sequence was empty.");
  }

  /** Null if Python cannot go through the values backwards. */
  private static @Nullable Iterator<Value> reversed(Value value, Work work) {
    return switch (value) {
      case Text _, ListValue _, TupleValue _, DictValue _, DictView _ -> backwards(value, work);
      case RangeValue _, BytesValue _, Undefined _ -> backwards(value, work);
      default -> null;
    };
  }

  private static Iterator<Value> backwards(Value value, Work work) {
    List<Value> values = new ArrayList<>(Sequences.list(value, work));
    return values.reversed().iterator();
  }

  private static Value reverse(Value value, Work work) {
    if (value instanceof Text text) {
      return Sequences.slice(text, null, null, IntValue.of(-1), work);
    }
    Iterator<Value> reversed = reversed(value, work);
    if (reversed != null) {
      return new IteratorValue(reversed, value.typeName() + "_reverseiterator");
    }
    if (!Sequences.isIterable(value)) {
      throw JinjaException.filterArgument("argument must be iterable");
    }
    List<Value> values = new ArrayList<>(Sequences.list(value, work));
    Collections.reverse(values);
    return new ListValue(values);
  }

  /** The argument {@code reverse} of {@code sorted}: an integer. */
  private static boolean reversed(Value given) {
    return given != null && Numbers.index(given) != 0;
  }

  private static Value keyed(Value value, boolean caseSensitive) {
    return caseSensitive ? value : AttributePath.ignoringCase(value);
  }

  private static Value sort(Value[] a, Work work) {
    boolean caseSensitive = given(a[2]);
    List<AttributePath> paths = new ArrayList<>();
    if (a[3] instanceof Text attributes) {
      for (Text attribute : StringSearch.split(attributes, Text.of(","), -1)) {
        paths.add(AttributePath.of(attribute, work));
      }
    } else {
      paths.add(AttributePath.of(a[3], work));
    }
    return new ListValue(
        Sorting.sorted(
            Sequences.list(a[0], work),
            element -> {
              List<Value> key = new ArrayList<>(paths.size());
              for (AttributePath path : paths) {
                key.add(keyed(path.get(element, work), caseSensitive));
              }
              return new ListValue(key);
            },
            reversed(a[1]),
            work));
  }

  private static Value unique(Value[] a, Work work) {
    return Generator.of(
        new Supplier<>() {
          private final Set<Key> seen = new HashSet<>();
          private @Nullable AttributePath path;
          private @Nullable Iterator<Value> values;

          @Override
          public @Nullable Value get() {
            if (values == null || path == null) {
              path = AttributePath.of(a[2], work);
              values = Sequences.iterator(a[0], work);
            }
            while (values.hasNext()) {
              Value value = values.next();
              if (seen.add(Key.of(keyed(path.get(value, work), given(a[1])), work))) {
                return value;
              }
            }
            return null;
          }
        });
  }

  private static Value extreme(Value[] a, Comparison.Order better, Work work) {
    Iterator<Value> values = Sequences.iterator(a[0], work);
    if (!values.hasNext()) {
      return Undefined.because("No aggregated item, sequence was empty.");
    }
    AttributePath path = AttributePath.of(a[2], work);
    Value best = values.next();
    Value bestKey = keyed(path.get(best, work), given(a[1]));
    while (values.hasNext()) {
      Value value = values.next();
      Value key = keyed(path.get(value, work), given(a[1]));
      if (Comparison.ordered(better, key, bestKey, work)) {
        best = value;
        bestKey = key;
      }
    }
    return best;
  }

  private static Value sum(Value[] a, Work work) {
    AttributePath path = AttributePath.of(a[1], work);
    Value sum = a[2] == null ? IntValue.ZERO : a[2];
    Iterator<Value> values = Sequences.iterator(a[0], work);
    if (sum instanceof Text) {
      throw JinjaException.typeError("sum() can't sum strings [use ''.join(seq) instead]");
    }
    if (sum instanceof BytesValue) {
      throw JinjaException.typeError("sum() can't sum bytes [use b''.join(seq) instead]");
    }
    while (values.hasNext()) {
      sum = Operators.apply(Operators.Binary.ADD, sum, path.get(values.next(), work), work);
    }
    return sum;
  }

  private static Value batch(Value[] a, Work work) {
    return Generator.of(
        new Supplier<>() {
          private @Nullable Iterator<Value> values;

          // The first value of the next row.
          private @Nullable Value pending;

          @Override
          public @Nullable Value get() {
            if (values == null) {
              values = Sequences.iterator(a[0], work);
            }
            List<Value> row = new ArrayList<>();
            if (pending != null) {
              row.add(pending);
              pending = null;
            }
            while (values.hasNext()) {
              Value value = values.next();
              if (isFull(row.size())) {
                pending = value;
                return new ListValue(row);
              }
              row.add(value);
            }
            return row.isEmpty() ? null : new ListValue(filled(row));
          }

          private boolean isFull(int size) {
            return Comparison.equal(IntValue.of(size), a[1], work);
          }

          private List<Value> filled(List<Value> row) {
            if (a[2] == null || a[2] == NoneValue.NONE) {
              return row;
            }
            Value missing =
                Operators.apply(Operators.Binary.SUBTRACT, a[1], IntValue.of(row.size()), work);
            long count = Numbers.index(missing);
            work.steps(Math.max(0, count));
            for (long i = 0; i < count; i++) {
              row.add(a[2]);
            }
            return row;
          }
        });
  }

  private static Value slice(Value[] a, Work work) {
    return Generator.of(
        new Supplier<>() {
          private @Nullable List<Value> values;
          private long slices;
          private long each;
          private long extra;
          private long next;
          private int from;

          @Override
          public @Nullable Value get() {
            if (values == null) {
              values = Sequences.list(a[0], work);
              IntValue length = IntValue.of(values.size());
              each =
                  Numbers.index(Operators.apply(Operators.Binary.FLOOR_DIVIDE, length, a[1], work));
              extra = Numbers.index(Operators.apply(Operators.Binary.MODULO, length, a[1], work));
              slices = Numbers.index(a[1]);
            }
            if (next >= slices) {
              return null;
            }
            work.step();
            int to = (int) (from + each + (next < extra ? 1 : 0));
            List<Value> part = new ArrayList<>(values.subList(from, to));
            if (a[2] != null && a[2] != NoneValue.NONE && next >= extra) {
              part.add(a[2]);
            }
            from = to;
            next++;
            return new ListValue(part);
          }
        });
  }

  private static Value groupBy(Value[] a, Work work) {
    boolean caseSensitive = given(a[3]);
    AttributePath path = AttributePath.of(a[1], work);
    java.util.function.Function<Value, Value> key =
        value -> keyed(path.get(value, a[2], work), caseSensitive);
    List<Value> sorted = Sorting.sorted(Sequences.list(a[0], work), key, false, work);
    List<Value> groups = new ArrayList<>();
    int from = 0;
    while (from < sorted.size()) {
      Value first = key.apply(sorted.get(from));
      int to = from + 1;
      while (to < sorted.size() && Comparison.same(key.apply(sorted.get(to)), first, work)) {
        to++;
      }
      List<Value> members = List.copyOf(sorted.subList(from, to));
      Value grouper = caseSensitive ? first : path.get(members.getFirst(), a[2], work);
      groups.add(new TupleValue(List.of(grouper, new ListValue(members)), true));
      from = to;
    }
    return new ListValue(groups);
  }

  private static Value dictSort(Value[] a, Work work) {
    int part = 0;
    if (a[2] != null) {
      String by = a[2] instanceof Text text ? text.string() : "";
      if (!by.equals("key") && !by.equals("value")) {
        throw JinjaException.filterArgument("You can only sort by either \"key\" or \"value\"");
      }
      part = by.equals("key") ? 0 : 1;
    }
    int index = part;
    if (a[0] instanceof Undefined missing) {
      throw missing.failure();
    }
    if (!(a[0] instanceof DictValue dict)) {
      throw JinjaException.of(
          "AttributeError", "'" + a[0].typeName() + "' object has no attribute 'items'");
    }
    List<Value> items = new ArrayList<>();
    new DictView(dict, DictView.Part.ITEMS).iterator().forEachRemaining(items::add);
    work.steps(items.size());
    return new ListValue(
        Sorting.sorted(
            items,
            item -> keyed(((TupleValue) item).elements().get(index), given(a[1])),
            reversed(a[3]),
            work));
  }

  private static Value items(Value value, Work work) {
    return Generator.lazily(
        () -> {
          if (value instanceof Undefined) {
            return Collections.emptyIterator();
          }
          if (!(value instanceof DictValue dict)) {
            throw JinjaException.typeError("Can only get item pairs from a mapping.");
          }
          return Sequences.iterator(new DictView(dict, DictView.Part.ITEMS), work);
        });
  }

  private static Value random(Value value, Work work) {
    long length = Sequences.lengthOf(value);
    if (length == 0) {
      return Undefined.because("No random item, sequence was empty.");
    }
    Value index = IntValue.of(ThreadLocalRandom.current().nextLong(length));
    Value element = Sequences.item(value, index, work);
    if (element == null) {
      throw value instanceof DictValue
          ? JinjaException.of("KeyError", Printing.forMessage(index))
          : JinjaException.typeError("'" + value.typeName() + "' object is not subscriptable");
    }
    return element;
  }
}
