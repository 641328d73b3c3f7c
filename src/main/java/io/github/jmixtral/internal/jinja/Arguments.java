package io.github.jmixtral.internal.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The arguments of a call. */
record Arguments(List<Value> positional, Map<String, Value> named) {
  static final Arguments NONE = new Arguments(List.of(), Map.of());

  static Arguments of(Value... positional) {
    return new Arguments(List.of(positional), Map.of());
  }

  Arguments with(String name, Value value) {
    Map<String, Value> more = new LinkedHashMap<>(named);
    more.put(name, value);
    return new Arguments(positional, more);
  }

  Arguments behind(Value first) {
    List<Value> more = new ArrayList<>(positional.size() + 1);
    more.add(first);
    more.addAll(positional);
    return new Arguments(more, named);
  }

  /** Without the first ones. */
  Arguments from(int index) {
    return new Arguments(positional.subList(index, positional.size()), named);
  }
}
