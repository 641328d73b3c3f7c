package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.encoding.Companions;
import io.github.jmixtral.internal.encoding.ForeignWeights;
import io.github.jmixtral.internal.encoding.QuantizationSettings;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.format.TensorFolder;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.LittleEndian;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.TileFormat;
import io.github.jmixtral.internal.tensor.ColumnOrder;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.FloatMatrix;
import io.github.jmixtral.internal.tensor.OffsetMatrix;
import io.github.jmixtral.internal.tensor.QuantizedMatrix;
import io.github.jmixtral.internal.tensor.ReorderedMatrix;
import io.github.jmixtral.internal.tensor.SuperBlockMatrix;
import io.github.jmixtral.internal.tensor.TiledMatrix;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The tensors of a folder of safetensors as weights, in whichever encoding they are. */
final class CheckedTensors {
  private static final String WEIGHT = ".weight";

  /** What a cache of 8 bits would be scaled with; some packers write it. */
  private static final List<String> CACHE_SCALES =
      List.of(
          "attn.k_scale",
          "attn.v_scale",
          "attn.q_scale",
          "attn.kv_scale",
          "attn.k_zero_point",
          "attn.v_zero_point");

  private final TensorFolder folder;
  private final QuantizationSettings settings;
  private final NamedTensors<TensorEntry> tensors;

  /**
   * Looks into a folder.
   *
   * @param settings what its configuration says of weights that another program quantised
   */
  CheckedTensors(TensorFolder folder, QuantizationSettings settings) {
    this.folder = folder;
    this.tensors = new NamedTensors<>(folder.source(), folder.tensors());
    this.settings = settings;
  }

  /** Whether there is a weight of that name, in whichever encoding. */
  boolean has(String name) {
    return tensors.has(name)
        || Stream.of(TileFormat.values())
            .anyMatch(format -> tensors.has(TileTensors.nameOf(name, format)))
        || Stream.of(SuperBlockFormat.values())
            .anyMatch(format -> tensors.has(TileTensors.nameOf(name, format)))
        || ForeignWeights.has(companions(name));
  }

  /** What another program puts beside a weight, or in its place. */
  private Companions companions(String name) {
    return new Companions(
        folder.source().toString(), stem(name), folder.tensors(), tensors::noteTaken);
  }

  private static String stem(String name) {
    return name.endsWith(WEIGHT) ? name.substring(0, name.length() - WEIGHT.length()) : name;
  }

  /** A matrix [rows, cols], used or decoded in place. */
  WeightMatrix matrix(String name, int rows, int cols) {
    for (TileFormat format : TileFormat.values()) {
      if (tensors.has(TileTensors.nameOf(name, format))) {
        TensorEntry tiles =
            tensors.take(TileTensors.nameOf(name, format), TileTensors.shape(format, rows, cols));
        requireTiles(tiles);
        return inOrder(
            name, withOffsets(name, new QuantizedMatrix(format, tiles.data(), rows, cols)));
      }
    }
    for (SuperBlockFormat format : SuperBlockFormat.values()) {
      if (tensors.has(TileTensors.nameOf(name, format))) {
        TensorEntry tiles =
            tensors.take(TileTensors.nameOf(name, format), TileTensors.shape(format, rows, cols));
        requireTiles(tiles);
        return new SuperBlockMatrix(format, tiles.data(), rows, cols);
      }
    }
    Optional<EncodedMatrix> foreign = ForeignWeights.read(companions(name), rows, cols, settings);
    if (foreign.isPresent()) {
      return foreign.get();
    }
    TensorEntry tensor = tensors.take(name, List.of((long) rows, (long) cols));
    return FloatTensors.matrix(tensor, tensor.data(), rows, cols);
  }

