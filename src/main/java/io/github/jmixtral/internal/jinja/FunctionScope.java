package io.github.jmixtral.internal.jinja;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The variables of a compiled function, by slots. Scopes at the same level share them. */
final class FunctionScope {
  /** A slot of a function some functions further out. */
  record Place(int hops, int slot) {
    Value get(Activation activation) {
      return activation.get(hops, slot);
    }
  }

  private final @Nullable FunctionScope outer;
  private final Map<String, Integer> slots = new HashMap<>();

  private FunctionScope(@Nullable FunctionScope outer) {
    this.outer = outer;
  }

  static FunctionScope root() {
    return new FunctionScope(null);
  }

  FunctionScope inner() {
    return new FunctionScope(this);
  }

  int slot(String variable) {
    return slots.computeIfAbsent(variable, _ -> slots.size());
  }

  int size() {
    return slots.size();
  }

  Place find(String variable) {
    int hops = 0;
    for (FunctionScope scope = this; scope != null; scope = scope.outer) {
      Integer slot = scope.slots.get(variable);
      if (slot != null) {
        return new Place(hops, slot);
      }
      hops++;
    }
    throw new IllegalStateException(variable);
  }
}
