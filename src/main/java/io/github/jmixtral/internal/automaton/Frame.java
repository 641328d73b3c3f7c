package io.github.jmixtral.internal.automaton;

import org.jspecify.annotations.Nullable;

/**
 * A stack of states: the rule under way, and below it where its callers go on. Immutable, equal by
 * content.
 */
final class Frame {
  private final int state;
  private final int count;
  private final @Nullable Frame parent;
  private final int hash;
  private final int depth;
  private final int bound;

  /**
   * @param count how often what the state's rule counts has occurred
   * @param parent null for the bottom
   * @param cost the number of tokens that suffice to the end of the state's rule
   */
  Frame(int state, int count, @Nullable Frame parent, int cost) {
    this.state = state;
    this.count = count;
    this.parent = parent;
    hash = 31 * (31 * (parent == null ? 7 : parent.hash) + state) + count;
    depth = parent == null ? 1 : parent.depth + 1;
    bound = Math.min(Costs.NEVER, cost + (parent == null ? 0 : parent.bound));
  }

  int state() {
    return state;
  }

  int count() {
    return count;
  }

  /** What is below, or null. */
  @Nullable Frame parent() {
    return parent;
  }

  int depth() {
    return depth;
  }

  /** The number of tokens that suffice to bring the whole stack to its end. */
  int bound() {
    return bound;
  }

  @Override
  public boolean equals(Object other) {
    if (!(other instanceof Frame frame)) {
      return false;
    }
    @Nullable Frame a = this;
    @Nullable Frame b = frame;
    while (a != b) {
      if (a == null || b == null || a.hash != b.hash || a.state != b.state || a.count != b.count) {
        return false;
      }
      a = a.parent;
      b = b.parent;
    }
    return true;
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
