package io.github.jmixtral.internal.jinja;

import java.util.List;

/** A tuple; {@code group} is whether it is one of {@code groupby}, with names for its two parts. */
record TupleValue(List<Value> elements, boolean group) implements Value {
  TupleValue(List<Value> elements) {
    this(elements, false);
  }

  static TupleValue of(Value... elements) {
    return new TupleValue(List.of(elements));
  }

  @Override
  public String typeName() {
    return group ? "_GroupTuple" : "tuple";
  }

  @Override
  public String qualifiedTypeName() {
    return group ? "jinja2.filters._GroupTuple" : "tuple";
  }
}
