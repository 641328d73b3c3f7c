package io.github.jmixtral.checkpoint;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.format.Excerpt;
import io.github.jmixtral.format.GgufBlocks;
import io.github.jmixtral.format.GgufFile;
import io.github.jmixtral.format.GgufTensor;
import io.github.jmixtral.tensor.WeightMatrix;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The tensors of a GGUF file, taken out by name with their shape checked; remembers what was taken,
 * so that the rest can be refused.
 */
final class GgufTensors {
  private static final int NAMED_EXTRAS = 5;

  private final GgufFile file;
  private final Set<String> taken = new HashSet<>();

  GgufTensors(GgufFile file) {
    this.file = file;
  }

  boolean has(String name) {
    return file.tensors().containsKey(name);
  }

  /** A matrix [rows, cols]. */
  WeightMatrix matrix(String name, int rows, int cols) {
    return matrix(name, rows, cols, new GgufMatrix.RowOrder.Same());
  }

  /** A matrix [heads · headDim, cols] of queries or keys, whose rows are interleaved. */
  WeightMatrix rotated(String name, int heads, int headDim, int cols) {
    return matrix(name, heads * headDim, cols, new GgufMatrix.RowOrder.Interleaved(headDim));
  }

  /** A stack [depth, rows, cols] as its matrices [rows, cols]. */
  List<WeightMatrix> stack(String name, int depth, int rows, int cols) {
    GgufTensor tensor = take(name, List.of((long) depth, (long) rows, (long) cols));
    long sliceBytes = tensor.data().byteSize() / depth;
    List<WeightMatrix> slices = new ArrayList<>();
    for (int slice = 0; slice < depth; slice++) {
      slices.add(
          new GgufMatrix(
                  tensor.type(),
                  tensor.data().asSlice(slice * sliceBytes, sliceBytes),
                  rows,
                  cols,
                  new GgufMatrix.RowOrder.Same())
              .weights());
    }
    return slices;
  }

  /** A vector [size], copied as floats. */
  float[] vector(String name, int size) {
    GgufTensor tensor = take(name, List.of((long) size));
    float[] vector = new float[size];
    GgufBlocks.unpack(tensor.type(), tensor.data(), 0, size, vector, 0);
    return vector;
  }

  /** Refuses what nobody took: it would change the model. */
  void refuseExtras() {
    List<GgufTensor> extras =
        file.tensors().values().stream().filter(tensor -> !taken.contains(tensor.name())).toList();
    if (!extras.isEmpty()) {
      GgufTensor first = extras.getFirst();
      StringBuilder found = new StringBuilder("a tensor " + first.type() + " " + first.shape());
      if (extras.size() > 1) {
        found.append(" and ").append(extras.size() - 1).append(" more of the kind:");
        extras.stream()
            .skip(1)
            .limit(NAMED_EXTRAS)
            .forEach(extra -> found.append(' ').append(Excerpt.quote(extra.name())));
      }
      throw new MalformedFileException(
          first.place(),
          "no such tensor in a Mixtral as the metadata describes it",
          found.toString());
    }
  }

  private WeightMatrix matrix(String name, int rows, int cols, GgufMatrix.RowOrder order) {
    GgufTensor tensor = take(name, List.of((long) rows, (long) cols));
    return new GgufMatrix(tensor.type(), tensor.data(), rows, cols, order).weights();
  }

  private GgufTensor take(String name, List<Long> shape) {
    GgufTensor tensor = file.tensors().get(name);
    if (tensor == null) {
      throw new MalformedFileException(
          file.path().getFileName() + ": tensor " + Excerpt.quote(name),
          "shape " + shape,
          "no such tensor");
    }
    if (!tensor.shape().equals(shape)) {
      throw new MalformedFileException(tensor.place(), "shape " + shape, "" + tensor.shape());
    }
    taken.add(name);
    return tensor;
  }
}
