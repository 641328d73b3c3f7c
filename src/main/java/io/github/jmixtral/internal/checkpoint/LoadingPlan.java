package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.LoadOptions.InexactWeights;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.LevelPacker;
import io.github.jmixtral.internal.tensor.Quantizer;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What loading a model makes of its weights, and the memory that this takes, found out without
 * reading more than the first rows of a matrix.
 */
public final class LoadingPlan {
  private final List<Part> parts;
  private final ModelSizes sizes;
  private final boolean quantized;
  private final long largest;

  /**
   * What becomes of the matrices of one kind, such as all {@code w2}, that are stored alike.
   *
   * @param kind the last word of their names: {@code q_proj}, {@code w1}, {@code lm_head}
   * @param stored their format in the file; {@code packed} where it has no short name
   * @param format in which they are multiplied
   * @param exact whether every weight stays what it is
   * @param mapped whether they stay where the file is mapped
   * @param tensors how many there are
   * @param fileBytes bytes in the file
   * @param memoryBytes bytes in memory after loading
   */
  public record Part(
      String kind,
      String stored,
      String format,
      boolean exact,
      boolean mapped,
      int tensors,
      long fileBytes,
      long memoryBytes) {

    private Part plus(Part other) {
      return new Part(
          kind,
          stored,
          format,
          exact,
          mapped,
          tensors + other.tensors,
          fileBytes + other.fileBytes,
          memoryBytes + other.memoryBytes);
    }

    private List<Object> key() {
      return List.of(kind, stored, format, exact, mapped);
    }
  }

  private LoadingPlan(List<Part> parts, ModelSizes sizes, boolean quantized, long largest) {
    this.parts = List.copyOf(parts);
    this.sizes = sizes;
    this.quantized = quantized;
    this.largest = largest;
  }

  /**
   * The plan for weights where they lie.
   *
   * @param options say what becomes of weights that tiles do not hold exactly
   */
  public static LoadingPlan of(MixtralWeights weights, LoadOptions options) {
    try (ThreadTeam team = new ThreadTeam(1)) {
      LevelPacker packer = new LevelPacker(team);
      DestinationRule rule =
          new DestinationRule(
              options.inexactWeights(),
              options.quantization().map(recipe -> Mixture.of(recipe, weights)),
              packer::fitOfFirstRows);
      Map<List<Object>, Part> parts = new LinkedHashMap<>();
      List<Long> read = new ArrayList<>();
      weights.map(
          (name, matrix) -> {
            Part part = part(name, matrix, rule.of(name, matrix, weights.onlyLooksUp(matrix)));
            parts.merge(part.key(), part, Part::plus);
            read.add(part.mapped() ? 0 : matrix.byteSize());
            return matrix;
          });
      // Each thread reads a matrix.
      long largest =
          read.stream()
              .sorted(Comparator.reverseOrder())
              .limit(options.threads())
              .mapToLong(Long::longValue)
              .sum();
      return new LoadingPlan(
          new ArrayList<>(parts.values()),
          ModelSizes.of(weights),
          keepsBits(weights, packer),
          largest);
    }
  }

  /** Whether some weights are quantised in a way that a recipe leaves as it is. */
  private static boolean keepsBits(MixtralWeights weights, LevelPacker packer) {
    DestinationRule rule =
        new DestinationRule(
            InexactWeights.Q8, Optional.of(Mixture.of(Recipe.Q4, weights)), packer::fitOfFirstRows);
    boolean[] kept = new boolean[1];
    weights.map(
        (name, matrix) -> {
          kept[0] |=
              !TileTensors.isRouter(name)
                  && Quantizer.takes(matrix.cols())
                  && !(rule.of(name, matrix, false) instanceof Destination.Requantised);
          return matrix;
        });
    return kept[0];
  }

  private static Part part(String name, WeightMatrix matrix, Destination destination) {
    String[] words = name.split("\\.");
    return new Part(
        words[words.length - 2],
        stored(matrix, destination),
        destination.formatName(),
        destination.isExact(),
        destination instanceof Destination.InPlace,
        1,
        matrix.byteSize(),
        destination.byteSize(matrix));
  }

  private static String stored(WeightMatrix matrix, Destination destination) {
    if (matrix instanceof EncodedMatrix encoded) {
      return switch (encoded.decoder()) {
        case GgufMatrix blocks -> blocks.type().name();
        default -> destination instanceof Destination.InOrder ? destination.formatName() : "packed";
      };
    }
    return new DestinationRule(InexactWeights.Q8, Optional.empty(), _ -> Optional.empty())
        .of("", matrix, false)
        .formatName();
  }

  /** What becomes of the matrices, in the model's order. */
  public List<Part> parts() {
    return parts;
  }

  /** Bytes of memory beside the mapped files. */
  public long heldBytes() {
    return parts.stream().filter(part -> !part.mapped()).mapToLong(Part::memoryBytes).sum();
  }

  /** Bytes in the files of what does not stay there. */
  public long rearrangedBytes() {
    return parts.stream().filter(part -> !part.mapped()).mapToLong(Part::fileBytes).sum();
  }

  /** Bytes of matrices that stay where the files are mapped. */
  public long mappedBytes() {
    return parts.stream().filter(Part::mapped).mapToLong(Part::memoryBytes).sum();
  }

  /** The most bytes of memory while weights are rearranged. */
  public long peakBytes() {
    return heldBytes() == 0 ? 0 : heldBytes() + PageRelease.STRETCH + largest;
  }

  /** What the model's original takes in each recipe, by the shapes of its tensors. */
  public ModelSizes sizes() {
    return sizes;
  }

  /** Whether the weights are quantised already, so that a recipe would not make them smaller. */
  public boolean isQuantized() {
    return quantized;
  }
}
