package io.github.jmixtral.internal.jinja;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code owner.name} and {@code owner[key]} as the immutable sandbox gives them: attributes of
 * Python's own, and those that would change a value, are undefined.
 */
final class Attributes {
  private static final Set<String> CHANGE_LISTS =
      Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");

  private static final Set<String> CHANGE_DICTS =
      Set.of("clear", "pop", "popitem", "setdefault", "update");

  private static final Set<String> OF_UNDEFINED =
      Set.of(
          "__class__",
          "_undefined_hint",
          "_undefined_obj",
          "_undefined_name",
          "_undefined_exception",
          "_undefined_message",
          "_fail_with_undefined_error");

  private Attributes() {}

  /** {@code owner.name}: the attribute, else the item. */
  static Value attribute(Value owner, String name, Work work) {
    work.step();
    Value attribute = own(owner, name);
    if (attribute != null) {
      return attribute;
    }
    Value item = Sequences.item(owner, Text.of(name), work);
    return item != null ? item : Undefined.of(owner, Text.of(name));
  }

  /** {@code owner[key]}: the item, else the attribute. */
  static Value item(Value owner, Value key, Work work) {
    work.step();
    Value item = Sequences.item(owner, key, work);
    if (item == null && key instanceof Text name) {
      item = own(owner, name.string());
    }
    return item != null ? item : Undefined.of(owner, key);
  }

  /** The filter {@code attr}: never the item. */
  static Value attributeOnly(Value owner, String name, Work work) {
    work.step();
    Value attribute = own(owner, name);
    return attribute != null ? attribute : Undefined.of(owner, Text.of(name));
  }

  /** An attribute, undefined if it is unsafe; null if the value has none of that name. */
  private static @Nullable Value own(Value owner, String name) {
    if (owner instanceof Undefined missing) {
      return ofUndefined(missing, name);
    }
    if (owner instanceof Namespace namespace) {
      Value value = name.equals("__class__") ? NoneValue.NONE : namespace.attributes().get(name);
      return value != null && name.startsWith("_") ? Undefined.unsafe(owner, name) : value;
    }
    if (isDunder(name)) {
      return Undefined.unsafe(owner, name);
    }
    return switch (owner) {
      case Text text -> StringMethods.find(text, name);
      case ListValue list ->
          CHANGE_LISTS.contains(name) ? Undefined.unsafe(owner, name) : ofList(list, name);
      case DictValue dict ->
          CHANGE_DICTS.contains(name) ? Undefined.unsafe(owner, name) : ofDict(dict, name);
      case TupleValue tuple -> ofTuple(tuple, name);
      case RangeValue range -> ofRange(range, name);
      case IntValue integer -> ofInteger(integer, name);
      case BoolValue bool -> ofInteger(Numbers.whole(bool), name);
      case FloatValue number -> ofFloat(number, name);
      case BytesValue bytes -> ofBytes(bytes, name);
      case Loop loop -> ofLoop(loop, name);
      case Macro macro -> ofMacro(macro, name);
      case Cycler cycler -> ofCycler(cycler, name);
      case Joiner joiner -> ofJoiner(joiner, name);
      case TypeValue type -> ofType(type, name);
      case DictView view -> ofView(view, name);
      case IteratorValue iterator -> ofIterator(iterator, name);
      case BlockReference block -> ofBlock(block, name);
      case Function _, NoneValue _, Blocks _ -> null;
      case Undefined _, Namespace _ -> throw new AssertionError();
    };
  }

  private static Value ofUndefined(Undefined missing, String name) {
    if (OF_UNDEFINED.contains(name)) {
      return Undefined.unsafe(missing, name);
    }
    throw missing.failure();
  }

  /** Python's own attributes; whether a value has this one makes no difference to a template. */
  private static boolean isDunder(String name) {
    return name.length() > 4 && name.startsWith("__") && name.endsWith("__");
  }

  private interface Body {
    Value call(Value[] arguments, Work work);
  }

  private static Value method(String signature, Body body) {
    Signature parsed = Signature.of(signature);
    return Function.builtin(
        parsed.name(), (rendering, given) -> body.call(parsed.bind(given), rendering.work()));
  }

  private static @Nullable Value ofList(ListValue list, String name) {
    return switch (name) {
      case "copy" -> method("copy()", (_, _) -> new ListValue(list.elements()));
      default -> ofElements(list.elements(), "list", name);
    };
  }

  private static @Nullable Value ofTuple(TupleValue tuple, String name) {
    if (tuple.group()) {
      switch (name) {
        case "grouper" -> {
          return tuple.elements().getFirst();
        }
        case "list" -> {
          return tuple.elements().getLast();
        }
        case "_fields", "_asdict", "_make", "_replace", "_field_defaults" -> {
          return Undefined.unsafe(tuple, name);
        }
        default -> {}
      }
    }
    return ofElements(tuple.elements(), "tuple", name);
  }

