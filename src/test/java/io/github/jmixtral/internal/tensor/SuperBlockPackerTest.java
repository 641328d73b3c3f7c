package io.github.jmixtral.internal.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.SuperBlockSamples;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import java.lang.foreign.Arena;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Packed bytes, compared with those that are written one by one from the layout's description. */
@RunsOnce
class SuperBlockPackerTest {

  @ParameterizedTest
  @EnumSource
  void everyByteIsWhereTheLayoutHasIt(SuperBlockFormat format) {
    for (int rows : new int[] {1, 16, 40, 200}) {
      for (int cols : new int[] {32, 256, 416, 512}) {
        SuperBlockSamples samples = SuperBlockSamples.random(rows, format, rows, cols);
        try (ThreadTeam team = new ThreadTeam(2);
            Arena arena = Arena.ofShared()) {
          SuperBlockMatrix packed = new SuperBlockPacker(team).pack(encoded(samples), arena);
          assertEquals(
              -1, samples.tiles().mismatch(packed.data()), format + " " + rows + " " + cols);
        }
      }
    }
  }

  private static EncodedMatrix encoded(SuperBlockSamples samples) {
    SuperBlocks blocks =
        new SuperBlocks() {
          @Override
          public SuperBlockFormat format() {
            return samples.format();
          }

          @Override
          public Reader reader() {
            return (row, number, levels, scales, minima, halves) -> {
              copy(samples.levels()[row], 256 * number, levels);
              int first = 256 / format().scaleColumns() * number;
              copy(samples.scales()[row], first, scales);
              copy(samples.minima()[row], first, minima);
              halves[0] = Float.floatToFloat16(samples.d()[row][number]);
              halves[1] = Float.floatToFloat16(samples.dmin()[row][number]);
            };
          }
        };
    RowDecoder none =
        (_, _, _, _, _) -> {
          throw new AssertionError("a packer reads levels");
        };
    return new EncodedMatrix(
        samples.levels().length,
        samples.levels()[0].length,
        1,
        FloatFormat.F32,
        none,
        Optional.empty(),
        Optional.of(blocks));
  }

  /** Numbers from {@code first} on; zeros behind the last one. */
  private static void copy(int[] from, int first, byte[] to) {
    for (int i = 0; i < to.length; i++) {
      to[i] = (byte) (first + i < from.length ? from[first + i] : 0);
    }
  }
}
