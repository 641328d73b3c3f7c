package io.github.jmixtral.conversion;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.internal.kernel.LittleEndian;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Ids and what the reference computed of them: a row of {@code input_ids [rows, n]}, without the
 * padding that {@code attention_mask} hides, and that row of {@code logits [rows, n, vocab]} or
 * {@code scores [rows, labels]}.
 *
 * @param row which one
 * @param positions of the ids that count, within the row
 * @param ids these ids
 * @param expected logits or scores of all rows
 */
record ExpectedSequence(int row, int[] positions, int[] ids, TensorEntry expected) {
  private static final String IDS = "input_ids";
  private static final String MASK = "attention_mask";

  /**
   * All sequences of a file for which it holds what is wanted.
   *
   * @param wanted {@code logits} or {@code scores}
   * @param width how many numbers the model gives: its vocabulary or its labels
   * @param vocabSize which ids it knows
   * @throws MalformedFileException when tensors do not fit each other or the model
   */
  static List<ExpectedSequence> read(
      Map<String, TensorEntry> tensors, String wanted, int width, int vocabSize) {
    List<ExpectedSequence> sequences = new ArrayList<>();
    for (TensorEntry ids : tensors.values()) {
      String name = ids.name();
      if (!name.equals(IDS) && !name.endsWith("." + IDS)) {
        continue;
      }
      String prefix = name.substring(0, name.length() - IDS.length());
      TensorEntry expected = tensors.get(prefix + wanted);
      if (expected != null) {
        addRows(ids, tensors.get(prefix + MASK), expected, width, vocabSize, sequences);
      }
    }
    return sequences;
  }

  private static void addRows(
      TensorEntry ids,
      @Nullable TensorEntry mask,
      TensorEntry expected,
      int width,
      int vocabSize,
      List<ExpectedSequence> sequences) {
    if (ids.shape().size() != 2 || ids.dtype() != Dtype.I64) {
      throw wrong(ids, "I64 [rows, ids]");
    }
    if (mask != null && (!mask.shape().equals(ids.shape()) || mask.dtype() != Dtype.I64)) {
      throw wrong(mask, "I64 " + Excerpt.line("" + ids.shape()));
    }
    long rows = ids.shape().getFirst();
    long length = ids.shape().getLast();
    boolean byPosition = expected.shape().size() == 3;
    List<Long> shape =
        byPosition ? List.of(rows, length, (long) width) : List.of(rows, (long) width);
    if (!expected.shape().equals(shape) || expected.dtype() != Dtype.F32) {
      throw wrong(expected, "F32 " + shape);
    }
    for (int row = 0; row < rows; row++) {
      long first = row * length;
      int[] positions =
          IntStream.range(0, Math.toIntExact(length))
              .filter(
                  i -> mask == null || mask.data().getAtIndex(LittleEndian.LONG, first + i) != 0)
              .toArray();
      int[] kept =
          IntStream.of(positions)
              .map(
                  i ->
                      requireId(
                          ids, ids.data().getAtIndex(LittleEndian.LONG, first + i), vocabSize))
              .toArray();
      if (kept.length > 0) {
        sequences.add(new ExpectedSequence(row, positions, kept, expected));
      }
    }
  }

  private static int requireId(TensorEntry ids, long id, int vocabSize) {
    if (id < 0 || id >= vocabSize) {
      throw new MalformedFileException(ids.place(), "ids from 0 to " + (vocabSize - 1), "" + id);
    }
    return (int) id;
  }

  private static MalformedFileException wrong(TensorEntry tensor, String expected) {
    return new MalformedFileException(
        tensor.place(), expected, tensor.dtype() + " " + Excerpt.line("" + tensor.shape()));
  }

  /** What is expected at an id: logits; of a classifier, scores, whichever the id. */
  float[] expectedAt(int index) {
    int width = Math.toIntExact(expected.shape().getLast());
    long block =
        expected.shape().size() == 3 ? row * expected.shape().get(1) + positions[index] : row;
    float[] numbers = new float[width];
    for (int i = 0; i < width; i++) {
      numbers[i] = expected.data().getAtIndex(LittleEndian.FLOAT, block * width + i);
    }
    return numbers;
  }

  /** Where that stands in the file. */
  String placeOf(int index) {
    String place = expected.place() + " [" + row;
    return expected.shape().size() == 3 ? place + ", " + positions[index] + "]" : place + "]";
  }
}
