package io.github.jmixtral.internal.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.kernel.FloatFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@RunsOnce
class RearrangedRowsTest {

  @Test
  void neighboursThatRotateTogetherAreParted() {
    // One column: the stored rows 0 1 2 3 of two heads become 0 2 1 3.
    MemorySegment data = MemorySegment.ofArray(new float[] {0, 1, 2, 3, 10, 11, 12, 13});
    EncodedMatrix matrix = RearrangedRows.ofNeighbourRotation(data, FloatFormat.F32, 8, 1, 4);
    assertArrayEquals(new float[] {0, 2, 1, 3, 10, 12, 11, 13}, decoded(matrix));
    assertCopied(matrix);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 2", "64, 64", "65, 63", "130, 70", "7, 200"})
  void whatIsTransposedIsTurned(int rows, int cols) {
    float[] stored = new float[rows * cols];
    float[] expected = new float[rows * cols];
    for (int row = 0; row < rows; row++) {
      for (int col = 0; col < cols; col++) {
        float weight = row * 1000 + col - 500;
        stored[col * rows + row] = weight;
        expected[row * cols + col] = weight;
      }
    }
    EncodedMatrix matrix =
        RearrangedRows.ofTransposed(MemorySegment.ofArray(stored), FloatFormat.F32, rows, cols);
    assertArrayEquals(expected, decoded(matrix));
    assertCopied(matrix);
  }

  @ParameterizedTest
  @CsvSource({"F16", "BF16"})
  void everyPatternOfSixteenBitsIsKept(FloatFormat format) {
    int rows = 256;
    short[] stored = new short[rows * rows];
    short[] expected = new short[rows * rows];
    for (int i = 0; i < stored.length; i++) {
      stored[i] = (short) i;
      expected[i % rows * rows + i / rows] = (short) i;
    }
    EncodedMatrix matrix =
        RearrangedRows.ofTransposed(MemorySegment.ofArray(stored), format, rows, rows);
    RearrangedRows rearranged = (RearrangedRows) matrix.decoder();
    MemorySegment copy = MemorySegment.ofArray(new short[stored.length]);
    rearranged.copyRows(0, rows, copy);
    assertArrayEquals(expected, copy.toArray(ValueLayout.JAVA_SHORT_UNALIGNED));
  }

  @Test
  void otherSizesAreRefused() {
    MemorySegment data = MemorySegment.ofArray(new float[8]);
    assertThrows(
        IllegalArgumentException.class,
        () -> RearrangedRows.ofTransposed(data, FloatFormat.F32, 3, 3));
  }

  private static void assertCopied(EncodedMatrix matrix) {
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix copy = (FloatMatrix) ((RearrangedRows) matrix.decoder()).copy(arena);
      assertEquals(matrix.rows(), copy.rows());
      assertArrayEquals(decoded(matrix), copy.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
    }
  }

  private static float[] decoded(EncodedMatrix matrix) {
    float[] weights = new float[matrix.rows() * matrix.cols()];
    for (int row = 0; row < matrix.rows(); row++) {
      matrix.decoder().decode(row, 0, matrix.cols(), weights, row * matrix.cols());
    }
    return weights;
  }
}
