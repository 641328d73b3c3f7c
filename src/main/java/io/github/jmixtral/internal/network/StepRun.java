package io.github.jmixtral.internal.network;

import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleConsumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Steps of several sequences on their way through a {@link ForwardPass}: cut into batches of as
 * many ids as a chunk holds; a head is computed where outputs are wanted. Reused from call to call:
 * once warm it allocates nothing.
 */
final class StepRun {

  /**
   * Outputs of this many ids stay allocated from call to call: more than decoding asks for at once,
   * and far fewer than a prompt whose logits are all wanted.
   */
  private static final int ROWS_KEPT = 64;

  private final ForwardPass pass;
  private final int chunk;
  private final int hidden;

  /** Normalised states of the ids that the head is computed on [rows, hidden]. */
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

  /**
   * Runs all steps.
   *
   * @param head [outputs, hidden], or null for the states after the final norm
   * @param progress receives the fraction of the work that is done, after each layer; null for none
   */
  void run(
      List<SequenceStep> steps, @Nullable WeightMatrix head, @Nullable DoubleConsumer progress) {
    TokenBatch batch = pass.batch();
    try {
      int step = 0;
      int done = 0;
      int before = 0;
      while (step < steps.size()) {
        batch.clear();
        while (step < steps.size() && batch.rows() < chunk) {
          SequenceStep next = steps.get(step);
          int left = next.length() - done;
          int count = Math.min(left, chunk - batch.rows());
          batch.add(next, done, count);
          done += count;
          if (count == left) {
            step++;
            done = 0;
          }
        }
        pass.run(progress == null ? null : layerListener(steps, before, progress));
        before += batch.rows();
        collect(head);
      }
    } finally {
      batch.clear();
      wanted.clear();
    }
  }

  /**
   * @param before ids of earlier batches
   */
  private IntConsumer layerListener(List<SequenceStep> steps, int before, DoubleConsumer progress) {
    double all = steps.stream().mapToLong(SequenceStep::length).sum();
    int rows = pass.batch().rows();
    int layers = pass.config().numHiddenLayers();
    return done -> progress.accept((before + (double) rows * done / layers) / all);
  }

  /** Computes the outputs that are wanted of the batch. */
  private void collect(@Nullable WeightMatrix head) {
    TokenBatch batch = pass.batch();
    for (int part = 0; part < batch.sequences(); part++) {
      SequenceStep step = batch.step(part);
      int start = batch.start(part);
      int unwanted = step.length() - step.outputs().length;
      for (int id = Math.max(start, unwanted); id < start + batch.count(part); id++) {
        float[] output = step.outputs()[id - unwanted];
        int row = batch.firstRow(part) + id - start;
        if (output != null && (head == null || step.isHeadless())) {
          pass.normalise(row, output, 0);
        } else if (output != null) {
          requireRoom(wanted.size() + 1);
          pass.normalise(row, states, wanted.size() * hidden);
          wanted.add(output);
        }
      }
    }
    if (head != null && !wanted.isEmpty()) {
      multiply(head);
    }
  }

  private void multiply(WeightMatrix head) {
    int rows = wanted.size();
    int size = head.rows();
    if (outputs.length < Math.multiplyExact(rows, size)) {
      outputs = new float[rows * size];
    }
    pass.multiply(head, states, rows, outputs);
    for (int row = 0; row < rows; row++) {
      System.arraycopy(outputs, row * size, wanted.get(row), 0, size);
    }
    wanted.clear();
    if (rows > ROWS_KEPT) {
      outputs = new float[0];
    }
  }

  private void requireRoom(int rows) {
    if (states.length < rows * hidden) {
      states = Arrays.copyOf(states, Math.max(rows, 2 * (states.length / hidden)) * hidden);
    }
  }
}
