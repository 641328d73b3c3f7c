package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.network.SequenceStep;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleConsumer;

/**
 * Computes what branches wait for, as many ids in one pass as a chunk holds: a few of each of many
 * texts, or a stretch of a long prompt, or both.
 */
final class BranchRunner {
  private final LanguageModel model;
  private final List<SequenceStep> steps = new ArrayList<>();

  BranchRunner(LanguageModel model) {
    this.model = model;
  }

  /** One pass over what the branches wait for, the first ones first. */
  void pass(List<Branch> branches) {
    steps.clear();
    int room = model.chunk();
    for (int i = 0; i < branches.size() && room > 0; i++) {
      Branch branch = branches.get(i);
      int before = room;
      room = add(branch, room);
      if (branch.unconditional() != null) {
        room = add(branch.unconditional(), room);
      }
      if (room < before) {
        branch.countPass();
      }
    }
    if (!steps.isEmpty()) {
      model.nextTokenLogits(steps, progress(branches));
    }
    for (int i = 0; i < branches.size(); i++) {
      branches.get(i).endPass();
    }
  }

  /** Shows each prompt how far it is; null if none wants to know. */
  private static DoubleConsumer progress(List<Branch> branches) {
    for (int i = 0; i < branches.size(); i++) {
      if (branches.get(i).prefill() != null) {
        return fraction -> branches.forEach(branch -> branch.showPrefill(fraction));
      }
    }
    return null;
  }

  /** Adds what the branch waits for and there is room for; returns the room that is left. */
  private int add(Branch branch, int room) {
    int length = Math.min(branch.pending(), room);
    if (length > 0) {
      steps.add(branch.step(length));
    }
    return room - length;
  }
}