  private static @Nullable Value ofElements(List<Value> elements, String type, String name) {
    return switch (name) {
      case "count" ->
          method(
              "count(value, /)",
              (a, work) ->
                  IntValue.of(
                      elements.stream()
                          .filter(element -> Comparison.same(element, a[0], work))
                          .count()));
      case "index" ->
          method(
              "index(value, start=, stop=, /)",
              (a, work) -> {
                long length = elements.size();
                long from = bound(a[1], 0, length);
                long to = bound(a[2], length, length);
                for (long i = from; i < Math.min(to, length); i++) {
                  if (Comparison.same(elements.get((int) i), a[0], work)) {
                    return IntValue.of(i);
                  }
                }
                throw JinjaException.valueError(
                    type.equals("list")
                        ? Printing.forMessage(a[0]) + " is not in list"
                        : "tuple.index(x): x not in tuple");
              });
      default -> null;
    };
  }

  private static long bound(Value given, long otherwise, long length) {
    if (given == null) {
      return otherwise;
    }
    IntValue index = Numbers.integer(given);
    if (index == null) {
      throw JinjaException.typeError("slice indices must be integers or have an __index__ method");
    }
    long bound = index.clamped();
    return bound < 0 ? Math.max(0, Math.max(bound, -length) + length) : bound;
  }

  private static @Nullable Value ofDict(DictValue dict, String name) {
    return switch (name) {
      case "get" ->
          method(
              "get(key, default=, /)",
              (a, work) -> {
                Value value = dict.get(a[0], work);
                return value != null ? value : a[1] != null ? a[1] : NoneValue.NONE;
              });
      case "keys" -> method("keys()", (_, _) -> new DictView(dict, DictView.Part.KEYS));
      case "values" -> method("values()", (_, _) -> new DictView(dict, DictView.Part.VALUES));
      case "items" -> method("items()", (_, _) -> new DictView(dict, DictView.Part.ITEMS));
      case "copy" ->
          method(
              "copy()",
              (_, work) -> {
                work.steps(dict.size());
                DictValue copy = new DictValue();
                copy.putAll(dict);
                return copy;
              });
      case "fromkeys" -> fromKeys();
      default -> null;
    };
  }

  private static Value fromKeys() {
    return method(
        "fromkeys(iterable, value=, /)",
        (a, work) -> {
          DictValue dict = new DictValue();
          Value value = a[1] == null ? NoneValue.NONE : a[1];
          Sequences.iterator(a[0], work).forEachRemaining(key -> dict.put(key, value, work));
          return dict;
        });
  }

  private static @Nullable Value ofRange(RangeValue range, String name) {
    return switch (name) {
      case "start" -> IntValue.of(range.start());
      case "stop" -> IntValue.of(range.stop());
      case "step" -> IntValue.of(range.step());
      case "count" ->
          method(
              "count(value, /)",
              (a, work) -> IntValue.of(Comparison.contains(range, a[0], work) ? 1 : 0));
      case "index" ->
          method(
              "index(value, /)",
              (a, work) -> {
                for (int i = 0; i < range.length(); i++) {
                  if (Comparison.equal(range.get(i), a[0], work)) {
                    return IntValue.of(i);
                  }
                }
                throw JinjaException.valueError(Printing.forMessage(a[0]) + " is not in range");
              });
      default -> null;
    };
  }

  private static @Nullable Value ofInteger(IntValue integer, String name) {
    return switch (name) {
      case "real", "numerator" -> integer;
      case "imag" -> IntValue.ZERO;
      case "denominator" -> IntValue.ONE;
      case "conjugate" -> method("conjugate()", (_, _) -> integer);
      case "bit_length" ->
          method("bit_length()", (_, _) -> IntValue.of(integer.big().abs().bitLength()));
      case "bit_count" ->
          method("bit_count()", (_, _) -> IntValue.of(integer.big().abs().bitCount()));
      case "as_integer_ratio" ->
          method("as_integer_ratio()", (_, _) -> TupleValue.of(integer, IntValue.ONE));
      case "to_bytes", "from_bytes" -> throw JinjaException.notSupported("int." + name);
      default -> null;
    };
  }

  private static @Nullable Value ofFloat(FloatValue number, String name) {
    double value = number.value();
    return switch (name) {
      case "real" -> number;
      case "imag" -> new FloatValue(0);
      case "conjugate" -> method("conjugate()", (_, _) -> number);
      case "is_integer" ->
          method(
              "is_integer()",
              (_, _) -> BoolValue.of(!Double.isInfinite(value) && value == Math.rint(value)));
      case "as_integer_ratio", "hex", "fromhex" ->
          throw JinjaException.notSupported("float." + name);
      default -> null;
    };
  }

  private static @Nullable Value ofBytes(BytesValue bytes, String name) {
    return switch (name) {
      case "decode" ->
          Function.builtin(name, (_, arguments) -> StringMethods.decode(bytes, arguments));
      case "hex" ->
          method(
              "hex()",
              (_, work) -> {
                work.characters(2L * bytes.bytes().length);
                String digits = java.util.HexFormat.of().formatHex(bytes.bytes());
                return bytes.isWritten() ? Text.written(digits) : Text.of(digits);
              });
      default -> {
        if (StringMethods.has(name) && !name.startsWith("format") && !name.equals("encode")) {
          throw JinjaException.notSupported("bytes." + name);
        }
        yield null;
      }
    };
  }

