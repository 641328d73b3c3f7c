package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.TileFormat;
import io.github.jmixtral.internal.kernel.WeightFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The formats that a recipe gives the matrices of a model. Where the experts have few bits, those
 * matrices have more whose errors harm most: the attention, which is small, and the experts' last
 * projection, w2, in the first and last layers.
 *
 * @param recipe which formats
 * @param layers of the model
 */
public record Mixture(Recipe recipe, int layers) {
  private static final Pattern LAYER = Pattern.compile("(?:^|\\.)layers\\.(\\d+)\\.");

  /** The mixture for a model's weights. */
  public static Mixture of(Recipe recipe, MixtralWeights weights) {
    return new Mixture(recipe, weights.layers().size());
  }

  /** The format of a matrix, by its tensor's name; empty: as it is. */
  public Optional<WeightFormat> formatOf(String name) {
    if (TileTensors.isRouter(name)) {
      return Optional.empty();
    }
    boolean few = name.contains(".experts.") || name.endsWith(".q_proj.weight");
    return Optional.of(
        switch (recipe) {
          case Q2 -> fewBits(name, SuperBlockFormat.Q2, SuperBlockFormat.Q3, layers / 8);
          case Q3 -> fewBits(name, SuperBlockFormat.Q3, SuperBlockFormat.Q4, layers / 16);
          case Q4 -> few ? TileFormat.Q4 : TileFormat.Q8;
          case Q4_ALL -> TileFormat.Q4;
          case Q5 -> few ? SuperBlockFormat.Q5 : TileFormat.Q8;
          case Q6 -> few ? SuperBlockFormat.Q6 : TileFormat.Q8;
          case Q8 -> TileFormat.Q8;
        });
  }

  /**
   * A mixture with less than 4 bits.
   *
   * @param experts the experts' format
   * @param sensitive that of their w2 in the first and the last layers
   * @param atEachEnd how many layers these are; at least one
   */
  private SuperBlockFormat fewBits(
      String name, SuperBlockFormat experts, SuperBlockFormat sensitive, int atEachEnd) {
    if (name.contains(".experts.")) {
      return name.endsWith(".w2.weight") && isOuter(name, Math.max(1, atEachEnd))
          ? sensitive
          : experts;
    }
    boolean plain = name.endsWith(".q_proj.weight") || name.endsWith("embed_tokens.weight");
    return plain ? SuperBlockFormat.Q4 : SuperBlockFormat.Q6;
  }

  private boolean isOuter(String name, int atEachEnd) {
    Matcher matcher = LAYER.matcher(name);
    if (!matcher.find()) {
      return false;
    }
    int layer = Integer.parseInt(matcher.group(1));
    return layer < atEachEnd || layer >= layers - atEachEnd;
  }
}
