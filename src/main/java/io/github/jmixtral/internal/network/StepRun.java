package io.github.jmixtral.internal.network;

import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Steps of several sequences on their way through a {@link ForwardPass}: cut into batches of as
 * many ids as a chunk holds; a head is computed on the last ids of each step. Reused from call to
 * call: once warm it allocates nothing.
 */
final class StepRun {

  private final ForwardPass pass;
  private final int chunk;
  private final int hidden;

  /** Normalised states of the ids that a head is computed on [rows, hidden]. */
  private float[] states = new float[0];

  /** The head's outputs for them [rows, outputs]. */
  private float[] outputs = new float[0];

  /** Where those go. */
  private final List<float[]> wanted = new ArrayList<>();

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
      multiply(steps, firstStep, firstDone, head);
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

  /** Computes the head on those of the batch's ids that it is wanted of. */
  private void multiply(List<SequenceStep> steps, int firstStep, int firstDone, WeightMatrix head) {
    TokenBatch batch = pass.batch();
    wanted.clear();
    for (int part = 0; part < batch.sequences(); part++) {
      SequenceStep step = steps.get(firstStep + part);
      int begin = part == 0 ? firstDone : 0;
      int unwanted = step.length() - step.logits().length;
      for (int id = Math.max(begin, unwanted); id < begin + batch.count(part); id++) {
        requireRoom(wanted.size() + 1);
        pass.normalise(batch.firstRow(part) + id - begin, states, wanted.size() * hidden);
        wanted.add(step.logits()[id - unwanted]);
      }
    }
    if (wanted.isEmpty()) {
      return;
    }
    int size = head.rows();
    if (outputs.length < Math.multiplyExact(wanted.size(), size)) {
      outputs = new float[wanted.size() * size];
    }
    pass.multiply(head, states, wanted.size(), outputs);
    for (int row = 0; row < wanted.size(); row++) {
      System.arraycopy(outputs, row * size, wanted.get(row), 0, size);
    }
    wanted.clear();
  }

  private void requireRoom(int rows) {
    if (states.length < rows * hidden) {
      states = Arrays.copyOf(states, Math.max(rows, 2 * (states.length / hidden)) * hidden);
    }
  }
}
