package io.github.jmixtral.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.internal.format.SafetensorsFile;
import io.github.jmixtral.internal.format.TensorEntry;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** The outputs that the reference implementation gave for a fixture. */
public final class Golden implements AutoCloseable {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Arena arena = Arena.ofConfined();
  private final SafetensorsFile file;

  private Golden(String fixture) {
    file = SafetensorsFile.open(Fixtures.folder(fixture).resolve("expected.safetensors"), arena);
  }

  /** Opens a fixture's {@code expected.safetensors}. */
  public static Golden open(String fixture) {
    return new Golden(fixture);
  }

  /** Integers [rows, columns]; a vector is one row. */
  public int[][] ids(String name) {
    TensorEntry tensor = file.tensor(name);
    long[] all = tensor.data().toArray(LONG);
    int columns = Math.toIntExact(tensor.shape().getLast());
    int[][] rows = new int[all.length / columns][columns];
    for (int i = 0; i < all.length; i++) {
      rows[i / columns][i % columns] = Math.toIntExact(all[i]);
    }
    return rows;
  }

  /** Floats in row-major order. */
  public float[] floats(String name) {
    return file.tensor(name).data().toArray(FLOAT);
  }

  /** The names of all tensors. */
  public Set<String> names() {
    return file.tensors().keySet();
  }

  /** Number of tensors whose name begins so. */
  public long count(String prefix) {
    return file.tensors().keySet().stream().filter(name -> name.startsWith(prefix)).count();
  }

  /**
   * Asserts that every element lies within {@code tolerance} × the largest absolute value of the
   * golden tensor.
   *
   * @param actual a number, or arrays of floats nested in any depth; leading dimensions of 1 may be
   *     missing
   */
  public void assertClose(String name, Object actual, double tolerance) {
    assertClose(name, floats(name), flatten(actual), tolerance);
  }

  /** The same for values that are no tensor of the file. */
  public static void assertClose(String name, float[] expected, float[] found, double tolerance) {
    assertEquals(expected.length, found.length, name + ": number of elements");
    double largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < expected.length; i++) {
      double difference = Math.abs((double) expected[i] - found[i]);
      assertTrue(
          difference <= tolerance * largest,
          "%s[%d]: expected %s, found %s, off by %.2e of the largest, %s"
              .formatted(name, i, expected[i], found[i], difference / largest, largest));
    }
  }

  private static float[] flatten(Object value) {
    return switch (value) {
      case Number number -> new float[] {number.floatValue()};
      case float[] floats -> floats;
      case Object[] nested -> {
        List<float[]> parts =
            IntStream.range(0, nested.length).mapToObj(i -> flatten(nested[i])).toList();
        float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
        int at = 0;
        for (float[] part : parts) {
          System.arraycopy(part, 0, all, at, part.length);
          at += part.length;
        }
        yield all;
      }
      default -> throw new IllegalArgumentException(value.getClass().getName());
    };
  }

  @Override
  public void close() {
    arena.close();
  }
}
