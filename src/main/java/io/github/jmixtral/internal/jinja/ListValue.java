package io.github.jmixtral.internal.jinja;

import java.util.List;

/** A list; the sandbox lets nothing change it. */
record ListValue(List<Value> elements) implements Value {
  @Override
  public String typeName() {
    return "list";
  }
}
