package io.github.jmixtral.checkpoint;

import io.github.jmixtral.encoding.Companions;
import io.github.jmixtral.encoding.ForeignWeights;
import io.github.jmixtral.encoding.QuantizationSettings;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.format.Bfloat16;
import io.github.jmixtral.format.Dtype;
import io.github.jmixtral.format.Excerpt;
import io.github.jmixtral.format.SafetensorsFolder;
import io.github.jmixtral.format.TensorEntry;
import io.github.jmixtral.tensor.Bf16Matrix;
import io.github.jmixtral.tensor.ColumnOrder;
import io.github.jmixtral.tensor.EncodedMatrix;
import io.github.jmixtral.tensor.F16Matrix;
import io.github.jmixtral.tensor.F32Matrix;
import io.github.jmixtral.tensor.QuantizedMatrix;
import io.github.jmixtral.tensor.ReorderedMatrix;
import io.github.jmixtral.tensor.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The tensors of a folder, taken out by name with their shape checked; remembers what was taken, so
 * that the rest can be refused.
 */
final class CheckedTensors {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int NAMED_EXTRAS = 5;
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final String WEIGHT = ".weight";

  /** What a cache of 8 bits would be scaled with; some packers write it. */
  private static final List<String> CACHE_SCALES = List.of("attn.k_scale", "attn.v_scale");

  private final SafetensorsFolder folder;
  private final QuantizationSettings settings;
  private final Set<String> taken = new HashSet<>();

  /**
   * Looks into a folder.
   *
   * @param settings what its configuration says of weights that another program quantised
   */
  CheckedTensors(SafetensorsFolder folder, QuantizationSettings settings) {
    this.folder = folder;
    this.settings = settings;
  }

  /** Whether there is a weight of that name, in whichever encoding. */
  boolean has(String name) {
    return contains(name)
        || Stream.of(TileFormat.values()).anyMatch(format -> contains(format.nameOf(name)))
        || ForeignWeights.has(companions(name));
  }

  private boolean contains(String name) {
    return folder.tensors().containsKey(name);
  }

  /** What another program puts beside a weight, or in its place. */
  private Companions companions(String name) {
    String stem = name.endsWith(WEIGHT) ? name.substring(0, name.length() - WEIGHT.length()) : name;
    return new Companions(
        folder.source().getFileName().toString(), stem, folder.tensors(), taken::add);
  }

  /** A matrix [rows, cols], used or decoded in place. */
  WeightMatrix matrix(String name, int rows, int cols) {
    for (TileFormat format : TileFormat.values()) {
      if (contains(format.nameOf(name))) {
        TensorEntry tiles = take(format.nameOf(name), format.shape(rows, cols));
        requireVersion(tiles);
        if (tiles.dtype() != Dtype.U8) {
          throw new MalformedFileException(tiles.place(), "dtype U8", tiles.dtype().name());
        }
        return inOrder(name, format.matrix(tiles.data(), rows, cols));
      }
    }
    Optional<EncodedMatrix> foreign = ForeignWeights.read(companions(name), rows, cols, settings);
    if (foreign.isPresent()) {
      return foreign.get();
    }
    TensorEntry tensor = take(name, List.of((long) rows, (long) cols));
    return matrix(tensor, tensor.data(), rows, cols);
  }

  /** Tiles with the order of their columns, where one stands beside them. */
  private WeightMatrix inOrder(String name, QuantizedMatrix tiles) {
    if (!contains(TileFormat.orderOf(name))) {
      return tiles;
    }
    TensorEntry list = take(TileFormat.orderOf(name), List.of((long) tiles.cols()));
    if (list.dtype() != Dtype.I32) {
      throw new MalformedFileException(list.place(), "dtype I32", list.dtype().name());
    }
    try {
      return new ReorderedMatrix(tiles, new ColumnOrder(list.data().toArray(INT)));
    } catch (IllegalArgumentException noOrder) {
      throw new MalformedFileException(
          list.place(), "each column once", noOrder.getMessage(), noOrder);
    }
  }

