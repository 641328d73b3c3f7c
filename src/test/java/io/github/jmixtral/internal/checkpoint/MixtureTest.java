package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@RunsOnce
class MixtureTest {

  /** Widths of a published model. */
  private record Shape(int layers, int hidden, int intermediate, int keys, int words) {
    static final Shape MIXTRAL_8X7B = new Shape(32, 4096, 14336, 1024, 32000);
    static final Shape MIXTRAL_8X22B = new Shape(56, 6144, 16384, 1024, 32768);

    double gigabytes(Recipe recipe) {
      Mixture mixture = new Mixture(recipe, layers);
      long bytes =
          size(mixture, "model.embed_tokens.weight", words, hidden)
              + size(mixture, "lm_head.weight", words, hidden);
      for (int layer = 0; layer < layers; layer++) {
        String prefix = "model.layers." + layer + ".";
        String attention = prefix + "self_attn.";
        String expert = prefix + "block_sparse_moe.experts.0.";
        bytes +=
            size(mixture, attention + "q_proj.weight", hidden, hidden)
                + size(mixture, attention + "k_proj.weight", keys, hidden)
                + size(mixture, attention + "v_proj.weight", keys, hidden)
                + size(mixture, attention + "o_proj.weight", hidden, hidden)
                + size(mixture, prefix + "block_sparse_moe.gate.weight", 8, hidden)
                + 8 * size(mixture, expert + "w1.weight", intermediate, hidden)
                + 8 * size(mixture, expert + "w2.weight", hidden, intermediate)
                + 8 * size(mixture, expert + "w3.weight", intermediate, hidden);
      }
      return bytes / 1e9;
    }

    /** Bytes of a matrix, which is bfloat16 where the recipe leaves it. */
    private static long size(Mixture mixture, String name, int rows, int cols) {
      return mixture
          .formatOf(name)
          .map(
              format ->
                  TileTensors.shape(format, rows, cols).stream().reduce(1L, Math::multiplyExact))
          .orElse(2L * rows * cols);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theDocumentationHasTheSizes(Recipe recipe) throws IOException {
    List<String> rows =
        Files.readAllLines(Path.of("docs/models.md")).stream()
            .filter(line -> line.startsWith("| `" + recipe + "`"))
            .toList();
    assertEquals(1, rows.size(), recipe.toString());
    String sizes =
        "| %.1f GB | %.1f GB |"
            .formatted(Shape.MIXTRAL_8X7B.gigabytes(recipe), Shape.MIXTRAL_8X22B.gigabytes(recipe));
    assertTrue(rows.getFirst().contains(sizes), sizes + " in " + rows.getFirst());
  }

  @Test
  void theSmallestRecipesFitIntoTheMemoryOfSmallMachines() {
    assertTrue(Shape.MIXTRAL_8X7B.gigabytes(Recipe.Q3) <= 21.5);
    assertTrue(Shape.MIXTRAL_8X7B.gigabytes(Recipe.Q2) <= 16.5);
  }

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
