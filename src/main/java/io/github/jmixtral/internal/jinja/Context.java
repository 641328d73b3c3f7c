package io.github.jmixtral.internal.jinja;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The variables that a template was given, and those that it sets at its top level. */
final class Context {
  private final Map<String, Value> given;
  private final Map<String, Value> set = new HashMap<>();
  private final Map<String, Block> blocks;

  Context(Map<String, Value> given, Map<String, Block> blocks) {
    this.given = given;
    this.blocks = blocks;
  }

  /** Null if there is no such variable. */
  @Nullable Value get(String name) {
    Value value = set.get(name);
    return value != null ? value : given.get(name);
  }

  void set(String name, Value value) {
    if (value == null) {
      set.remove(name);
    } else {
      set.put(name, value);
    }
  }

  /** Another context with further variables. */
  Context with(Map<String, Value> locals) {
    Map<String, Value> all = new HashMap<>(given);
    all.putAll(set);
    all.putAll(locals);
    return new Context(all, blocks);
  }

  /** Null if there is no such block. */
  @Nullable BlockReference block(String name) {
    Block block = blocks.get(name);
    return block == null ? null : new BlockReference(name, block, this);
  }
}
