package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.tensor.ReorderedMatrix;
import io.github.jmixtral.internal.tensor.SuperBlockMatrix;
import io.github.jmixtral.internal.tensor.TiledMatrix;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How the weights of a checkpoint are stored.
 *
 * @param layout a name for how the tensors are named and laid out: {@code hub}, {@code hub-fused}
 *     for the names of transformers 5, {@code quantized} where there are tiles, {@code raw} for
 *     Mistral AI's own names, {@code raw-stacked} where the experts of a layer are one tensor
 * @param files the files of weights, by name
 * @param formats what is stored in each number format, by the format's name; tiles are Q4 and Q8
 */
public record CheckpointContents(
    String layout, List<Path> files, SortedMap<String, Share> formats) {

  /**
   * What is stored in one number format.
   *
   * @param tensors how many tensors
   * @param parameters how many numbers they stand for
   * @param bytes how many bytes they take
   */
  public record Share(int tensors, long parameters, long bytes) {
    /** Both together. */
    public Share plus(Share other) {
      return new Share(tensors + other.tensors, parameters + other.parameters, bytes + other.bytes);
    }
  }

  /** Takes unmodifiable copies. */
  public CheckpointContents {
    files = List.copyOf(files);
    formats = Collections.unmodifiableSortedMap(new TreeMap<>(formats));
  }

  /**
   * Counts the tensors of files. Tiles are counted by the matrices they stand for, together with
   * their offsets: a last tile may be filled up.
   */
  static CheckpointContents of(
      String layout, Collection<TensorEntry> tensors, MixtralWeights weights) {
    SortedMap<String, Share> formats = new TreeMap<>();
    for (TensorEntry tensor : tensors) {
      if (!TileTensors.isTiles(tensor.name()) && !TileTensors.isOffsets(tensor.name())) {
        long bytes = tensor.data().byteSize();
        long parameters = tensor.shape().stream().reduce(1L, (a, b) -> a * b);
        Share share = new Share(1, parameters, bytes);
        formats.merge(tensor.dtype().name(), share, Share::plus);
      }
    }
    for (WeightMatrix matrix : weights.matrices()) {
      if (matrix instanceof SuperBlockMatrix blocks) {
        Share share = new Share(1, (long) blocks.rows() * blocks.cols(), blocks.byteSize());
        String format = blocks.format().label().toUpperCase(Locale.ROOT);
        formats.merge(format, share, Share::plus);
      }
      if (tilesOf(matrix) instanceof TiledMatrix tiles) {
        Share share = new Share(1, (long) tiles.rows() * tiles.cols(), tiles.byteSize());
        String format = tiles.quantized().format().label().toUpperCase(Locale.ROOT);
        formats.merge(format, share, Share::plus);
      }
    }
    List<Path> files = tensors.stream().map(TensorEntry::file).distinct().sorted().toList();
    return new CheckpointContents(layout, files, formats);
  }

  private static WeightMatrix tilesOf(WeightMatrix matrix) {
    return matrix instanceof ReorderedMatrix reordered ? reordered.tiles() : matrix;
  }

  /** All formats together. */
  public Share total() {
    return formats.values().stream().reduce(new Share(0, 0, 0), Share::plus);
  }
}
