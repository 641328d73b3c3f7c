package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.LoadOptions.InexactWeights;
import io.github.jmixtral.internal.kernel.TileFormat;
import io.github.jmixtral.internal.kernel.WeightFormat;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.FloatMatrix;
import io.github.jmixtral.internal.tensor.LevelPacker;
import io.github.jmixtral.internal.tensor.Quantizer;
import io.github.jmixtral.internal.tensor.RearrangedRows;
import io.github.jmixtral.internal.tensor.ReorderedMatrix;
import io.github.jmixtral.internal.tensor.SuperBlockMatrix;
import io.github.jmixtral.internal.tensor.TiledMatrix;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.util.Optional;
import java.util.function.Function;

/**
 * Decides what becomes of each matrix when a model is loaded:
 *
 * <ol>
 *   <li>weights that are merely in another order, and those of the router: floats, exactly;
 *   <li>levels and scales that tiles hold as they are: tiles, exactly;
 *   <li>others that a recipe asks for: quantised by it;
 *   <li>all others that no kernel reads in place as {@link InexactWeights} says.
 * </ol>
 *
 * <p>An embedding that is only looked up stays where it lies, unless it goes into tiles exactly.
 *
 * @param mixture what a recipe asks for; empty: only what no kernel reads in place is changed
 * @param fits finds the tiles that hold a matrix's integers
 */
public record DestinationRule(
    InexactWeights inexact,
    Optional<Mixture> mixture,
    Function<EncodedMatrix, Optional<LevelPacker.Fit>> fits) {

  /**
   * What becomes of a matrix.
   *
   * @param name its tensor's name
   * @param lookedUp whether it is an embedding that is not the head as well
   */
  public Destination of(String name, WeightMatrix matrix, boolean lookedUp) {
    Optional<WeightFormat> asked =
        mixture
            .flatMap(wanted -> wanted.formatOf(name))
            .filter(_ -> Quantizer.takes(matrix.cols()));
    return switch (matrix) {
      case FloatMatrix floats ->
          asked.isPresent()
              ? new Destination.Requantised(asked.get())
              : new Destination.InPlace(floats.format().name());
      case TiledMatrix tiles -> new Destination.InPlace(tiles.quantized().format().label());
      case ReorderedMatrix(var tiles, _) ->
          new Destination.InPlace(tiles.quantized().format().label());
      case SuperBlockMatrix blocks -> new Destination.InPlace(blocks.format().label());
      case EncodedMatrix encoded -> ofEncoded(name, encoded, asked, lookedUp);
    };
  }

  private Destination ofEncoded(
      String name, EncodedMatrix matrix, Optional<WeightFormat> asked, boolean lookedUp) {
    if (asked.isPresent() && matrix.decoder() instanceof RearrangedRows) {
      return new Destination.Requantised(asked.get());
    }
    if (matrix.decoder() instanceof RearrangedRows) {
      return new Destination.InOrder(matrix.exactIn());
    }
    Destination widened = new Destination.Widened(matrix.exactIn());
    if (TileTensors.isRouter(name)
        || asked.isEmpty() && widened.byteSize(matrix) <= matrix.byteSize()) {
      return widened;
    }
    if (matrix.superBlocks().isPresent()) {
      return new Destination.InSuperBlocks(matrix.superBlocks().get().format());
    }
    Optional<LevelPacker.Fit> fit = fits.apply(matrix);
    if (fit.isPresent() && fit.get().exact()) {
      return new Destination.InTiles(fit.get());
    }
    if (asked.isPresent()) {
      return new Destination.Requantised(asked.get());
    }
    if (lookedUp) {
      return new Destination.InPlace(matrix.exactIn().name());
    }
    return switch (inexact) {
      case F32 -> widened;
      case Q8 ->
          fit.isPresent() ? new Destination.InTiles(fit.get()) : round(matrix, TileFormat.Q8);
      case Q4 ->
          fit.isPresent() && fit.get().format() == TileFormat.Q4
              ? new Destination.InTiles(fit.get())
              : round(matrix, TileFormat.Q4);
    };
  }

  private static Destination round(EncodedMatrix matrix, TileFormat format) {
    return Quantizer.takes(matrix.cols())
        ? new Destination.Requantised(format)
        : new Destination.Widened(matrix.exactIn());
  }
}
