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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.stream.Stream;
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

  /** A matrix to place. */
  private record Item(String name, EncodedMatrix matrix, boolean lookedUp) {}

  private final PageRelease pages;
  private final Arena arena;
  private final ThreadTeam team;
  private final List<Worker> workers;
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
    workers = Stream.generate(() -> new Worker(inexact)).limit(threads).toList();
  }

  /** Whether a model has weights that have to be placed. */
  static boolean isNeeded(MixtralWeights weights) {
    return weights.matrices().stream().anyMatch(EncodedMatrix.class::isInstance);
  }

  /** Places what goes into tiles exactly; leaves the rest. */
  MixtralWeights placeExact(MixtralWeights weights) {
    return placeAll(weights, Worker::placeExact);
  }

  /** Places all matrices, and says in the log what became of them. */
  MixtralWeights place(Path path, MixtralWeights weights) {
    MixtralWeights placed = placeAll(weights, Worker::place);
    outcomes.forEach(
        (outcome, count) ->
            LOGGER.info("{}: {} matrices {}", path.getFileName(), count, outcome.words));
    return placed;
  }

  /**
   * Each thread places a matrix at a time, the largest ones first: so they share all of the work,
   * and the system's clearing of new memory, which takes as long as packing.
   */
  private MixtralWeights placeAll(
      MixtralWeights weights, BiFunction<Worker, Item, WeightMatrix> way) {
    List<Item> items = new ArrayList<>();
    weights.map(
        (name, matrix) -> {
          if (matrix instanceof EncodedMatrix encoded) {
            items.add(new Item(name, encoded, weights.onlyLooksUp(matrix)));
          }
          return matrix;
        });
    items.sort(Comparator.comparingLong((Item item) -> item.matrix.byteSize()).reversed());
    Map<String, WeightMatrix> placed = new ConcurrentHashMap<>();
    team.run(
        items.size(),
        (number, worker) -> {
          Item item = items.get(number);
          WeightMatrix matrix = way.apply(workers.get(worker), item);
          placed.put(item.name, matrix);
          if (matrix != item.matrix) {
            addRead(item.matrix);
          }
        });
    return weights.map(placed::getOrDefault);
  }

  /** Lets the pages go that a matrix was read from. */
  private synchronized void addRead(EncodedMatrix source) {
    pages.addRead(source.byteSize());
  }

  /** Weights that merely lie in another order, copied; all others as they are. */
  static WeightMatrix inOrder(WeightMatrix matrix, Arena arena) {
    return matrix instanceof EncodedMatrix encoded
            && encoded.decoder() instanceof RearrangedRows rearranged
        ? rearranged.copy(arena)
        : matrix;
  }

  private synchronized WeightMatrix counted(Outcome outcome, WeightMatrix matrix) {
    outcomes.merge(outcome, 1, Integer::sum);
    return matrix;
  }

  /** What one thread places matrices with. */
  private final class Worker {
    private final DestinationRule rule;
    private final LevelPacker packer;
    private final SuperBlockPacker superBlockPacker;
    private final RowWidener widener;
    private final Quantizer quantizer;

    Worker(InexactWeights inexact) {
      ThreadTeam alone = new ThreadTeam(1);
      packer = new LevelPacker(alone);
      superBlockPacker = new SuperBlockPacker(alone);
      widener = new RowWidener(alone);
      quantizer = new Quantizer(Kernels.detected(), alone);
      rule = new DestinationRule(inexact, Optional.empty(), packer::fit);
    }

    WeightMatrix placeExact(Item item) {
      if (TileTensors.isRouter(item.name)) {
        return item.matrix;
      }
      if (item.matrix.superBlocks().isPresent()) {
        return counted(Outcome.EXACT, superBlockPacker.pack(item.matrix, arena));
      }
      return packer
          .fit(item.matrix)
          .filter(LevelPacker.Fit::exact)
          .map(fit -> pack(item.matrix, fit))
          .orElse(item.matrix);
    }

    WeightMatrix place(Item item) {
      EncodedMatrix matrix = item.matrix;
      return switch (rule.of(item.name, matrix, item.lookedUp)) {
        case Destination.InPlace _ -> counted(Outcome.DECODED, matrix);
        case Destination.InOrder _ -> counted(Outcome.WIDENED, inOrder(matrix, arena));
        case Destination.Widened _ -> counted(Outcome.WIDENED, widener.widen(matrix, arena));
        case Destination.InSuperBlocks _ ->
            counted(Outcome.EXACT, superBlockPacker.pack(matrix, arena));
        case Destination.InTiles(LevelPacker.Fit fit) -> pack(matrix, fit);
        case Destination.Requantised(TileFormat format) -> round(item.name, matrix, format);
        case Destination.Requantised(SuperBlockFormat format) ->
            throw new IllegalStateException(format + " without a recipe");
      };
    }

    private WeightMatrix pack(EncodedMatrix matrix, LevelPacker.Fit fit) {
      return counted(
          fit.exact() ? Outcome.EXACT : Outcome.ROUNDED_SCALES, packer.pack(matrix, fit, arena));
    }

    private WeightMatrix round(String name, EncodedMatrix matrix, TileFormat format) {
      QuantizedMatrix target =
          QuantizedMatrix.allocate(arena, format, matrix.rows(), matrix.cols());
      try {
        quantizer.quantize(matrix, target);
      } catch (IllegalArgumentException notFinite) {
        throw new MalformedFileException(
            "tensor '" + name + "'", String.valueOf(notFinite.getMessage()), notFinite);
      }
      return counted(Outcome.REQUANTISED, target);
    }
  }

  @Override
  public void close() {
    team.close();
  }
}
