package io.github.jmixtral.internal.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.MatrixKernels;
import io.github.jmixtral.internal.kernel.Samples;
import io.github.jmixtral.internal.kernel.Samples.NumberFormat;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WeightMatrixTest {

  @ParameterizedTest
  @EnumSource
  void aRowIsReadExactly(NumberFormat format) {
    MatrixKernels kernels = Kernels.detected().matrix();
    int rows = 5;
    for (int cols : new int[] {1, 3, 16, 33, 100}) {
      MemorySegment data = format.weights(cols, rows, cols);
      WeightMatrix matrix = SampleMatrix.of(format, data, rows, cols);
      for (int row = 0; row < rows; row++) {
        float[] out = new float[2 + cols];
        WeightRows.read(kernels, matrix, row, out, 2);
        for (int c = 0; c < cols; c++) {
          assertEquals(Samples.element(format, data, (long) row * cols + c), out[2 + c]);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aMatrixCountsItsBytes(NumberFormat format) {
    MemorySegment data = format.weights(1, 3, 7);
    assertEquals(data.byteSize(), SampleMatrix.of(format, data, 3, 7).byteSize());
  }

  @ParameterizedTest
  @EnumSource
  void aSegmentOfAnotherSizeIsRefused(NumberFormat format) {
    int bytes = format == NumberFormat.F32 ? 4 : 2;
    MemorySegment data = MemorySegment.ofArray(new byte[21 * bytes + 1]);
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> SampleMatrix.of(format, data, 3, 7));
    assertEquals(
        "a matrix [3, 7] takes " + 21 * bytes + " bytes, not " + (21 * bytes + 1),
        refusal.getMessage());
  }

  @Test
  void theSizeOfALargeMatrixDoesNotOverflow() {
    MemorySegment nothing = MemorySegment.ofArray(new byte[0]);
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> new FloatMatrix(FloatFormat.F32, nothing, 1 << 16, 1 << 16));
    assertEquals("a matrix [65536, 65536] takes 17179869184 bytes, not 0", refusal.getMessage());
  }
}
