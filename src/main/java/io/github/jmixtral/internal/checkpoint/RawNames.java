package io.github.jmixtral.internal.checkpoint;

import java.util.Map;

/** The tensor names of Mistral AI's own releases, experts apart. */
public final class RawNames {
  private static final Map<String, String> OF_MODEL =
      Map.of(
          "model.embed_tokens.weight", "tok_embeddings.weight",
          "model.norm.weight", "norm.weight",
          "lm_head.weight", "output.weight");

  private static final Map<String, String> OF_LAYER =
      Map.of(
          "input_layernorm", "attention_norm",
          "self_attn.q_proj", "attention.wq",
          "self_attn.k_proj", "attention.wk",
          "self_attn.v_proj", "attention.wv",
          "self_attn.o_proj", "attention.wo",
          "post_attention_layernorm", "ffn_norm",
          "block_sparse_moe", "feed_forward");

  private RawNames() {}

  /** The name of a tensor that has one of the Hub's older names. */
  public static String of(String hubName) {
    if (OF_MODEL.containsKey(hubName)) {
      return OF_MODEL.get(hubName);
    }
    String name = hubName.replaceFirst("^model\\.", "");
    for (Map.Entry<String, String> part : OF_LAYER.entrySet()) {
      name = name.replace(part.getKey(), part.getValue());
    }
    return name;
  }
}
