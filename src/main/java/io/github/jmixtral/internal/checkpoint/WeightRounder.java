package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.LoadOptions.InexactWeights;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.kernel.TileFormat;
import io.github.jmixtral.internal.kernel.WeightFormat;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.LevelPacker;
import io.github.jmixtral.internal.tensor.Levels;
import io.github.jmixtral.internal.tensor.QuantizedMatrix;
import io.github.jmixtral.internal.tensor.Quantizer;
import io.github.jmixtral.internal.tensor.SuperBlockMatrix;
import io.github.jmixtral.internal.tensor.SuperBlockPacker;
import io.github.jmixtral.internal.tensor.SuperBlockQuantizer;
import io.github.jmixtral.internal.tensor.SuperBlocks;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Quantises a model's matrices one after the other, by a recipe. Close it to end its threads. */
public final class WeightRounder implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(WeightRounder.class);

  private final Optional<Mixture> mixture;
  private final Importance importance;
  private final ThreadTeam team;
  private final Quantizer quantizer;
  private final SuperBlockQuantizer superBlockQuantizer;
  private final LevelPacker packer;
  private final SuperBlockPacker superBlockPacker;
  private final RoundingTotals.Builder report = new RoundingTotals.Builder();
  private boolean warned;

  /**
   * Prepares for one model.
   *
   * @param mixture which matrices take which formats
   */
  public WeightRounder(Mixture mixture, Importance importance, int threads) {
    this(Optional.of(mixture), importance, threads);
  }

  /**
   * Prepares for rounding to the formats that a {@link #rule} decides on.
   *
   * @param mixture which matrices a recipe asks for; empty: none
   */
  public WeightRounder(Optional<Mixture> mixture, int threads) {
    this(mixture, Importance.EVEN, threads);
  }

  private WeightRounder(Optional<Mixture> mixture, Importance importance, int threads) {
    this.mixture = mixture;
    this.importance = importance;
    team = new ThreadTeam(threads);
    quantizer = new Quantizer(Kernels.detected(), team);
    superBlockQuantizer = new SuperBlockQuantizer(Kernels.detected(), team);
    packer = new LevelPacker(team);
    superBlockPacker = new SuperBlockPacker(team);
  }

  /**
   * How a matrix is stored; empty: as it is, because the recipe asks for that, its columns are no
   * whole groups, or it is quantised already.
   */
  public Optional<WeightFormat> formatOf(String name, WeightMatrix matrix) {
    if (matrix.isTiled()) {
      return Optional.empty();
    }
    Optional<WeightFormat> format = mixture.flatMap(asked -> asked.formatOf(name));
    if (format.isPresent() && !Quantizer.takes(matrix.cols())) {
      if (!warned) {
        LOGGER.warn(
            "tensor '{}', and perhaps others: {} columns are no multiple of 32; it is not"
                + " quantised",
            name,
            matrix.cols());
        warned = true;
      }
      return Optional.empty();
    }
    return format;
  }

  /** The super-blocks in which a matrix is stored exactly; empty: it has none behind it. */
  public Optional<SuperBlockFormat> superBlocksOf(String name, WeightMatrix matrix) {
    return matrix instanceof EncodedMatrix encoded && !TileTensors.isRouter(name)
        ? encoded.superBlocks().map(SuperBlocks::format)
        : Optional.empty();
  }

  /** What decides, as loading does, what becomes of each matrix. */
  public DestinationRule rule(InexactWeights inexact) {
    return new DestinationRule(inexact, mixture, packer::fit);
  }

  /**
   * In which tiles a matrix is stored without rounding it, since its integers and scales fit;
   * empty: there are none. The recipe does not count here.
   */
  public Optional<LevelPacker.Fit> exactFitOf(String name, WeightMatrix matrix) {
    return matrix instanceof EncodedMatrix encoded && !TileTensors.isRouter(name)
        ? packer.fit(encoded).filter(LevelPacker.Fit::exact)
        : Optional.empty();
  }

  /** Puts a matrix with super-blocks behind it into tiles, in memory of the arena. */
  public SuperBlockMatrix pack(String name, EncodedMatrix matrix, Arena arena) {
    SuperBlockMatrix blocks = superBlockPacker.pack(matrix, arena);
    report.addPacked(name, blocks);
    return blocks;
  }

  /** Puts a matrix into the tiles that were found for it, in memory of the arena. */
  public QuantizedMatrix pack(String name, EncodedMatrix matrix, LevelPacker.Fit fit, Arena arena) {
    QuantizedMatrix tiles = packer.packTiles(matrix, fit, arena);
    report.addPacked(name, tiles, fit.offsets());
    return tiles;
  }

  /**
   * As {@link #round}, but integers whose scales are half-precision numbers stay as they are, where
   * the tiles alone hold them and their columns lie in order.
   */
  public QuantizedMatrix keepOrRound(
      String name, WeightMatrix matrix, TileFormat format, Arena arena) {
    LevelPacker.Fit wanted = new LevelPacker.Fit(format, 0, true);
    if (matrix instanceof EncodedMatrix encoded
        && encoded.levels().flatMap(Levels::columnOrder).isEmpty()
        && packer
            .fit(encoded)
            .filter(fit -> fit.equals(wanted) || format == TileFormat.Q8 && fit.exact())
            .isPresent()) {
      return pack(name, encoded, wanted, arena);
    }
    return round(name, matrix, format, arena);
  }

  /** Quantises a matrix into memory of the arena, which several threads write. */
  public WeightMatrix round(String name, WeightMatrix matrix, WeightFormat format, Arena arena) {
    return switch (format) {
      case TileFormat tiles -> round(name, matrix, tiles, arena);
      case SuperBlockFormat blocks -> {
        SuperBlockMatrix target =
            SuperBlockMatrix.allocate(arena, blocks, matrix.rows(), matrix.cols());
        Quantizer.Loss loss =
            round(
                name,
                matrix,
                (source, columns) -> superBlockQuantizer.quantize(source, target, columns));
        report.add(name, format, target, loss);
        yield target;
      }
    };
  }

  private QuantizedMatrix round(String name, WeightMatrix matrix, TileFormat format, Arena arena) {
    QuantizedMatrix target = QuantizedMatrix.allocate(arena, format, matrix.rows(), matrix.cols());
    Quantizer.Loss loss =
        round(name, matrix, (source, columns) -> quantizer.quantize(source, target, columns));
    report.add(name, format, target, loss);
    return target;
  }

  private Quantizer.Loss round(
      String name,
      WeightMatrix matrix,
      BiFunction<WeightMatrix, float[], Quantizer.Loss> rounding) {
    float[] columns = importance.of(name, matrix.cols());
    try (Arena scratch = Arena.ofShared()) {
      return rounding.apply(Placement.inOrder(matrix, scratch), columns);
    } catch (IllegalArgumentException notFinite) {
      throw new MalformedFileException(
          "tensor '" + name + "'", String.valueOf(notFinite.getMessage()), notFinite);
    }
  }

  public RoundingTotals.Builder report() {
    return report;
  }

  @Override
  public void close() {
    team.close();
  }
}
