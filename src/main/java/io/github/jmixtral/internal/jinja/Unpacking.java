package io.github.jmixtral.internal.jinja;

import java.util.List;

/** {@code a, b = value}. */
final class Unpacking {
  private Unpacking() {}

  /**
   * @throws JinjaException if the value has not as many elements
   */
  static List<Value> unpack(Value value, int size, Work work) {
    if (value instanceof Undefined) {
      requireSize(0, size);
      return List.of();
    }
    if (!Sequences.isIterable(value)) {
      throw JinjaException.typeError("cannot unpack non-iterable " + value.typeName() + " object");
    }
    List<Value> elements = Sequences.list(value, work);
    requireSize(elements.size(), size);
    return elements;
  }

  static void requireSize(int found, int size) {
    if (found < size) {
      throw JinjaException.valueError(
          "not enough values to unpack (expected " + size + ", got " + found + ")");
    }
    if (found > size) {
      throw JinjaException.valueError("too many values to unpack (expected " + size + ")");
    }
  }
}