  /** Tiles with their offsets, where such stand beside them. */
  private TiledMatrix withOffsets(String name, QuantizedMatrix tiles) {
    if (tiles.format() != TileFormat.Q4 || !tensors.has(TileTensors.offsetsOf(name))) {
      return tiles;
    }
    TensorEntry offsets = tensors.take(TileTensors.offsetsOf(name));
    List<Long> shape = offsets.shape();
    if (shape.size() != 2
        || shape.getFirst() < 1
        || tiles.groups() % shape.getFirst() != 0
        || shape.getLast() != tiles.rows()) {
      throw new MalformedFileException(
          offsets.place(),
          "shape [a part of %d, %d]".formatted(tiles.groups(), tiles.rows()),
          Excerpt.line("" + shape));
    }
    if (offsets.dtype() != Dtype.F32) {
      throw new MalformedFileException(offsets.place(), "dtype F32", offsets.dtype().name());
    }
    return new OffsetMatrix(
        tiles,
        new FloatMatrix(
            FloatFormat.F32, offsets.data(), shape.getFirst().intValue(), tiles.rows()));
  }

  /** Tiles with the order of their columns, where one stands beside them. */
  private WeightMatrix inOrder(String name, TiledMatrix tiles) {
    if (!tensors.has(TileTensors.orderOf(name))) {
      return tiles;
    }
    TensorEntry list = tensors.take(TileTensors.orderOf(name), List.of((long) tiles.cols()));
    if (list.dtype() != Dtype.I32) {
      throw new MalformedFileException(list.place(), "dtype I32", list.dtype().name());
    }
    try {
      return new ReorderedMatrix(tiles, new ColumnOrder(list.data().toArray(LittleEndian.INT)));
    } catch (IllegalArgumentException noOrder) {
      throw new MalformedFileException(list.place(), String.valueOf(noOrder.getMessage()), noOrder);
    }
  }

  private void requireTiles(TensorEntry tiles) {
    String version = folder.metadataOf(tiles).getOrDefault(TileTensors.VERSION_KEY, "none");
    boolean known =
        version.equals(TileTensors.SUPER_BLOCK_VERSION)
            || version.equals(TileTensors.VERSION) && !TileTensors.isSuperBlocks(tiles.name());
    if (tiles.dtype() != Dtype.U8) {
      throw new MalformedFileException(tiles.place(), "dtype U8", tiles.dtype().name());
    }
    if (!known) {
      throw new UnsupportedCheckpointException(
          tiles.file() + ": metadata " + TileTensors.VERSION_KEY,
          "version " + TileTensors.VERSION + " or " + TileTensors.SUPER_BLOCK_VERSION,
          Excerpt.line(version));
    }
  }

  /** A stack [depth, rows, cols] as its {@code depth · parts} matrices [rows / parts, cols]. */
  List<WeightMatrix> stack(String name, int depth, int parts, int rows, int cols) {
    TensorEntry tensor =
        tensors.take(name, List.of((long) depth, (long) parts * rows, (long) cols));
    long sliceBytes = (long) rows * cols * tensor.dtype().byteSize();
    List<WeightMatrix> slices = new ArrayList<>(depth * parts);
    for (int slice = 0; slice < depth * parts; slice++) {
      MemorySegment data = tensor.data().asSlice(slice * sliceBytes, sliceBytes);
      slices.add(FloatTensors.matrix(tensor, data, rows, cols));
    }
    return slices;
  }

  /** A stack [depth, rows, cols] as its matrices, in whichever encoding. */
  List<WeightMatrix> stack(String name, int depth, int rows, int cols) {
    Optional<List<EncodedMatrix>> foreign =
        ForeignWeights.readStack(companions(name), depth, rows, cols);
    return foreign.isPresent() ? List.copyOf(foreign.get()) : stack(name, depth, 1, rows, cols);
  }

  /** A vector [size], copied as floats. */
  float[] vector(String name, int size) {
    return FloatTensors.vector(tensors.take(name, List.of((long) size)));
  }

  /** Warns of what was not taken, except what the reference passes over without a word. */
  void warnOfExtras() {
    tensors.warnOfExtras(
        "config.json",
        CheckedTensors::isIgnoredByReference,
        tensor -> tensor.dtype() == Dtype.F64 || tensor.dtype().floatFormat().isPresent());
  }

  /** Wavelengths that old versions saved, though they follow from the configuration. */
  private static boolean isIgnoredByReference(String name) {
    return name.endsWith("rotary_emb.inv_freq") || CACHE_SCALES.stream().anyMatch(name::endsWith);
  }
}
