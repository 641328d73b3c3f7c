package io.github.jmixtral.internal.network;

import io.github.jmixtral.model.ModelInput;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects what a caller asked to see of a forward pass: hidden states, attentions, router logits,
 * per layer and in the shape [batch, columns, …] of the input. What stands at a masked column stays
 * 0.
 */
final class Recorder {

  private final List<InputSequence> sequences;
  private final int hiddenSize;
  private final int experts;
  private final int columns;
  private final List<float[][][]> hiddenStates = new ArrayList<>();
  private final List<float[][][][]> attentions = new ArrayList<>();
  private final List<float[][]> routerLogits = new ArrayList<>();

  /** Which sequence, and which column of it, each row of the current batch is. */
  private TokenBatch batch;

  private int[] sequenceOfPart;
  private int[] doneOfPart;

  Recorder(ModelInput input, List<InputSequence> sequences, ForwardPass pass) {
    this.sequences = sequences;
    this.hiddenSize = pass.config().hiddenSize();
    this.experts = pass.config().numLocalExperts();
    this.columns = input.columns();
    int layers = pass.config().numHiddenLayers();
    int size = sequences.size();
    for (int layer = 0; layer <= layers && input.outputHiddenStates(); layer++) {
      hiddenStates.add(new float[size][columns][hiddenSize]);
    }
    for (int layer = 0; layer < layers && input.outputAttentions(); layer++) {
      attentions.add(new float[size][][][]);
      for (int s = 0; s < size; s++) {
        int keys = sequences.get(s).past() + columns;
        attentions.getLast()[s] = new float[pass.config().numAttentionHeads()][columns][keys];
      }
    }
    for (int layer = 0; layer < layers && input.outputRouterLogits(pass.config()); layer++) {
      routerLogits.add(new float[size * columns][experts]);
    }
  }

  /**
   * Tells which ids a batch is made of.
   *
   * @param sequenceOfPart by part of the batch: the input's sequence
   * @param doneOfPart by part of the batch: how many ids of the sequence went before
   */
  void begin(TokenBatch batch, int[] sequenceOfPart, int[] doneOfPart) {
    this.batch = batch;
    this.sequenceOfPart = sequenceOfPart;
    this.doneOfPart = doneOfPart;
  }

  /** A layer's input, or, with the number of layers for {@code layer}, the final state. */
  void hiddenStates(int layer, float[] states) {
    if (hiddenStates.isEmpty()) {
      return;
    }
    forEachRow(
        (sequence, column, row) ->
            System.arraycopy(
                states,
                row * hiddenSize,
                hiddenStates.get(layer)[sequence][column],
                0,
                hiddenSize));
  }

  void routerLogits(int layer, float[] logits) {
    if (routerLogits.isEmpty()) {
      return;
    }
    forEachRow(
        (sequence, column, row) ->
            System.arraycopy(
                logits,
                row * experts,
                routerLogits.get(layer)[sequence * columns + column],
                0,
                experts));
  }

  void attentions(int layer, Attention attention) {
    if (attentions.isEmpty()) {
      return;
    }
    for (int part = 0; part < batch.sequences(); part++) {
      InputSequence sequence = sequences.get(sequenceOfPart[part]);
      float[][][] all = attentions.get(layer)[sequenceOfPart[part]];
      float[][][] visible = attention.probabilities(part);
      for (int head = 0; head < visible.length; head++) {
        for (int t = 0; t < visible[head].length; t++) {
          float[] to = all[head][sequence.column(doneOfPart[part] + t)];
          for (int key = 0; key < visible[head][t].length; key++) {
            to[sequence.keyColumn(key)] = visible[head][t][key];
          }
        }
      }
    }
  }

  private interface RowVisitor {
    void visit(int sequence, int column, int row);
  }

  private void forEachRow(RowVisitor visitor) {
    for (int part = 0; part < batch.sequences(); part++) {
      InputSequence sequence = sequences.get(sequenceOfPart[part]);
      for (int t = 0; t < batch.count(part); t++) {
        visitor.visit(
            sequenceOfPart[part], sequence.column(doneOfPart[part] + t), batch.firstRow(part) + t);
      }
    }
  }

  List<float[][][]> hiddenStates() {
    return hiddenStates;
  }

  List<float[][][][]> attentions() {
    return attentions;
  }

  List<float[][]> routerLogits() {
    return routerLogits;
  }
}
