package io.github.jmixtral.internal.jinja;

import java.util.List;

/** {@code cycler(…)}. */
final class Cycler implements Value {
  private final List<Value> items;
  private int position;

  Cycler(List<Value> items) {
    this.items = items;
  }

  List<Value> items() {
    return items;
  }

  int position() {
    return position;
  }

  Value current() {
    return items.get(position);
  }

  Value next() {
    Value current = current();
    position = (position + 1) % items.size();
    return current;
  }

  void reset() {
    position = 0;
  }

  @Override
  public String typeName() {
    return "Cycler";
  }

  @Override
  public String qualifiedTypeName() {
    return "jinja2.utils.Cycler";
  }
}
