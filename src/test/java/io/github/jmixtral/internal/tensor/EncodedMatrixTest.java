package io.github.jmixtral.internal.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.Samples;
import io.github.jmixtral.internal.kernel.Samples.NumberFormat;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.kernel.TileFormat;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EncodedMatrixTest {
  private static final int ROWS = 37;
  private static final int COLS = 96;

  private final WeightMatrix plain = SampleMatrix.random(NumberFormat.BF16, 1, ROWS, COLS);

  /** The same weights, decoded. */
  private final EncodedMatrix encoded =
      new EncodedMatrix(
          ROWS,
          COLS,
          plain.byteSize(),
          FloatFormat.BF16,
          (row, col, count, out, outOffset) ->
              WeightRows.unpack(Kernels.scalar().matrix(), plain, row, col, out, outOffset, count));

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 70})
  void aProductHasTheBitsOfTheSameWeightsInPlace(int tokens) {
    float[] x = Samples.floats(2, tokens * COLS);
    float[] expected = new float[tokens * ROWS];
    float[] found = new float[tokens * ROWS];
    try (ThreadTeam team = new ThreadTeam(2)) {
      MatMul matMul = new MatMul(Kernels.detected(), team, true);
      matMul.add(plain, x, 0, tokens, expected, 0);
      matMul.add(encoded, x, 0, tokens, found, 0);
      matMul.run();
    }
    assertArrayEquals(expected, found);
  }

  @Test
  void roundsToTheTilesOfTheSameWeightsInPlace() {
    try (Arena arena = Arena.ofShared();
        ThreadTeam team = new ThreadTeam(1)) {
      Quantizer quantizer = new Quantizer(Kernels.detected(), team);
      QuantizedMatrix expected = QuantizedMatrix.allocate(arena, TileFormat.Q4, ROWS, COLS);
      QuantizedMatrix found = QuantizedMatrix.allocate(arena, TileFormat.Q4, ROWS, COLS);
      quantizer.quantize(plain, expected);
      quantizer.quantize(encoded, found);
      assertEquals(-1, expected.data().mismatch(found.data()));
    }
  }

  @Test
  void anOrderKnowsEachColumnsPosition() {
    ColumnOrder order = new ColumnOrder(new int[] {2, 0, 1});
    assertEquals(0, order.column(1));
    assertEquals(1, order.position(0));
  }

  @Test
  void anOrderThatNamesAColumnTwiceIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new ColumnOrder(new int[] {0, 0, 1}));
    assertThrows(IllegalArgumentException.class, () -> new ColumnOrder(new int[] {0, 3, 1}));
  }
}
