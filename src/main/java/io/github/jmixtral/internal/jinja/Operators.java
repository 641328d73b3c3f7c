package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Python's operators. */
final class Operators {
  /** The arithmetic ones. */
  enum Binary {
    ADD("+"),
    SUBTRACT("-"),
    MULTIPLY("*"),
    DIVIDE("/"),
    FLOOR_DIVIDE("//"),
    MODULO("%"),
    POWER("** or pow()");

    private final String symbol;

    Binary(String symbol) {
      this.symbol = symbol;
    }
  }

  /** Those of one operand. */
  enum Unary {
    PLUS("+"),
    MINUS("-");

    private final String symbol;

    Unary(String symbol) {
      this.symbol = symbol;
    }
  }

  private Operators() {}

  static Value apply(Binary operator, Value left, Value right, Work work) {
    work.step();
    if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
      return switch (operator) {
        case ADD -> Numbers.add(left, right, work);
        case SUBTRACT -> Numbers.subtract(left, right, work);
        case MULTIPLY -> Numbers.multiply(left, right, work);
        case DIVIDE -> Numbers.divide(left, right);
        case FLOOR_DIVIDE -> Numbers.floorDivide(left, right, work);
        case MODULO -> Numbers.modulo(left, right, work);
        case POWER -> Numbers.power(left, right, work);
      };
    }
    if (operator == Binary.MODULO && left instanceof Text format) {
      return PercentFormat.format(format, right, work);
    }
    if (left instanceof Undefined missing) {
      throw missing.failure();
    }
    if (right instanceof Undefined missing) {
      throw missing.failure();
    }
    Value result =
        switch (operator) {
          case ADD -> concatenated(left, right, work);
          case MULTIPLY -> repeated(left, right, work);
          case SUBTRACT -> difference(left, right);
          default -> null;
        };
    if (result != null) {
      return result;
    }
    throw JinjaException.typeError(
        "unsupported operand type(s) for "
            + operator.symbol
            + ": '"
            + left.typeName()
            + "' and '"
            + right.typeName()
            + "'");
  }

  private static @Nullable Value concatenated(Value left, Value right, Work work) {
    if (left instanceof Text a && right instanceof Text b) {
      boolean markup = a.isMarkup() || b.isMarkup();
      return new TextBuilder(work)
          .add(markup ? Html.escape(a, work) : a)
          .add(markup ? Html.escape(b, work) : b)
          .build()
          .asMarkupIf(markup);
    }
    if (left instanceof ListValue a && right instanceof ListValue b) {
      return new ListValue(concatenated(a.elements(), b.elements(), work));
    }
    if (left instanceof TupleValue a && right instanceof TupleValue b) {
      return new TupleValue(concatenated(a.elements(), b.elements(), work));
    }
    if (left instanceof BytesValue a && right instanceof BytesValue b) {
      work.characters((long) a.bytes().length + b.bytes().length);
      byte[] both = Arrays.copyOf(a.bytes(), a.bytes().length + b.bytes().length);
      System.arraycopy(b.bytes(), 0, both, a.bytes().length, b.bytes().length);
      return new BytesValue(both, a.isWritten() || b.isWritten());
    }
    if (left instanceof Text || left instanceof ListValue || left instanceof TupleValue) {
      String type = left instanceof Text ? "str" : left.typeName();
      throw JinjaException.typeError(
          "can only concatenate " + type + " (not \"" + right.typeName() + "\") to " + type);
    }
    return null;
  }

  private static List<Value> concatenated(List<Value> left, List<Value> right, Work work) {
    work.steps((long) left.size() + right.size());
    List<Value> both = new ArrayList<>(left.size() + right.size());
    both.addAll(left);
    both.addAll(right);
    return both;
  }

  private static @Nullable Value repeated(Value left, Value right, Work work) {
    boolean sequenceFirst = isSequence(left);
    if (!sequenceFirst && !isSequence(right)) {
      return null;
    }
    Value sequence = sequenceFirst ? left : right;
    IntValue times = Numbers.integer(sequenceFirst ? right : left);
    if (times == null) {
      throw JinjaException.typeError(
          "can't multiply sequence by non-int of type '"
              + (sequenceFirst ? right : left).typeName()
              + "'");
    }
    if (!times.isSmall()) {
      throw JinjaException.of("OverflowError", "cannot fit 'int' into an index-sized integer");
    }
    long count = Math.max(0, times.small());
    return switch (sequence) {
      case Text text -> {
        TextBuilder out = new TextBuilder(work);
        out.repeat(text, text.isEmpty() ? 0 : count);
        yield out.build().asMarkupIf(text.isMarkup());
      }
      case ListValue list -> new ListValue(repeated(list.elements(), count, work));
      case TupleValue tuple -> new TupleValue(repeated(tuple.elements(), count, work));
      default -> throw JinjaException.notSupported("repeating bytes");
    };
  }

  private static boolean isSequence(Value value) {
    return value instanceof Text
        || value instanceof ListValue
        || value instanceof TupleValue
        || value instanceof BytesValue;
  }

  private static List<Value> repeated(List<Value> elements, long times, Work work) {
    if (elements.isEmpty()) {
      return List.of();
    }
    work.steps(elements.size() * Math.min(times, Integer.MAX_VALUE));
    List<Value> repeated = new ArrayList<>();
    for (long i = 0; i < times; i++) {
      repeated.addAll(elements);
    }
    return repeated;
  }

  private static @Nullable Value difference(Value left, Value right) {
    if (left instanceof DictView || right instanceof DictView) {
      throw JinjaException.notSupported("a difference of sets of keys");
    }
    return null;
  }

  static Value apply(Unary operator, Value value) {
    if (Numbers.isNumber(value)) {
      Value number = value instanceof BoolValue ? Numbers.whole(value) : value;
      return operator == Unary.MINUS ? Numbers.negate(number) : number;
    }
    if (value instanceof Undefined missing) {
      throw missing.failure();
    }
    throw JinjaException.typeError(
        "bad operand type for unary " + operator.symbol + ": '" + value.typeName() + "'");
  }
}
