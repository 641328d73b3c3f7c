package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Python's {@code iter}, {@code len}, {@code list}, indexes and slices. */
final class Sequences {
  private Sequences() {}

  static boolean isIterable(Value value) {
    return switch (value) {
      case Text _, BytesValue _, ListValue _, TupleValue _, DictValue _, DictView _ -> true;
      case RangeValue _, Undefined _, IteratorValue _, Loop _, Blocks _ -> true;
      default -> false;
    };
  }

  /**
   * @throws JinjaException a {@code TypeError} if the value is not iterable
   */
  static Iterator<Value> iterator(Value value, Work work) {
    return switch (value) {
      case ListValue list -> counted(list.elements().iterator(), work);
      case TupleValue tuple -> counted(tuple.elements().iterator(), work);
      case DictValue dict -> counted(new DictView(dict, DictView.Part.KEYS).iterator(), work);
      case DictView view -> counted(view.iterator(), work);
      case Text text -> counted(characters(text), work);
      case RangeValue range -> indexed((int) range.length(), range::get, work);
      case BytesValue bytes ->
          indexed(bytes.bytes().length, i -> IntValue.of(bytes.bytes()[i] & 0xFF), work);
      case IteratorValue iterator -> iterator.iterator();
      case Undefined _ -> Collections.emptyIterator();
      case Loop loop -> pairs(loop);
      case Blocks _ -> throw JinjaException.of("KeyError", "0");
      default ->
          throw JinjaException.typeError("'" + value.typeName() + "' object is not iterable");
    };
  }

