package io.github.jmixtral.internal.checkpoint;

/**
 * The names of a Mixtral's tensors in GGUF files. A layer's begin with {@code blk.N.}; experts are
 * stacked in one tensor [experts, out, in], or in older files apart: {@code
 * blk.N.ffn_gate.E.weight}.
 */
public final class GgufNames {
  public static final String EMBEDDING = "token_embd.weight";
  public static final String NORM = "output_norm.weight";

  /** Absent where the head is the embedding. */
  public static final String HEAD = "output.weight";

  public static final String ATTENTION_NORM = "attn_norm.weight";
  public static final String QUERY = "attn_q.weight";
  public static final String KEY = "attn_k.weight";
  public static final String VALUE = "attn_v.weight";
  public static final String OUTPUT = "attn_output.weight";
  public static final String EXPERTS_NORM = "ffn_norm.weight";
  public static final String ROUTER = "ffn_gate_inp.weight";

  /** An expert's w1. */
  public static final String GATE = "ffn_gate";

  /** An expert's w2. */
  public static final String DOWN = "ffn_down";

  /** An expert's w3. */
  public static final String UP = "ffn_up";

  private GgufNames() {}

  /** What the names of a layer's tensors begin with. */
  public static String layer(int layer) {
    return "blk." + layer + ".";
  }

  /** A tensor with all experts of a layer. */
  public static String stack(String projection) {
    return projection + "_exps.weight";
  }

  /** A tensor with one expert of a layer. */
  static String single(String projection, int expert) {
    return projection + "." + expert + ".weight";
  }
}
