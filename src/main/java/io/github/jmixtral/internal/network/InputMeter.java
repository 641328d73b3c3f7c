package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.Importance;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Adds up the squared inputs of every weight matrix while a text runs through a model. */
public final class InputMeter {

  /**
   * An expert that few tokens reach borrows from what is known otherwise, as if this many tokens
   * had been of that kind.
   */
  private static final int BORROWED_TOKENS = 32;

  private final int hidden;
  private final int intermediate;
  private final int experts;
  private final Sum[] attention;
  private final Sum[] output;
  private final Sum[][] expert;
  private final Sum[][] inner;
  private final Sum head;

  /** Σ x² of some columns, over a number of tokens. */
  private static final class Sum {
    private final double[] squares;
    private long tokens;

    Sum(int cols) {
      squares = new double[cols];
    }

    void add(float[] x, int firstRow, int rows) {
      int cols = squares.length;
      for (int row = firstRow; row < firstRow + rows; row++) {
        for (int c = 0; c < cols; c++) {
          double value = x[row * cols + c];
          squares[c] += value * value;
        }
      }
      tokens += rows;
    }

    double mean(int col) {
      return tokens == 0 ? 0 : squares[col] / tokens;
    }

    double mean() {
      return tokens == 0 ? 0 : Arrays.stream(squares).sum() / squares.length / tokens;
    }

    float[] means() {
      float[] means = new float[squares.length];
      for (int c = 0; c < means.length; c++) {
        means[c] = (float) mean(c);
      }
      return means;
    }

    /** The means with some tokens added whose squares are those of all tokens of the layer. */
    float[] meansWith(Sum all) {
      float[] means = new float[squares.length];
      for (int c = 0; c < means.length; c++) {
        means[c] =
            (float) ((squares[c] + BORROWED_TOKENS * all.mean(c)) / (tokens + BORROWED_TOKENS));
      }
      return means;
    }

    /** The means with some tokens added whose squares are alike in all columns. */
    float[] meansWithEven() {
      float[] means = new float[squares.length];
      double even = mean();
      for (int c = 0; c < means.length; c++) {
        means[c] = (float) ((squares[c] + BORROWED_TOKENS * even) / (tokens + BORROWED_TOKENS));
      }
      return means;
    }
  }

  public InputMeter(MixtralConfig config) {
    hidden = config.hiddenSize();
    intermediate = config.intermediateSize();
    experts = config.numLocalExperts();
    int layers = config.numHiddenLayers();
    attention = sums(layers, hidden);
    output = sums(layers, config.numAttentionHeads() * config.headDim());
    expert = new Sum[layers][];
    inner = new Sum[layers][];
    for (int layer = 0; layer < layers; layer++) {
      expert[layer] = sums(experts, hidden);
      inner[layer] = sums(experts, intermediate);
    }
    head = new Sum(hidden);
  }

  private static Sum[] sums(int count, int cols) {
    Sum[] sums = new Sum[count];
    Arrays.setAll(sums, _ -> new Sum(cols));
    return sums;
  }

  /**
   * Takes the inputs of a layer's attention.
   *
   * @param x of q, k and v [rows, hidden]
   * @param mixed of o [rows, heads · headDim]
   */
  void attention(int layer, int rows, float[] x, float[] mixed) {
    attention[layer].add(x, 0, rows);
    output[layer].add(mixed, 0, rows);
  }

  /**
   * Takes the inputs of an expert.
   *
   * @param inputs of w1 and w3 [places, hidden]
   * @param activations of w2 [places, intermediate]
   */
  void expert(int layer, int id, int firstPlace, int count, float[] inputs, float[] activations) {
    expert[layer][id].add(inputs, firstPlace, count);
    inner[layer][id].add(activations, firstPlace, count);
  }

  /** Takes an input of the head [hidden]. */
  public void head(float[] state) {
    head.add(state, 0, 1);
  }

  /** What was measured, by the names of the tensors. */
  public Importance importance() {
    Map<String, float[]> squares = new HashMap<>();
    squares.put("lm_head.weight", head.means());
    for (int layer = 0; layer < attention.length; layer++) {
      String prefix = "layers." + layer + ".";
      for (String name : new String[] {"q_proj", "k_proj", "v_proj"}) {
        squares.put(prefix + "self_attn." + name + ".weight", attention[layer].means());
      }
      squares.put(prefix + "self_attn.o_proj.weight", output[layer].means());
      Sum all = new Sum(hidden);
      for (Sum one : expert[layer]) {
        Arrays.setAll(all.squares, c -> all.squares[c] + one.squares[c]);
        all.tokens += one.tokens;
      }
      for (int id = 0; id < experts; id++) {
        String name = prefix + "block_sparse_moe.experts." + id + ".";
        squares.put(name + "w1.weight", expert[layer][id].meansWith(all));
        squares.put(name + "w3.weight", expert[layer][id].meansWith(all));
        squares.put(name + "w2.weight", inner[layer][id].meansWithEven());
      }
    }
    return Importance.of(squares);
  }
}