  private static @Nullable Value ofLoop(Loop loop, String name) {
    return switch (name) {
      case "index0" -> IntValue.of(loop.index());
      case "index" -> IntValue.of(loop.index() + 1);
      case "revindex0" -> IntValue.of(loop.length() - loop.index() - 1);
      case "revindex" -> IntValue.of(loop.length() - loop.index());
      case "first" -> BoolValue.of(loop.index() == 0);
      case "last" -> BoolValue.of(loop.isLast());
      case "length" -> IntValue.of(loop.length());
      case "depth" -> IntValue.of(loop.depth() + 1L);
      case "depth0" -> IntValue.of(loop.depth());
      case "previtem" -> loop.previous();
      case "nextitem" -> loop.following();
      case "cycle" ->
          new Function(name, "method", (_, given) -> loop.cycle(positional("cycle", given)));
      case "changed" ->
          new Function(
              name,
              "method",
              (_, given) -> BoolValue.of(loop.changed(positional("changed", given))));
      case "_iterable",
          "_iterator",
          "_undefined",
          "_recurse",
          "_length",
          "_after",
          "_current",
          "_before",
          "_last_changed_value",
          "_peek_next",
          "_to_iterator" ->
          Undefined.unsafe(loop, name);
      default -> null;
    };
  }

  private static List<Value> positional(String name, Arguments arguments) {
    if (!arguments.named().isEmpty()) {
      throw JinjaException.typeError(name + "() got an unexpected keyword argument");
    }
    return arguments.positional();
  }

  private static @Nullable Value ofMacro(Macro macro, String name) {
    return switch (name) {
      case "name" -> macro.name() == null ? NoneValue.NONE : Text.of(macro.name());
      case "arguments" -> new TupleValue(macro.parameters().stream().<Value>map(Text::of).toList());
      case "catch_kwargs" -> BoolValue.of(macro.catchesNamed());
      case "catch_varargs" -> BoolValue.of(macro.catchesPositional());
      case "caller" -> BoolValue.of(macro.usesCaller());
      case "explicit_caller" -> BoolValue.of(macro.parameters().contains("caller"));
      case "_environment", "_func", "_argument_count", "_default_autoescape", "_invoke" ->
          Undefined.unsafe(macro, name);
      default -> null;
    };
  }

  private static @Nullable Value ofCycler(Cycler cycler, String name) {
    return switch (name) {
      case "items" -> new TupleValue(cycler.items());
      case "pos" -> IntValue.of(cycler.position());
      case "current" -> cycler.current();
      case "next" -> method("next()", (_, _) -> cycler.next());
      case "reset" ->
          method(
              "reset()",
              (_, _) -> {
                cycler.reset();
                return NoneValue.NONE;
              });
      default -> null;
    };
  }

  private static @Nullable Value ofJoiner(Joiner joiner, String name) {
    return switch (name) {
      case "sep" -> joiner.separator();
      case "used" -> BoolValue.of(joiner.isUsed());
      default -> null;
    };
  }

  private static @Nullable Value ofType(TypeValue type, String name) {
    if (name.equals("mro")) {
      return Undefined.unsafe(type, name);
    }
    if (type != TypeValue.DICT) {
      boolean known = type == TypeValue.CYCLER && Set.of("next", "reset", "current").contains(name);
      if (known) {
        throw JinjaException.notSupported("a method of a class");
      }
      return null;
    }
    if (name.equals("fromkeys")) {
      return fromKeys();
    }
    if (CHANGE_DICTS.contains(name) || ofDict(new DictValue(), name) != null) {
      throw JinjaException.notSupported("dict." + name + " without a dictionary");
    }
    return null;
  }

  private static @Nullable Value ofView(DictView view, String name) {
    return switch (name) {
      case "isdisjoint" -> {
        if (view.part() == DictView.Part.VALUES) {
          yield null;
        }
        yield method(
            "isdisjoint(other, /)",
            (a, work) ->
                BoolValue.of(
                    Sequences.list(a[0], work).stream()
                        .noneMatch(element -> Comparison.contains(view, element, work))));
      }
      case "mapping" -> throw JinjaException.notSupported(view.typeName() + ".mapping");
      default -> null;
    };
  }

  private static @Nullable Value ofIterator(IteratorValue iterator, String name) {
    if (!iterator.typeName().equals("generator")) {
      return null;
    }
    return switch (name) {
      case "gi_frame", "gi_code" -> Undefined.unsafe(iterator, name);
      case "close", "send", "throw", "gi_running", "gi_suspended", "gi_yieldfrom" ->
          throw JinjaException.notSupported("generator." + name);
      default -> null;
    };
  }

  private static @Nullable Value ofBlock(BlockReference block, String name) {
    return switch (name) {
      case "name" -> Text.of(block.name());
      case "super" ->
          Undefined.because(
              "there is no parent block called " + Printing.quoted(block.name()) + ".");
      case "_context", "_stack", "_depth" -> Undefined.unsafe(block, name);
      default -> null;
    };
  }
}
