package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.MixtralConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Collects what a caller asked to see of one sequence's way through the layers, by column of its
 * input. What stands at a masked column stays 0. The ids may come in several steps.
 */
public final class Recorder {

  /** What is collected. */
  public record Wanted(boolean hiddenStates, boolean attentions, boolean routerLogits) {
    /** Whether anything is. */
    public boolean any() {
      return hiddenStates || attentions || routerLogits;
    }
  }

  private final int past;
  private final int[] columns;
  private final int hiddenSize;
  private final int experts;
  private final List<float[][]> hiddenStates = new ArrayList<>();
  private final List<float[][][]> attentions = new ArrayList<>();
  private final List<float[][]> routerLogits = new ArrayList<>();

  /** Ids that went before the current batch. */
  private int done;

  /**
   * A recorder of the next ids of a sequence, without padding.
   *
   * @param past ids that the cache holds
   * @param count ids that come
   */
  public Recorder(MixtralConfig config, Wanted wanted, int past, int count) {
    this(config, wanted, past, IntStream.range(0, count).toArray(), count);
  }

  /**
   * A recorder of ids among padding.
   *
   * @param columns of each id
   * @param width columns with padding
   */
  Recorder(MixtralConfig config, Wanted wanted, int past, int[] columns, int width) {
    this.past = past;
    this.columns = columns;
    hiddenSize = config.hiddenSize();
    experts = config.numLocalExperts();
    int layers = config.numHiddenLayers();
    for (int layer = 0; layer <= layers && wanted.hiddenStates(); layer++) {
      hiddenStates.add(new float[width][hiddenSize]);
    }
    for (int layer = 0; layer < layers && wanted.attentions(); layer++) {
      attentions.add(new float[config.numAttentionHeads()][width][past + width]);
    }
    for (int layer = 0; layer < layers && wanted.routerLogits(); layer++) {
      routerLogits.add(new float[width][experts]);
    }
  }

  /**
   * Takes a layer's input.
   *
   * @param states [rows, hidden], of which {@code count} from {@code firstRow} on are the
   *     sequence's
   */
  void hiddenStates(int layer, float[] states, int firstRow, int count) {
    if (!hiddenStates.isEmpty()) {
      copy(states, firstRow, count, hiddenStates.get(layer), hiddenSize);
    }
  }

  /**
   * Takes a layer's router logits.
   *
   * @param logits [rows, experts], likewise
   */
  void routerLogits(int layer, float[] logits, int firstRow, int count) {
    if (!routerLogits.isEmpty()) {
      copy(logits, firstRow, count, routerLogits.get(layer), experts);
    }
  }

  private void copy(float[] from, int firstRow, int count, float[][] to, int size) {
    for (int t = 0; t < count; t++) {
      System.arraycopy(from, (firstRow + t) * size, to[columns[done + t]], 0, size);
    }
  }

  boolean wantsAttentions() {
    return !attentions.isEmpty();
  }

  /**
   * Takes a layer's attention.
   *
   * @param probabilities [heads, count, ids so far]
   */
  void attentions(int layer, float[][][] probabilities) {
    for (int head = 0; head < probabilities.length; head++) {
      for (int t = 0; t < probabilities[head].length; t++) {
        float[] from = probabilities[head][t];
        float[] to = attentions.get(layer)[head][columns[done + t]];
        for (int key = 0; key < from.length; key++) {
          to[key < past ? key : past + columns[key - past]] = from[key];
        }
      }
    }
  }

  /** Where the final state of the current batch's t-th id goes [hidden]; null if not wanted. */
  float @Nullable [] finalState(int t) {
    return hiddenStates.isEmpty() ? null : hiddenStates.getLast()[columns[done + t]];
  }

  /** The current batch is done. */
  void advance(int count) {
    done += count;
  }

  /** By layer, and the final state: [columns, hidden]; empty if not wanted. */
  public List<float[][]> hiddenStates() {
    return List.copyOf(hiddenStates);
  }

  /** By layer: [heads, columns, past + columns]; empty if not wanted. */
  public List<float[][][]> attentions() {
    return List.copyOf(attentions);
  }

  /** By layer: [columns, experts]; empty if not wanted. */
  public List<float[][]> routerLogits() {
    return List.copyOf(routerLogits);
  }
}
