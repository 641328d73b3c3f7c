package io.github.jmixtral.internal.network;

import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.util.List;

/**
 * One input on its way through a {@link ForwardPass}: cut into batches, each as many ids of as many
 * sequences as a chunk holds, with what is wanted collected after each.
 */
final class InputRun {

  private final ForwardPass pass;
  private final List<InputSequence> sequences;
  private final WeightMatrix head;
  private final float[][][] out;
  private final Recorder recorder;
  private final int chunk;
  private final int hidden;

  /** By part of the batch: which sequence, and how many of its ids went before. */
  private final int[] sequenceOfPart;

  private final int[] doneOfPart;

  /** Normalised states of a batch [rows, hidden]. */
  private float[] states = new float[0];

  /** The head's outputs for the rows that are wanted [wanted, outputs]. */
  private float[] headOutputs = new float[0];

  /**
   * Prepares a run.
   *
   * @param head [outputs, hidden], or null for the normalised states themselves
   * @param out [sequences, columns, outputs], filled by the run; rows that are null are not wanted
   * @param recorder collects what happens in between; may be null
   * @param chunk ids of a batch at most
   */
  InputRun(
      ForwardPass pass,
      List<InputSequence> sequences,
      WeightMatrix head,
      float[][][] out,
      Recorder recorder,
      int chunk) {
    this.pass = pass;
    this.sequences = sequences;
    this.head = head;
    this.out = out;
    this.recorder = recorder;
    this.chunk = chunk;
    hidden = pass.config().hiddenSize();
    sequenceOfPart = new int[sequences.size()];
    doneOfPart = new int[sequences.size()];
  }

  /** Runs all batches. */
  void run() {
    int sequence = 0;
    int done = 0;
    while (sequence < sequences.size()) {
      pass.batch().clear();
      while (sequence < sequences.size() && pass.batch().rows() < chunk) {
        int left = sequences.get(sequence).count() - done;
        int count = Math.min(left, chunk - pass.batch().rows());
        if (count > 0) {
          addPart(sequence, done, count);
        }
        done += count;
        if (count == left) {
          sequence++;
          done = 0;
        }
      }
      if (pass.batch().rows() > 0) {
        runBatch();
        collect();
      }
    }
  }

  private void addPart(int sequence, int done, int count) {
    TokenBatch batch = pass.batch();
    sequenceOfPart[batch.sequences()] = sequence;
    doneOfPart[batch.sequences()] = done;
    InputSequence source = sequences.get(sequence);
    batch.add(source.cache(), count, source.positions(), done);
  }

  private void runBatch() {
    TokenBatch batch = pass.batch();
    pass.begin();
    for (int part = 0; part < batch.sequences(); part++) {
      for (int t = 0; t < batch.count(part); t++) {
        InputSequence source = sequences.get(sequenceOfPart[part]);
        source.embed(pass, batch.firstRow(part) + t, doneOfPart[part] + t);
      }
    }
    if (recorder != null) {
      recorder.begin(batch, sequenceOfPart, doneOfPart);
    }
    pass.run(recorder);
  }

  private void collect() {
    TokenBatch batch = pass.batch();
    int size = Math.multiplyExact(batch.rows(), hidden);
    if (states.length < size) {
      states = new float[size];
    }
    float[][] targets = new float[batch.rows()][];
    int wanted = 0;
    for (int part = 0; part < batch.sequences(); part++) {
      for (int t = 0; t < batch.count(part); t++) {
        int row = batch.firstRow(part) + t;
        targets[row] = target(part, t);
        if (targets[row] != null) {
          wanted++;
        }
      }
    }
    if (recorder != null) {
      for (int row = 0; row < batch.rows(); row++) {
        pass.normalise(row, states, row * hidden);
      }
      recorder.hiddenStates(pass.config().numHiddenLayers(), states);
    }
    if (wanted > 0) {
      computeOutputs(targets, wanted);
    }
  }

  private float[] target(int part, int t) {
    int sequence = sequenceOfPart[part];
    return out[sequence][sequences.get(sequence).column(doneOfPart[part] + t)];
  }

  /** Fills the targets that are not null, by row of the batch. */
  private void computeOutputs(float[][] targets, int wanted) {
    int next = 0;
    for (int row = 0; row < targets.length; row++) {
      if (targets[row] != null) {
        pass.normalise(row, states, next++ * hidden);
      }
    }
    float[] from = states;
    int width = hidden;
    if (head != null) {
      width = head.rows();
      int size = Math.multiplyExact(wanted, width);
      if (headOutputs.length < size) {
        headOutputs = new float[size];
      }
      pass.multiply(head, states, wanted, headOutputs);
      from = headOutputs;
    }
    next = 0;
    for (float[] target : targets) {
      if (target != null) {
        System.arraycopy(from, next++ * width, target, 0, width);
      }
    }
  }
}
