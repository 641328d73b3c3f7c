package io.github.jmixtral.internal.automaton;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a run of a grammar may be: a set of stacks, as what was read may fit several ways. Equal by
 * its stacks; what is reached from it is remembered. Safe for use by several threads.
 */
public final class Configuration {
  /** Where a text ends up that does not fit. */
  static final Configuration DEAD = new Configuration(List.of(), List.of(), false, Costs.NEVER, 0);

  private static final int BYTES = 256;

  private final List<Frame> kernels;
  private final List<Frame> readers;
  private final boolean complete;
  private final int bound;
  private final int depth;

  // Races are harmless: a configuration's fields are final, and equal ones serve alike.
  private Configuration @Nullable [] next;

  /**
   * @param kernels the stacks that reading led to
   * @param readers the stacks that calling and returning make of them and that read a byte next
   * @param complete whether one of them may end here
   * @param bound the number of tokens that suffice to come to an end
   */
  Configuration(List<Frame> kernels, List<Frame> readers, boolean complete, int bound, int depth) {
    this.kernels = kernels;
    this.readers = readers;
    this.complete = complete;
    this.bound = bound;
    this.depth = depth;
  }

  List<Frame> kernels() {
    return kernels;
  }

  List<Frame> readers() {
    return readers;
  }

  /** Whether what was read is a whole text of the grammar. */
  public boolean isComplete() {
    return complete;
  }

  public boolean isDead() {
    return this == DEAD;
  }

  /** The number of tokens that suffice to come to an end; 0 when complete. */
  public int bound() {
    return bound;
  }

  /** How high the highest stack is. */
  int depth() {
    return depth;
  }

  /** What a byte leads to, or null if that was not asked before. */
  @Nullable Configuration known(int value) {
    Configuration @Nullable [] targets = next;
    return targets == null ? null : targets[value];
  }

  void learn(int value, Configuration target) {
    Configuration @Nullable [] targets = next;
    if (targets == null) {
      targets = new Configuration[BYTES];
      next = targets;
    }
    targets[value] = target;
  }
}
