package io.github.jmixtral.internal.encoding;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.TensorEntry;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The tensors that stand for one weight {@code STEM.weight}: {@code STEM.qweight}, {@code
 * STEM.weight_scale}, … Taken out by suffix, with their dtype and shape checked.
 */
public final class Companions {
  private final String source;
  private final String stem;
  private final Map<String, TensorEntry> tensors;
  private final Consumer<String> taken;

  /**
   * Looks at one weight's tensors.
   *
   * @param source the file that a missing tensor is missing in, as messages name it
   * @param stem the weight's name without {@code .weight}
   * @param tensors all tensors by name
   * @param taken receives the name of each tensor that is used
   */
  public Companions(
      String source, String stem, Map<String, TensorEntry> tensors, Consumer<String> taken) {
    this.source = source;
    this.stem = stem;
    this.tensors = tensors;
    this.taken = taken;
  }

  /** Whether there is a tensor with that suffix: {@code .qweight}. */
  boolean has(String suffix) {
    return tensors.containsKey(stem + suffix);
  }

  /** Whether there is a tensor with that suffix and dtype. */
  boolean has(String suffix, Dtype dtype) {
    TensorEntry tensor = tensors.get(stem + suffix);
    return tensor != null && tensor.dtype() == dtype;
  }

  /** The shape of the tensor with that suffix, which is there. */
  List<Long> shape(String suffix) {
    return Objects.requireNonNull(tensors.get(stem + suffix), suffix).shape();
  }

  /** Where a tensor stands, or would stand, as messages name it. */
  String place(String suffix) {
    TensorEntry tensor = tensors.get(stem + suffix);
    return tensor != null ? tensor.place() : source + ": tensor " + Excerpt.quote(stem + suffix);
  }

  /** Marks a tensor as known, if it is there, that says nothing of the weight. */
  void passOver(String suffix) {
    if (has(suffix)) {
      taken.accept(stem + suffix);
    }
  }

  /** A tensor of one of some dtypes; its shape is the caller's to check. */
  TensorEntry take(String suffix, Set<Dtype> dtypes) {
    TensorEntry tensor = tensors.get(stem + suffix);
    if (tensor == null) {
      throw new MalformedFileException(
          place(suffix), "the tensor is missing, a part of a quantised weight");
    }
    if (!dtypes.contains(tensor.dtype())) {
      throw new MalformedFileException(
          tensor.place(), "dtype " + names(dtypes), tensor.dtype().name());
    }
    taken.accept(tensor.name());
    return tensor;
  }

  /** A tensor of one of some dtypes, and of that shape. */
  TensorEntry take(String suffix, Set<Dtype> dtypes, long... shape) {
    TensorEntry tensor = take(suffix, dtypes);
    List<Long> expected = Arrays.stream(shape).boxed().toList();
    if (!tensor.shape().equals(expected)) {
      throw wrongShape(tensor, "shape " + expected);
    }
    return tensor;
  }

  /** The scales [groups, rows] of a weight [rows, cols], with at most a group for each column. */
  TensorEntry takeScales(String suffix, int rows, int cols) {
    TensorEntry scales = take(suffix, Elements.FLOATS);
    if (scales.shape().size() != 2
        || scales.shape().getFirst() < 1
        || scales.shape().getFirst() > cols
        || scales.shape().getLast() != rows) {
      throw wrongShape(scales, "shape [groups, " + rows + "]");
    }
    return scales;
  }

  /** A tensor's shape is not what its neighbours ask for. */
  static MalformedFileException wrongShape(TensorEntry tensor, String expected) {
    return new MalformedFileException(
        tensor.place(), expected, "shape " + Excerpt.line("" + tensor.shape()));
  }

  private static String names(Set<Dtype> dtypes) {
    List<String> names = dtypes.stream().sorted().map(Dtype::name).toList();
    int last = names.size() - 1;
    return last == 0
        ? names.getFirst()
        : String.join(", ", names.subList(0, last)) + " or " + names.get(last);
  }
}
