package io.github.jmixtral.testkit.mutation;

import java.util.List;

/**
 * A Mixtral of one layer, one head and one expert, in half precision, whose output is tied to its
 * embedding. Files of it stay below 4 KB.
 *
 * @param hidden the size of a hidden state
 * @param intermediate the size within an expert
 */
public record SmallModel(int hidden, int intermediate) {
  private static final int HEAD_DIM = 2;
  private static final int VOCABULARY = 4;

  /**
   * The stem of the weight that seeds of quantised models encode: {@code [intermediate, hidden]}.
   */
  public static final String ENCODED = "model.layers.0.block_sparse_moe.experts.0.w1";

  /** {@code config.json}. */
  public String config() {
    return config("");
  }

  /**
   * {@code config.json} with further entries.
   *
   * @param more entries, each with a comma behind it
   */
  public String config(String more) {
    return """
    {"architectures": ["MixtralForCausalLM"], "model_type": "mixtral", %s
     "hidden_size": %d, "intermediate_size": %d, "num_hidden_layers": 1,
     "num_attention_heads": 1, "num_key_value_heads": 1, "head_dim": %d,
     "num_local_experts": 1, "num_experts_per_tok": 1, "vocab_size": %d,
     "max_position_embeddings": 64, "sliding_window": null, "rms_norm_eps": 1e-05,
     "rope_theta": 1000000.0, "hidden_act": "silu", "tie_word_embeddings": true,
     "bos_token_id": 1, "eos_token_id": [2, 3], "pad_token_id": null,
     "torch_dtype": "float16"}
    """
        .formatted(more, hidden, intermediate, HEAD_DIM, VOCABULARY);
  }

  /** {@code params.json}. */
  public String params() {
    return """
    {"dim": %d, "n_layers": 1, "head_dim": %d, "hidden_dim": %d, "n_heads": 1,
     "n_kv_heads": 1, "norm_eps": 1e-05, "vocab_size": %d, "rope_theta": 1000000.0,
     "moe": {"num_experts": 1, "num_experts_per_tok": 1}}
    """
        .formatted(hidden, HEAD_DIM, intermediate, VOCABULARY);
  }

  /** All weights under the Hub's names. */
  public SafetensorsSeed weights() {
    return put(weightsBut(ENCODED), ENCODED + ".weight", intermediate, hidden);
  }

  /** The weights under the Hub's names, one left out. */
  public SafetensorsSeed weightsBut(String stem) {
    SafetensorsSeed seed = new SafetensorsSeed();
    put(seed, "model.embed_tokens.weight", VOCABULARY, hidden);
    String layer = "model.layers.0.";
    put(seed, layer + "input_layernorm.weight", hidden);
    for (String projection : List.of("q", "k", "v")) {
      put(seed, layer + "self_attn." + projection + "_proj.weight", HEAD_DIM, hidden);
    }
    put(seed, layer + "self_attn.o_proj.weight", hidden, HEAD_DIM);
    put(seed, layer + "post_attention_layernorm.weight", hidden);
    String experts = layer + "block_sparse_moe.";
    put(seed, experts + "gate.weight", 1, hidden);
    for (int part = 1; part <= 3; part++) {
      String name = experts + "experts.0.w" + part;
      if (!name.equals(stem)) {
        long rows = part == 2 ? hidden : intermediate;
        put(seed, name + ".weight", rows, part == 2 ? intermediate : hidden);
      }
    }
    return put(seed, "model.norm.weight", hidden);
  }

  /** All weights under the names of Mistral AI's releases, the output apart. */
  public SafetensorsSeed rawWeights() {
    SafetensorsSeed seed = new SafetensorsSeed();
    put(seed, "tok_embeddings.weight", VOCABULARY, hidden);
    put(seed, "layers.0.attention_norm.weight", hidden);
    for (String projection : List.of("q", "k", "v")) {
      put(seed, "layers.0.attention.w" + projection + ".weight", HEAD_DIM, hidden);
    }
    put(seed, "layers.0.attention.wo.weight", hidden, HEAD_DIM);
    put(seed, "layers.0.ffn_norm.weight", hidden);
    put(seed, "layers.0.feed_forward.gate.weight", 1, hidden);
    put(seed, "layers.0.feed_forward.experts.0.w1.weight", intermediate, hidden);
    put(seed, "layers.0.feed_forward.experts.0.w2.weight", hidden, intermediate);
    put(seed, "layers.0.feed_forward.experts.0.w3.weight", intermediate, hidden);
    put(seed, "norm.weight", hidden);
    return put(seed, "output.weight", VOCABULARY, hidden);
  }

  private static SafetensorsSeed put(SafetensorsSeed seed, String name, long... shape) {
    return seed.put(name, "F16", 2, shape);
  }
}
