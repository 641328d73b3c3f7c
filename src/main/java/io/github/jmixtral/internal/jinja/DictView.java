package io.github.jmixtral.internal.jinja;

import java.util.Iterator;
import java.util.Map;

/** {@code keys()}, {@code values()} or {@code items()} of a dictionary. */
record DictView(DictValue dict, Part part) implements Value {
  enum Part {
    KEYS,
    VALUES,
    ITEMS
  }

  Iterator<Value> iterator() {
    Iterator<Map.Entry<Key, Value>> entries = dict.entries().entrySet().iterator();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return entries.hasNext();
      }

      @Override
      public Value next() {
        return element(entries.next());
      }
    };
  }

  Value element(Map.Entry<Key, Value> entry) {
    return switch (part) {
      case KEYS -> entry.getKey().value();
      case VALUES -> entry.getValue();
      case ITEMS -> TupleValue.of(entry.getKey().value(), entry.getValue());
    };
  }

  @Override
  public String typeName() {
    return switch (part) {
      case KEYS -> "dict_keys";
      case VALUES -> "dict_values";
      case ITEMS -> "dict_items";
    };
  }
}
