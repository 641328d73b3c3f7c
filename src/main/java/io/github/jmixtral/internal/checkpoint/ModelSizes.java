package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.internal.tensor.Quantizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Bytes of the weights of a model's original as it is published, in bfloat16, and in folders that
 * are quantised by recipe. They follow from the shapes of its tensors, so no weights need be there.
 *
 * @param bfloat16Bytes not quantised
 * @param recipes quantised by each recipe, in the recipes' order
 */
public record ModelSizes(long bfloat16Bytes, Map<Recipe, Long> recipes) {

  /** The sizes of a language model of which only the configuration is known. */
  public static ModelSizes of(MixtralConfig config) {
    return of(TensorShapes.of(config), config.numHiddenLayers());
  }

  /** The sizes of a model whose weights are stored in any format. */
  static ModelSizes of(MixtralWeights weights) {
    List<TensorShapes.Tensor> tensors = new ArrayList<>();
    weights.map(
        (name, matrix) -> {
          tensors.add(new TensorShapes.Tensor.Matrix(name, matrix.rows(), matrix.cols()));
          return matrix;
        });
    weights
        .norms()
        .forEach((name, norm) -> tensors.add(new TensorShapes.Tensor.Norm(name, norm.length)));
    return of(tensors, weights.layers().size());
  }

  private static ModelSizes of(List<TensorShapes.Tensor> tensors, int layers) {
    Map<Recipe, Long> recipes = new EnumMap<>(Recipe.class);
    for (Recipe recipe : Recipe.values()) {
      Mixture mixture = new Mixture(recipe, layers);
      recipes.put(recipe, tensors.stream().mapToLong(t -> byteSize(t, Optional.of(mixture))).sum());
    }
    return new ModelSizes(
        tensors.stream().mapToLong(t -> byteSize(t, Optional.empty())).sum(),
        Collections.unmodifiableMap(recipes));
  }

  private static long byteSize(TensorShapes.Tensor tensor, Optional<Mixture> mixture) {
    return switch (tensor) {
      case TensorShapes.Tensor.Norm(_, int size) -> (long) Short.BYTES * size;
      case TensorShapes.Tensor.Matrix(String name, int rows, int cols) ->
          mixture
              .flatMap(wanted -> wanted.formatOf(name))
              .filter(_ -> Quantizer.takes(cols))
              .map(format -> TileTensors.byteSize(format, rows, cols))
              .orElse((long) Short.BYTES * rows * cols);
    };
  }

  /** Bytes in a recipe. */
  long bytesIn(Recipe recipe) {
    return Objects.requireNonNull(recipes.get(recipe));
  }

  /** The recipe that is to be recommended where weights may take so many bytes, if one fits. */
  public Optional<Recipe> largestWithin(long bytes) {
    return recommendable()
        .filter(entry -> entry.getValue() <= bytes)
        .max(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey);
  }

  /** The recipe of the fewest bytes that may be recommended. */
  Recipe smallest() {
    return recommendable().min(Map.Entry.comparingByValue()).orElseThrow().getKey();
  }

  /** All but Q4_ALL: Q4, of about its size, and the smaller Q3 are better. */
  private Stream<Map.Entry<Recipe, Long>> recommendable() {
    return recipes.entrySet().stream().filter(entry -> entry.getKey() != Recipe.Q4_ALL);
  }
}
