package io.github.jmixtral.internal.jinja;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The variables of one call of a compiled function: of the template itself, a block, a macro, a
 * recursive loop. Slots without a value hold null.
 */
final class Activation {
  private final Rendering rendering;
  private final Context context;
  private final @Nullable Activation outer;
  private final Value[] slots;

  Activation(Rendering rendering, Context context, @Nullable Activation outer, int slots) {
    this.rendering = rendering;
    this.context = context;
    this.outer = outer;
    this.slots = new Value[slots];
  }

  /** The activation of a function that was defined within this one's. */
  Activation inner(int size) {
    return new Activation(rendering, context, this, size);
  }

  Rendering rendering() {
    return rendering;
  }

  Work work() {
    return rendering.work();
  }

  Context context() {
    return context;
  }

  /** The value of a slot some functions further out; null if it has none. */
  Value get(int hops, int slot) {
    Activation activation = this;
    for (int i = 0; i < hops; i++) {
      activation = Objects.requireNonNull(activation.outer, "outer");
    }
    return activation.slots[slot];
  }

  void set(int slot, @Nullable Value value) {
    slots[slot] = value;
  }
}
