package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.LoadOptions.InexactWeights;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.kernel.Kernels;
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
 * Puts encoded weights, while a model is loaded, into formats that kernels multiply with:
 *
 * <ol>
 *   <li>weights that are merely in another order, and those of the router: as floats, exactly;
 *   <li>integers that fit into tiles, with scales that are half-precision numbers: tiles, exactly;
 *   <li>all others as {@link InexactWeights} says.
 * </ol>
 *
 * <p>An embedding that is only looked up stays where it lies, unless it goes into tiles exactly.
 * Close it to end its threads.
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

  private final InexactWeights inexact;
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
   * @param arena whose memory takes the weights; several threads write it
   */
  Placement(InexactWeights inexact, int threads, Arena arena) {
    this.inexact = inexact;
    this.arena = arena;
    team = new ThreadTeam(threads);
    packer = new LevelPacker(team);
    superBlockPacker = new SuperBlockPacker(team);
    widener = new RowWidener(team);
    quantizer = new Quantizer(Kernels.detected(), team);
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
    return matrix.superBlocks().isPresent()
        ? counted(Outcome.EXACT, superBlockPacker.pack(matrix, arena))
        : exactFit(matrix).map(fit -> pack(matrix, fit)).orElse(matrix);
  }

  /** Places all matrices, and says in the log what became of them. */
  MixtralWeights place(Path path, MixtralWeights weights) {
    boolean tied =
        weights.head() instanceof MixtralWeights.Head.LanguageModel(WeightMatrix lmHead)
            && lmHead == weights.embedTokens();
    MixtralWeights placed =
        weights.map(
            (name, matrix) ->
                matrix instanceof EncodedMatrix encoded
                    ? place(name, encoded, matrix == weights.embedTokens() && !tied)
                    : matrix);
    outcomes.forEach(
        (outcome, count) ->
            LOGGER.info("{}: {} matrices {}", path.getFileName(), count, outcome.words));
    return placed;
  }

  private WeightMatrix place(String name, EncodedMatrix matrix, boolean lookedUp) {
    WeightMatrix inOrder = inOrder(matrix, arena);
    if (inOrder != matrix) {
      return counted(Outcome.WIDENED, inOrder);
    }
    long widened = (long) matrix.rows() * matrix.cols() * matrix.exactIn().byteSize();
    if (TileTensors.isRouter(name) || widened <= matrix.byteSize()) {
      return counted(Outcome.WIDENED, widener.widen(matrix, arena));
    }
    if (matrix.superBlocks().isPresent()) {
      return counted(Outcome.EXACT, superBlockPacker.pack(matrix, arena));
    }
    Optional<LevelPacker.Fit> fit = packer.fit(matrix);
    if (fit.isPresent() && fit.get().exact()) {
      return pack(matrix, fit.get());
    }
    if (lookedUp) {
      return counted(Outcome.DECODED, matrix);
    }
    return switch (inexact) {
      case F32 -> counted(Outcome.WIDENED, widener.widen(matrix, arena));
      case Q8 -> fit.isPresent() ? pack(matrix, fit.get()) : round(name, matrix, TileFormat.Q8);
      case Q4 ->
          fit.isPresent() && fit.get().format() == TileFormat.Q4
              ? pack(matrix, fit.get())
              : round(name, matrix, TileFormat.Q4);
    };
  }

  /** Weights that merely lie in another order, copied; all others as they are. */
  static WeightMatrix inOrder(WeightMatrix matrix, Arena arena) {
    return matrix instanceof EncodedMatrix encoded
            && encoded.decoder() instanceof RearrangedRows rearranged
        ? rearranged.copy(arena)
        : matrix;
  }

  private Optional<LevelPacker.Fit> exactFit(EncodedMatrix matrix) {
    return packer.fit(matrix).filter(LevelPacker.Fit::exact);
  }

  private WeightMatrix pack(EncodedMatrix matrix, LevelPacker.Fit fit) {
    return counted(
        fit.exact() ? Outcome.EXACT : Outcome.ROUNDED_SCALES, packer.pack(matrix, fit, arena));
  }

  private WeightMatrix round(String name, EncodedMatrix matrix, TileFormat format) {
    if (!Quantizer.takes(matrix.cols())) {
      return counted(Outcome.WIDENED, widener.widen(matrix, arena));
    }
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
