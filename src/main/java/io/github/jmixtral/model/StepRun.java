package io.github.jmixtral.model;

import io.github.jmixtral.tensor.WeightMatrix;
import java.util.List;

/**
 * Steps of several sequences on their way through a {@link ForwardPass}: cut into batches of as
 * many ids as a chunk holds; a head is computed on the last id of each step. Reused from call to
 * call: once warm it allocates nothing.
 */
final class StepRun {

  private final ForwardPass pass;
  private final int chunk;
  private final int hidden;

  /** Normalised states of the last ids [steps, hidden]. */
  private float[] states = new float[0];

  /** The head's outputs for them [steps, outputs]. */
  private float[] outputs = new float[0];

  /**
   * @param chunk ids of a batch at most
   */
  StepRun(ForwardPass pass, int chunk) {
    this.pass = pass;
    this.chunk = chunk;
    hidden = pass.config().hiddenSize();
  }

  void run(List<SequenceStep> steps, WeightMatrix head) {
    TokenBatch batch = pass.batch();
    int step = 0;
    int done = 0;
    while (step < steps.size()) {
      int firstStep = step;
      int firstDone = done;
      batch.clear();
      while (step < steps.size() && batch.rows() < chunk) {
        SequenceStep next = steps.get(step);
        int left = next.length() - done;
        int count = Math.min(left, chunk - batch.rows());
        batch.add(next.cache(), count, null, 0);
        done += count;
        if (count == left) {
          step++;
          done = 0;
        }
      }
      pass.begin();
      embed(steps, firstStep, firstDone);
      pass.run(null);
      multiply(steps, firstStep, step - firstStep, head);
    }
  }

  private void embed(List<SequenceStep> steps, int firstStep, int firstDone) {
    TokenBatch batch = pass.batch();
    for (int part = 0; part < batch.sequences(); part++) {
      SequenceStep step = steps.get(firstStep + part);
      int from = step.offset() + (part == 0 ? firstDone : 0);
      for (int t = 0; t < batch.count(part); t++) {
        pass.embed(batch.firstRow(part) + t, step.ids()[from + t]);
      }
    }
  }

  /** Computes the head for the batch's first parts, which are the steps that end in it. */
  private void multiply(List<SequenceStep> steps, int firstStep, int ended, WeightMatrix head) {
    if (ended == 0) {
      return;
    }
    if (states.length < ended * hidden) {
      states = new float[ended * hidden];
    }
    if (outputs.length < Math.multiplyExact(ended, head.rows())) {
      outputs = new float[ended * head.rows()];
    }
    TokenBatch batch = pass.batch();
    for (int part = 0; part < ended; part++) {
      pass.normalise(batch.firstRow(part) + batch.count(part) - 1, states, part * hidden);
    }
    pass.multiply(head, states, ended, outputs);
    for (int part = 0; part < ended; part++) {
      System.arraycopy(
          outputs, part * head.rows(), steps.get(firstStep + part).logits(), 0, head.rows());
    }
  }
}
