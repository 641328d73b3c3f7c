package io.github.jmixtral.internal.jinja;

import java.util.Arrays;

/**
 * A hashable value, by Python's equality: {@code 1}, {@code 1.0} and {@code True} are one key.
 *
 * @param value the value as it was given
 */
record Key(Value value, int hash) {

  static Key of(String text) {
    return new Key(Text.of(text), text.hashCode());
  }

  /**
   * @throws JinjaException a {@code TypeError} if the value has no hash
   */
  static Key of(Value value, Work work) {
    return new Key(value, hash(value, work));
  }

  private static int hash(Value value, Work work) {
    return switch (value) {
      case Text text -> text.string().hashCode();
      case BoolValue bool -> Long.hashCode(bool.ordinal());
      case IntValue integer ->
          integer.isSmall()
              ? Long.hashCode(integer.small())
              : Double.hashCode(integer.big().doubleValue());
      case FloatValue number -> {
        double exact = number.value();
        if (Double.isNaN(exact)) {
          yield System.identityHashCode(number);
        }
        yield exact == (long) exact && exact != Long.MAX_VALUE
            ? Long.hashCode((long) exact)
            : Double.hashCode(exact);
      }
      case TupleValue tuple -> {
        work.enter();
        int hash = 1;
        for (Value element : tuple.elements()) {
          work.step();
          hash = 31 * hash + hash(element, work);
        }
        work.leave();
        yield hash;
      }
      case Undefined _ -> 7;
      case BytesValue bytes -> Arrays.hashCode(bytes.bytes());
      case RangeValue range -> Long.hashCode(range.length());
      case NoneValue _, Namespace _, Loop _, Macro _, Function _, TypeValue _ ->
          System.identityHashCode(value);
      case IteratorValue _, Cycler _, Joiner _, Blocks _, BlockReference _ ->
          System.identityHashCode(value);
      case DictView view when view.part() == DictView.Part.VALUES -> System.identityHashCode(value);
      case ListValue _, DictValue _, DictView _ ->
          throw JinjaException.typeError("unhashable type: '" + value.typeName() + "'");
    };
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Key key
        && hash == key.hash
        && (value == key.value || Comparison.equalKeys(value, key.value));
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