  private void requireVersion(TensorEntry tiles) {
    String version = folder.metadataOf(tiles).getOrDefault(TileFormat.VERSION_KEY, "none");
    if (!version.equals(TileFormat.VERSION)) {
      throw new UnsupportedCheckpointException(
          tiles.file().getFileName() + ": metadata " + TileFormat.VERSION_KEY,
          "version " + TileFormat.VERSION,
          Excerpt.line(version));
    }
  }

  /** A stack [depth, rows, cols] as its {@code depth · parts} matrices [rows / parts, cols]. */
  List<WeightMatrix> stack(String name, int depth, int parts, int rows, int cols) {
    TensorEntry tensor = take(name, List.of((long) depth, (long) parts * rows, (long) cols));
    long sliceBytes = (long) rows * cols * tensor.dtype().byteSize();
    List<WeightMatrix> slices = new ArrayList<>(depth * parts);
    for (int slice = 0; slice < depth * parts; slice++) {
      MemorySegment data = tensor.data().asSlice(slice * sliceBytes, sliceBytes);
      slices.add(matrix(tensor, data, rows, cols));
    }
    return slices;
  }

  /** A vector [size], copied as floats. */
  float[] vector(String name, int size) {
    TensorEntry tensor = take(name, List.of((long) size));
    float[] vector = new float[size];
    for (int i = 0; i < size; i++) {
      vector[i] =
          switch (tensor.dtype()) {
            case F32 -> tensor.data().getAtIndex(FLOAT, i);
            case F16 -> Float.float16ToFloat(tensor.data().getAtIndex(SHORT, i));
            case BF16 -> Bfloat16.toFloat(tensor.data().getAtIndex(SHORT, i));
            case F64, F8_E4M3, F8_E5M2, I64, I32, I16, I8, U8, BOOL -> throw otherDtype(tensor);
          };
    }
    return vector;
  }

  /** Refuses what nobody took, except what the reference itself passes over. */
  void refuseExtras() {
    List<TensorEntry> extras =
        folder.tensors().values().stream()
            .filter(tensor -> !taken.contains(tensor.name()))
            .filter(tensor -> !isIgnoredByReference(tensor.name()))
            .toList();
    if (!extras.isEmpty()) {
      TensorEntry first = extras.getFirst();
      StringBuilder found = new StringBuilder("a tensor " + first.dtype() + " " + first.shape());
      if (extras.size() > 1) {
        found.append(" and ").append(extras.size() - 1).append(" more of the kind:");
        extras.stream()
            .skip(1)
            .limit(NAMED_EXTRAS)
            .forEach(extra -> found.append(' ').append(Excerpt.quote(extra.name())));
      }
      throw new MalformedFileException(
          first.place(),
          "no such tensor in a Mixtral as config.json describes it",
          found.toString());
    }
  }

  /** Wavelengths that old versions saved, though they follow from the configuration. */
  private static boolean isIgnoredByReference(String name) {
    return name.endsWith("rotary_emb.inv_freq") || CACHE_SCALES.stream().anyMatch(name::endsWith);
  }

  private TensorEntry take(String name, List<Long> shape) {
    TensorEntry tensor = folder.tensors().get(name);
    if (tensor == null) {
      throw new MalformedFileException(
          folder.source().getFileName() + ": tensor " + Excerpt.quote(name),
          "shape " + shape,
          "no such tensor");
    }
    if (!tensor.shape().equals(shape)) {
      throw new MalformedFileException(
          tensor.place(), "shape " + shape, Excerpt.line("" + tensor.shape()));
    }
    taken.add(name);
    return tensor;
  }

  private static WeightMatrix matrix(TensorEntry tensor, MemorySegment data, int rows, int cols) {
    return switch (tensor.dtype()) {
      case F32 -> new F32Matrix(data, rows, cols);
      case F16 -> new F16Matrix(data, rows, cols);
      case BF16 -> new Bf16Matrix(data, rows, cols);
      case F64, F8_E4M3, F8_E5M2, I64, I32, I16, I8, U8, BOOL -> throw otherDtype(tensor);
    };
  }

  private static MalformedFileException otherDtype(TensorEntry tensor) {
    return new MalformedFileException(
        tensor.place(), "dtype F32, F16 or BF16", tensor.dtype().name());
  }
}
