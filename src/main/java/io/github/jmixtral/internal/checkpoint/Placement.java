package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.LoadOptions.InexactWeights;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.kernel.TileFormat;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.LevelPacker;
import io.github.jmixtral.internal.tensor.QuantizedMatrix;
import io.github.jmixtral.internal.tensor.Quantizer;
import io.github.jmixtral.internal.tensor.RearrangedRows;
import io.github.jmixtral.internal.tensor.RowWidener;
import io.github.jmixtral.internal.tensor.SuperBlockPacker;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts encoded weights, while a model is loaded, into formats that kernels multiply with, as a
 * {@link DestinationRule} decides. Close it to end its threads.
 */
final class Placement implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Placement.class);

  /** What became of a matrix, in the words of the log. */
  private enum Outcome {
    EXACT("in exact tiles"),
    ROUNDED_SCALES("in tiles with scales rounded to half precision"),
    REQUANTISED("requantised"),
    WIDENED("widened exactly"),
    DECODED("decoded when read");

    private final String words;

    Outcome(String words) {
      this.words = words;
    }
  }

  private final DestinationRule rule;
  private final PageRelease pages;
  private final Arena arena;
  private final ThreadTeam team;
  private final LevelPacker packer;
  private final SuperBlockPacker superBlockPacker;
  private final RowWidener widener;
  private final Quantizer quantizer;
  private final Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);

  /**
   * Prepares for one model.
   *
   * @param pages of the files that are read
   * @param arena whose memory takes the weights; several threads write it
   */
  Placement(InexactWeights inexact, int threads, PageRelease pages, Arena arena) {
    this.pages = pages;
    this.arena = arena;
    team = new ThreadTeam(threads);
    packer = new LevelPacker(team);
    superBlockPacker = new SuperBlockPacker(team);
    widener = new RowWidener(team);
    quantizer = new Quantizer(Kernels.detected(), team);
    rule = new DestinationRule(inexact, Optional.empty(), packer::fit);
  }

  /** Whether a model has weights that have to be placed. */
  static boolean isNeeded(MixtralWeights weights) {
    return weights.matrices().stream().anyMatch(EncodedMatrix.class::isInstance);
  }

  /** Places what goes into tiles exactly; leaves the rest. */
  MixtralWeights placeExact(MixtralWeights weights) {
    return weights.map(
        (name, matrix) ->
            matrix instanceof EncodedMatrix encoded && !TileTensors.isRouter(name)
                ? placeExact(encoded)
                : matrix);
  }

  private WeightMatrix placeExact(EncodedMatrix matrix) {
    if (matrix.superBlocks().isPresent()) {
      return read(matrix, counted(Outcome.EXACT, superBlockPacker.pack(matrix, arena)));
    }
    return packer
        .fit(matrix)
        .filter(LevelPacker.Fit::exact)
        .map(fit -> read(matrix, pack(matrix, fit)))
        .orElse(matrix);
  }

  /** Lets the pages go that a matrix was read from, unless it stays there. */
  private WeightMatrix read(EncodedMatrix source, WeightMatrix placed) {
    if (placed != source) {
      pages.addRead(source.byteSize());
    }
    return placed;
  }

  /** Places all matrices, and says in the log what became of them. */
  MixtralWeights place(Path path, MixtralWeights weights) {
    MixtralWeights placed =
        weights.map(
            (name, matrix) ->
                matrix instanceof EncodedMatrix encoded
                    ? read(encoded, place(name, encoded, weights.onlyLooksUp(matrix)))
                    : matrix);
    outcomes.forEach(
        (outcome, count) ->
            LOGGER.info("{}: {} matrices {}", path.getFileName(), count, outcome.words));
    return placed;
  }

  private WeightMatrix place(String name, EncodedMatrix matrix, boolean lookedUp) {
    return switch (rule.of(name, matrix, lookedUp)) {
      case Destination.InPlace _ -> counted(Outcome.DECODED, matrix);
      case Destination.InOrder _ -> counted(Outcome.WIDENED, inOrder(matrix, arena));
      case Destination.Widened _ -> counted(Outcome.WIDENED, widener.widen(matrix, arena));
      case Destination.InSuperBlocks _ ->
          counted(Outcome.EXACT, superBlockPacker.pack(matrix, arena));
      case Destination.InTiles(LevelPacker.Fit fit) -> pack(matrix, fit);
      case Destination.Requantised(TileFormat format) -> round(name, matrix, format);
      case Destination.Requantised(SuperBlockFormat format) ->
          throw new IllegalStateException(format + " without a recipe");
    };
  }

  /** Weights that merely lie in another order, copied; all others as they are. */
  static WeightMatrix inOrder(WeightMatrix matrix, Arena arena) {
    return matrix instanceof EncodedMatrix encoded
            && encoded.decoder() instanceof RearrangedRows rearranged
        ? rearranged.copy(arena)
        : matrix;
  }

  private WeightMatrix pack(EncodedMatrix matrix, LevelPacker.Fit fit) {
    return counted(
        fit.exact() ? Outcome.EXACT : Outcome.ROUNDED_SCALES, packer.pack(matrix, fit, arena));
  }

  private WeightMatrix round(String name, EncodedMatrix matrix, TileFormat format) {
    QuantizedMatrix target = QuantizedMatrix.allocate(arena, format, matrix.rows(), matrix.cols());
    try {
      quantizer.quantize(matrix, target);
    } catch (IllegalArgumentException notFinite) {
      throw new MalformedFileException(
          "tensor '" + name + "'", String.valueOf(notFinite.getMessage()), notFinite);
    }
    return counted(Outcome.REQUANTISED, target);
  }

  private WeightMatrix counted(Outcome outcome, WeightMatrix matrix) {
    outcomes.merge(outcome, 1, Integer::sum);
    return matrix;
  }

  @Override
  public void close() {
    team.close();
  }
}
