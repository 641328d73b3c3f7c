package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.format.GgufBlocks;
import io.github.jmixtral.internal.format.GgufType;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.SuperBlockMatrix;
import io.github.jmixtral.internal.tensor.SuperBlockPacker;
import io.github.jmixtral.internal.tensor.WeightRows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * K-quants in tiles hold what ggml's own conversion gives ({@code GgufBlocksTest}), bit for bit.
 */
@RunsOnce
class GgufSuperBlocksTest {
  private static final int COLS = 512;

  @ParameterizedTest
  @EnumSource(names = {"Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"})
  void packedWeightsAreThoseOfTheFile(GgufType type) {
    for (int rows : new int[] {1, 16, 40, 200}) {
      assertPacked(type, rows, new GgufMatrix.RowOrder.Same());
    }
    assertPacked(type, 48, new GgufMatrix.RowOrder.Interleaved(24));
  }

  private static void assertPacked(GgufType type, int rows, GgufMatrix.RowOrder order) {
    MemorySegment blocks = randomBlocks(type, rows);
    GgufMatrix matrix = new GgufMatrix(type, blocks, rows, COLS, order);
    EncodedMatrix encoded = (EncodedMatrix) matrix.weights();
    try (ThreadTeam team = new ThreadTeam(2);
        Arena arena = Arena.ofShared()) {
      SuperBlockMatrix packed = new SuperBlockPacker(team).pack(encoded, arena);
      assertTrue(packed.byteSize() <= (rows + 15) / 16 * 16 * (blocks.byteSize() / rows) * 1.037);
      for (int row = 0; row < rows; row++) {
        float[] expected = new float[COLS];
        GgufBlocks.unpack(type, blocks, (long) order.stored(row) * COLS, COLS, expected, 0);
        float[] found = new float[COLS];
        WeightRows.read(Kernels.detected().matrix(), packed, row, found, 0);
        assertArrayEquals(expected, found, type + ", row " + row + " of " + rows);
      }
      assertEquals(encoded.rows(), packed.rows());
    }
  }

  /** Random bytes, but for the half-precision numbers, which are finite. */
  private static MemorySegment randomBlocks(GgufType type, int rows) {
    Random random = new Random(rows);
    byte[] bytes = new byte[rows * COLS / 256 * type.blockBytes()];
    random.nextBytes(bytes);
    for (int block = 0; block < bytes.length; block += type.blockBytes()) {
      int[] halves =
          switch (type) {
            case Q2_K -> new int[] {80, 82};
            case Q3_K -> new int[] {108};
            case Q4_K, Q5_K -> new int[] {0, 2};
            default -> new int[] {208};
          };
      for (int at : halves) {
        short half = Float.floatToFloat16((float) random.nextGaussian());
        bytes[block + at] = (byte) half;
        bytes[block + at + 1] = (byte) (half >> 8);
      }
    }
    return MemorySegment.ofArray(bytes);
  }
}
