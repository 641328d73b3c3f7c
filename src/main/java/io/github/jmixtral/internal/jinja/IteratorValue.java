package io.github.jmixtral.internal.jinja;

import java.util.Iterator;

/**
 * What filters such as {@code map} give: good for one pass.
 *
 * @param typeName {@code generator}, or the type of a reversed list
 */
record IteratorValue(Iterator<Value> iterator, String typeName) implements Value {
  static IteratorValue generator(Iterator<Value> iterator) {
    return new IteratorValue(iterator, "generator");
  }
}