  private static Iterator<Value> counted(Iterator<Value> elements, Work work) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return elements.hasNext();
      }

      @Override
      public Value next() {
        work.step();
        return elements.next();
      }
    };
  }

  private static Iterator<Value> indexed(int length, IntFunction<Value> element, Work work) {
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < length;
      }

      @Override
      public Value next() {
        work.step();
        return element.apply(next++);
      }
    };
  }

  private static Iterator<Value> characters(Text text) {
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < text.units();
      }

      @Override
      public Value next() {
        int from = next;
        next += Character.charCount(text.string().codePointAt(from));
        return text.part(from, next);
      }
    };
  }

  /** A loop within a loop's own values gives each with the loop. */
  private static Iterator<Value> pairs(Loop loop) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return loop.hasNext();
      }

      @Override
      public Value next() {
        return TupleValue.of(loop.next(), loop);
      }
    };
  }

  /** All elements; not to be changed. */
  static List<Value> list(Value value, Work work) {
    if (value instanceof ListValue list) {
      work.steps(list.elements().size());
      return list.elements();
    }
    List<Value> elements = new ArrayList<>();
    iterator(value, work).forEachRemaining(elements::add);
    return elements;
  }

  /** Empty for what has no length. */
  static OptionalLong length(Value value) {
    return switch (value) {
      case Text text -> OptionalLong.of(text.length());
      case BytesValue bytes -> OptionalLong.of(bytes.bytes().length);
      case ListValue list -> OptionalLong.of(list.elements().size());
      case TupleValue tuple -> OptionalLong.of(tuple.elements().size());
      case DictValue dict -> OptionalLong.of(dict.size());
      case DictView view -> OptionalLong.of(view.dict().size());
      case RangeValue range -> OptionalLong.of(range.length());
      case Undefined _ -> OptionalLong.of(0);
      case Loop loop -> OptionalLong.of(loop.length());
      default -> OptionalLong.empty();
    };
  }

  static long lengthOf(Value value) {
    return length(value)
        .orElseThrow(
            () ->
                JinjaException.typeError("object of type '" + value.typeName() + "' has no len()"));
  }

  /** {@code owner[key]}, or null if Python would say that there is none or cannot be. */
  static @Nullable Value item(Value owner, Value key, Work work) {
    return switch (owner) {
      case Undefined missing -> throw missing.failure();
      case DictValue dict -> {
        try {
          yield dict.get(key, work);
        } catch (JinjaException e) {
          if (e.kind().equals("TypeError")) {
            yield null;
          }
          throw e;
        }
      }
      case Blocks blocks when key instanceof Text name -> blocks.context().block(name.string());
      case TypeValue type when type == TypeValue.DICT ->
          throw JinjaException.notSupported("dict[…]");
      default -> {
        IntValue index = Numbers.integer(key);
        long length = isIndexed(owner) ? length(owner).orElse(0) : 0;
        if (index == null || length == 0) {
          yield null;
        }
        long place = index.clamped() < 0 ? index.clamped() + length : index.clamped();
        yield place < 0 || place >= length ? null : element(owner, place);
      }
    };
  }

  /** Whether a value has items, by index or by key. */
  static boolean hasItems(Value value) {
    return isIndexed(value)
        || value instanceof DictValue
        || value instanceof Undefined
        || value instanceof Blocks;
  }

  private static boolean isIndexed(Value value) {
    return switch (value) {
      case Text _, ListValue _, TupleValue _, RangeValue _, BytesValue _ -> true;
      default -> false;
    };
  }

  private static Value element(Value owner, long index) {
    return switch (owner) {
      case Text text -> text.slice((int) index, (int) index + 1).asMarkupIf(text.isMarkup());
      case ListValue list -> list.elements().get((int) index);
      case TupleValue tuple -> tuple.elements().get((int) index);
      case RangeValue range -> range.get(index);
      case BytesValue bytes -> IntValue.of(bytes.bytes()[(int) index] & 0xFF);
      default -> throw new AssertionError(owner);
    };
  }

  /**
   * {@code owner[start:stop:step]}; null stands for what was left out.
   *
   * @throws JinjaException a {@code TypeError} if the value has no slices
   */
  static Value slice(
      Value owner, @Nullable Value start, @Nullable Value stop, @Nullable Value step, Work work) {
    if (owner instanceof Undefined missing) {
      throw missing.failure();
    }
    if (!isIndexed(owner)) {
      throw JinjaException.typeError(
          owner instanceof DictValue
              ? "unhashable type: 'slice'"
              : "'" + owner.typeName() + "' object is not subscriptable");
    }
    long length = lengthOf(owner);
    long stride = bound(step, 1);
    if (stride == 0) {
      throw JinjaException.valueError("slice step cannot be zero");
    }
    stride = Math.clamp(stride, -Long.MAX_VALUE, Long.MAX_VALUE);
    long least = stride > 0 ? 0 : -1;
    long most = stride > 0 ? length : length - 1;
    long from =
        place(bound(start, stride > 0 ? Long.MIN_VALUE : Long.MAX_VALUE), length, least, most);
    long to = place(bound(stop, stride > 0 ? Long.MAX_VALUE : Long.MIN_VALUE), length, least, most);
    long count = new RangeValue(from, to, stride).length();
    work.steps(count);
    return sliced(owner, from, to, stride, (int) count, work);
  }

  private static long bound(@Nullable Value given, long otherwise) {
    if (given == null || given == NoneValue.NONE) {
      return otherwise;
    }
    IntValue index = Numbers.integer(given);
    if (index == null) {
      throw JinjaException.typeError(
          "slice indices must be integers or None or have an __index__ method");
    }
    return index.clamped();
  }

  private static long place(long bound, long length, long least, long most) {
    long counted = bound < 0 && bound != Long.MIN_VALUE ? bound + length : bound;
    return Math.clamp(counted, least, most);
  }

  private static Value sliced(Value owner, long from, long to, long step, int count, Work work) {
    return switch (owner) {
      case Text text -> {
        if (step == 1) {
          work.characters(count);
          yield text.slice((int) from, (int) Math.max(from, to)).asMarkupIf(text.isMarkup());
        }
        int[] starts = starts(text);
        TextBuilder picked = new TextBuilder(work);
        for (int i = 0; i < count; i++) {
          int at = (int) (from + i * step);
          picked.add(text, starts[at], starts[at + 1]);
        }
        yield picked.build().asMarkupIf(text.isMarkup());
      }
      case ListValue list -> new ListValue(picked(list.elements(), from, step, count));
      case TupleValue tuple -> new TupleValue(picked(tuple.elements(), from, step, count));
      case RangeValue range ->
          RangeValue.of(
              range.start() + from * range.step(),
              range.start() + to * range.step(),
              Math.multiplyHigh(range.step(), step) == (range.step() * step) >> 63
                  ? range.step() * step
                  : Long.MAX_VALUE);
      case BytesValue bytes -> {
        byte[] part = new byte[count];
        for (int i = 0; i < count; i++) {
          part[i] = bytes.bytes()[(int) (from + i * step)];
        }
        yield new BytesValue(part, bytes.isWritten());
      }
      default -> throw new AssertionError(owner);
    };
  }

  /** The UTF-16 unit where each code point begins, and the length. */
  private static int[] starts(Text text) {
    int[] starts = new int[text.length() + 1];
    int unit = 0;
    for (int i = 0; i < text.length(); i++) {
      starts[i] = unit;
      unit += Character.charCount(text.string().codePointAt(unit));
    }
    starts[text.length()] = unit;
    return starts;
  }

  private static List<Value> picked(List<Value> elements, long from, long step, int count) {
    List<Value> picked = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      picked.add(elements.get((int) (from + i * step)));
    }
    return picked;
  }
}
