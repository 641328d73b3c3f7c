package io.github.jmixtral.internal.jinja;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Python's {@code ==}, {@code <} and {@code in}. */
final class Comparison {
  /** An order asked for; {@link #symbol} for messages. */
  enum Order {
    LESS("<"),
    LESS_OR_EQUAL("<="),
    GREATER(">"),
    GREATER_OR_EQUAL(">=");

    private final String symbol;

    Order(String symbol) {
      this.symbol = symbol;
    }

    boolean holds(int compared) {
      return switch (this) {
        case LESS -> compared < 0;
        case LESS_OR_EQUAL -> compared <= 0;
        case GREATER -> compared > 0;
        case GREATER_OR_EQUAL -> compared >= 0;
      };
    }
  }

  private Comparison() {}

  static boolean equal(Value left, Value right, Work work) {
    work.step();
    return switch (left) {
      case BoolValue _, IntValue _, FloatValue _ ->
          Numbers.isNumber(right) && Numbers.compare(left, right) == 0;
      case Text text -> right instanceof Text other && text.string().equals(other.string());
      case BytesValue bytes ->
          right instanceof BytesValue other && Arrays.equals(bytes.bytes(), other.bytes());
      case ListValue list ->
          right instanceof ListValue other && equal(list.elements(), other.elements(), work);
      case TupleValue tuple ->
          right instanceof TupleValue other && equal(tuple.elements(), other.elements(), work);
      case DictValue dict -> right instanceof DictValue other && equal(dict, other, work);
      case DictView view when isSet(view) ->
          right instanceof DictView other && isSet(other) && equal(view, other, work);
      case RangeValue range -> right instanceof RangeValue other && equal(range, other);
      case Undefined _ -> right instanceof Undefined;
      default -> left == right;
    };
  }

  /** Equality of two hashable values. */
  static boolean equalKeys(Value left, Value right) {
    if (left instanceof Text a && right instanceof Text b) {
      return a.string().equals(b.string());
    }
    return equal(left, right, new Work(JinjaLimits.DEFAULT));
  }

  /** What containers ask: the same object, or an equal one. */
  static boolean same(Value left, Value right, Work work) {
    return left == right || equal(left, right, work);
  }

  private static boolean equal(List<Value> left, List<Value> right, Work work) {
    if (left.size() != right.size()) {
      return false;
    }
    work.enter();
    for (int i = 0; i < left.size(); i++) {
      if (!same(left.get(i), right.get(i), work)) {
        work.leave();
        return false;
      }
    }
    work.leave();
    return true;
  }

  private static boolean equal(DictValue left, DictValue right, Work work) {
    if (left.size() != right.size()) {
      return false;
    }
    work.enter();
    for (Map.Entry<Key, Value> entry : left.entries().entrySet()) {
      Value other = right.entries().get(entry.getKey());
      if (other == null || !same(entry.getValue(), other, work)) {
        work.leave();
        return false;
      }
    }
    work.leave();
    return true;
  }

  private static boolean isSet(DictView view) {
    return view.part() != DictView.Part.VALUES;
  }

  private static boolean equal(DictView left, DictView right, Work work) {
    if (left.dict().size() != right.dict().size()) {
      return false;
    }
    for (Iterator<Value> elements = left.iterator(); elements.hasNext(); ) {
      if (!contains(right, elements.next(), work)) {
        return false;
      }
    }
    return true;
  }

  private static boolean equal(RangeValue left, RangeValue right) {
    long length = left.length();
    return length == right.length()
        && (length == 0
            || left.start() == right.start() && (length == 1 || left.step() == right.step()));
  }

  /**
   * @throws JinjaException a {@code TypeError} if the values have no order
   */
  static boolean ordered(Order order, Value left, Value right, Work work) {
    work.step();
    if (left instanceof Undefined missing) {
      throw missing.failure();
    }
    if (right instanceof Undefined missing) {
      throw missing.failure();
    }
    if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
      int compared = Numbers.compare(left, right);
      return compared != Numbers.UNORDERED && order.holds(compared);
    }
    if (left instanceof Text a && right instanceof Text b) {
      return order.holds(Characters.compare(a.string(), b.string()));
    }
    if (left instanceof ListValue a && right instanceof ListValue b) {
      return ordered(order, a.elements(), b.elements(), work);
    }
    if (left instanceof TupleValue a && right instanceof TupleValue b) {
      return ordered(order, a.elements(), b.elements(), work);
    }
    if (left instanceof BytesValue a && right instanceof BytesValue b) {
      return order.holds(Arrays.compareUnsigned(a.bytes(), b.bytes()));
    }
    if (left instanceof DictView a && isSet(a) && right instanceof DictView b && isSet(b)) {
      throw JinjaException.notSupported("an order of sets of keys");
    }
    throw JinjaException.typeError(
        "'"
            + order.symbol
            + "' not supported between instances of '"
            + left.typeName()
            + "' and '"
            + right.typeName()
            + "'");
  }

  private static boolean ordered(Order order, List<Value> left, List<Value> right, Work work) {
    work.enter();
    int shared = Math.min(left.size(), right.size());
    for (int i = 0; i < shared; i++) {
      if (!same(left.get(i), right.get(i), work)) {
        boolean holds = ordered(order, left.get(i), right.get(i), work);
        work.leave();
        return holds;
      }
    }
    work.leave();
    return order.holds(Integer.compare(left.size(), right.size()));
  }

  /** {@code item in container}. */
  static boolean contains(Value container, Value item, Work work) {
    work.step();
    return switch (container) {
      case Text text -> {
        if (!(item instanceof Text part)) {
          throw JinjaException.typeError(
              "'in <string>' requires string as left operand, not " + item.typeName());
        }
        work.steps(text.units() / 16);
        yield text.string().contains(part.string());
      }
      case DictValue dict -> dict.get(item, work) != null;
      case DictView view when view.part() == DictView.Part.KEYS ->
          view.dict().get(item, work) != null;
      case DictView view when view.part() == DictView.Part.ITEMS -> {
        if (!(item instanceof TupleValue pair) || pair.elements().size() != 2) {
          yield false;
        }
        Value value = view.dict().get(pair.elements().getFirst(), work);
        yield value != null && same(value, pair.elements().getLast(), work);
      }
      case RangeValue range when Numbers.integer(item) instanceof IntValue integer ->
          contains(range, integer);
      case BytesValue _ -> throw JinjaException.notSupported("'in' for bytes");
      default -> {
        if (!Sequences.isIterable(container)) {
          throw JinjaException.typeError(
              "argument of type '" + container.typeName() + "' is not iterable");
        }
        for (Iterator<Value> elements = Sequences.iterator(container, work); elements.hasNext(); ) {
          if (same(elements.next(), item, work)) {
            yield true;
          }
        }
        yield false;
      }
    };
  }

  private static boolean contains(RangeValue range, IntValue item) {
    if (!item.isSmall()
        || Math.abs(item.small()) > Long.MAX_VALUE / 2
        || item.small() == Long.MIN_VALUE) {
      return false;
    }
    long distance = item.small() - range.start();
    return distance % range.step() == 0
        && distance / range.step() >= 0
        && distance / range.step() < range.length();
  }
}
