package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.internal.format.GgufBlocks;
import io.github.jmixtral.internal.format.GgufFile;
import io.github.jmixtral.internal.format.GgufTensor;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.util.ArrayList;
import java.util.List;

/** The tensors of a GGUF file as weights. */
final class GgufTensors {
  private final NamedTensors<GgufTensor> tensors;

  GgufTensors(GgufFile file) {
    tensors = new NamedTensors<>(file.path(), file.tensors());
  }

  boolean has(String name) {
    return tensors.has(name);
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

  /** To ggml, dimensions of 1 in front of the others make no difference. */
  private GgufTensor take(String name, List<Long> shape) {
    boolean alike =
        tensors.has(name) && withoutOnes(tensors.shape(name)).equals(withoutOnes(shape));
    return alike ? tensors.take(name) : tensors.take(name, shape);
  }

  private static List<Long> withoutOnes(List<Long> shape) {
    return shape.stream().dropWhile(dimension -> dimension == 1).toList();
  }

  /** Refuses what is left over. */
  void refuseExtras() {
    tensors.refuseExtras("the metadata", _ -> false);
  }

  private WeightMatrix matrix(String name, int rows, int cols, GgufMatrix.RowOrder order) {
    GgufTensor tensor = take(name, List.of((long) rows, (long) cols));
    return new GgufMatrix(tensor.type(), tensor.data(), rows, cols, order).weights();
  }
}
