package io.github.jmixtral.internal.jinja;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A dictionary in the order of insertion, keys equal as in Python. */
final class DictValue implements Value {
  private final Map<Key, Value> entries = new LinkedHashMap<>();

  /** Of a key that is there already, the key stays and the value is the new one. */
  DictValue put(Value key, Value value, Work work) {
    entries.put(Key.of(key, work), value);
    return this;
  }

  void putAll(DictValue other) {
    entries.putAll(other.entries);
  }

  /** Null if there is none. */
  @Nullable Value get(Value key, Work work) {
    return entries.get(Key.of(key, work));
  }

  /** Null if there is none. */
  @Nullable Value get(String key) {
    return entries.get(Key.of(key));
  }

  Map<Key, Value> entries() {
    return entries;
  }

  int size() {
    return entries.size();
  }

  @Override
  public String typeName() {
    return "dict";
  }
}
