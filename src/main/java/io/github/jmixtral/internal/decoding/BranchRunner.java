package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.StepStates;
import io.github.jmixtral.generation.TokenSequence;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.network.SequenceStep;
import io.github.jmixtral.model.CausalLMOutput;
import io.github.jmixtral.model.ModelInput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Computes what branches wait for, as many ids in one pass as a chunk holds: a few of each of many
 * texts, or a stretch of a long prompt, or both.
 */
final class BranchRunner {
  private final LanguageModel model;
  private final int chunk;
  private final List<SequenceStep> steps = new ArrayList<>();

  /**
   * @param chunk most ids of a pass
   */
  BranchRunner(LanguageModel model, int chunk) {
    this.model = model;
    this.chunk = chunk;
  }

  /** One pass over what the branches wait for, the first ones first. */
  void pass(List<Branch> branches) {
    steps.clear();
    int room = chunk;
    for (int i = 0; i < branches.size() && room > 0; i++) {
      Branch branch = branches.get(i);
      boolean shown = branch.outputs().states() && branch.pending() > 0;
      if (shown) {
        show(branch);
      }
      int before = room;
      room = add(branch, room);
      if (branch.unconditional() != null) {
        room = add(branch.unconditional(), room);
      }
      if (shown || room < before) {
        branch.countPass();
      }
    }
    if (!steps.isEmpty()) {
      model.nextTokenLogits(steps);
    }
  }

  /** Adds what the branch waits for and there is room for; returns the room that is left. */
  private int add(Branch branch, int room) {
    int length = Math.min(branch.pending(), room);
    if (length > 0) {
      steps.add(branch.step(length));
    }
    return room - length;
  }

  /** Computes all that a branch waits for, and keeps what the model shows meanwhile. */
  private void show(Branch branch) {
    OutputSettings outputs = branch.outputs();
    TokenSequence sequence = branch.sequence();
    int[] ids = Arrays.copyOfRange(sequence.array(), branch.cache().length(), sequence.length());
    CausalLMOutput output =
        model.forward(
            ModelInput.ofIds(ids)
                .withCache(branch.cache())
                .withLogitsToKeep(1)
                .withOutputHiddenStates(outputs.hiddenStates())
                .withOutputAttentions(outputs.attentions())
                .withOutputRouterLogits(outputs.routerLogits()));
    float[] logits = output.logits()[0][0];
    System.arraycopy(logits, 0, branch.logits(), 0, logits.length);
    branch.show(
        new StepStates(
            output.hiddenStates().stream().map(layer -> layer[0]).toList(),
            output.attentions().stream().map(layer -> layer[0]).toList(),
            output.routerLogits()));
  }
}
