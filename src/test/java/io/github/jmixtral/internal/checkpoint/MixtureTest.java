package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.Recipe;
import org.junit.jupiter.api.Test;

@RunsOnce
class MixtureTest {

  @Test
  void moreBitsGoToOuterLayersAndToTheAttention() {
    Mixture mixture = new Mixture(Recipe.Q3, 32);
    String[][] formats = {
      {"model.layers.0.block_sparse_moe.experts.7.w2.weight", "q4_k"},
      {"model.layers.1.block_sparse_moe.experts.7.w2.weight", "q4_k"},
      {"model.layers.2.block_sparse_moe.experts.7.w2.weight", "q3_k"},
      {"model.layers.29.block_sparse_moe.experts.7.w2.weight", "q3_k"},
      {"layers.30.block_sparse_moe.experts.7.w2.weight", "q4_k"},
      {"layers.31.block_sparse_moe.experts.7.w1.weight", "q3_k"},
      {"model.layers.9.self_attn.q_proj.weight", "q4_k"},
      {"model.layers.9.self_attn.v_proj.weight", "q6_k"},
      {"model.embed_tokens.weight", "q4_k"},
      {"lm_head.weight", "q6_k"},
    };
    for (String[] expected : formats) {
      assertEquals(expected[1], mixture.formatOf(expected[0]).orElseThrow().label(), expected[0]);
    }
    assertTrue(mixture.formatOf("model.layers.0.block_sparse_moe.gate.weight").isEmpty());
  }
}
