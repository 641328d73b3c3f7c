package io.github.jmixtral.internal.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.Samples;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.kernel.TileFormat;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LevelPackerTest {
  private static final int ROWS = 37;
  private static final int COLS = 96;

  /** Random levels that reach both bounds, with random scales. */
  private record SampleLevels(
      int lowest, int highest, boolean half, Optional<ColumnOrder> columnOrder)
      implements Levels, RowDecoder {

    private int level(int row, int position) {
      int number = row * COLS + position;
      return number < 2
          ? (number == 0 ? lowest : highest)
          : lowest + new Random(number).nextInt(highest - lowest + 1);
    }

    @Override
    public void read(int row, int col, int count, int[] out, int outOffset) {
      for (int i = 0; i < count; i++) {
        out[outOffset + i] = level(row, col + i);
      }
    }

    @Override
    public float scale(int row, int group) {
      float scale = new Random(1000L * row + group).nextFloat() - 0.5f;
      return half ? Float.float16ToFloat(Float.floatToFloat16(scale)) : scale;
    }

    @Override
    public void decode(int row, int col, int count, float[] out, int outOffset) {
      for (int i = 0; i < count; i++) {
        int column = col + i;
        int position = columnOrder.map(order -> order.position(column)).orElse(column);
        out[outOffset + i] = scale(row, position / 32) * level(row, position);
      }
    }

    EncodedMatrix matrix() {
      return new EncodedMatrix(ROWS, COLS, 1, FloatFormat.F32, this, Optional.of(this));
    }
  }

  /**
   * Integers and zero points of all 16 values, with scales that are {@code scale} times a power of
   * two.
   *
   * @param shared how many groups of 32 share a zero point
   */
  private record SampleZeros(
      int lowestInteger, int shared, float scale, Optional<ColumnOrder> columnOrder)
      implements Levels, RowDecoder {

    private int integer(int row, int position) {
      return lowestInteger + new Random(position + 1000L * row).nextInt(16);
    }

    @Override
    public int zero(int row, int group) {
      return lowestInteger + (5 * row + 7 * (group / shared)) % 16;
    }

    @Override
    public float scale(int row, int group) {
      return scale * (1 << (row + group / shared) % 5);
    }

    @Override
    public void read(int row, int col, int count, int[] out, int outOffset) {
      for (int i = 0; i < count; i++) {
        out[outOffset + i] = integer(row, col + i) - zero(row, (col + i) / 32);
      }
    }

    @Override
    public void decode(int row, int col, int count, float[] out, int outOffset) {
      for (int i = 0; i < count; i++) {
        int column = col + i;
        int position = columnOrder.map(order -> order.position(column)).orElse(column);
        int level = integer(row, position) - zero(row, position / 32);
        out[outOffset + i] = scale(row, position / 32) * level;
      }
    }

    @Override
    public int lowest() {
      return -15;
    }

    @Override
    public int highest() {
      return 15;
    }

    @Override
    public int highestInteger() {
      return lowestInteger + 15;
    }

    @Override
    public int groupsOfZero() {
      return shared;
    }

    EncodedMatrix matrix() {
      return new EncodedMatrix(ROWS, COLS, 1, FloatFormat.F32, this, Optional.of(this));
    }
  }

  private static ColumnOrder shuffled() {
    List<Integer> columns = new ArrayList<>(IntStream.range(0, COLS).boxed().toList());
    Collections.shuffle(columns, new Random(1));
    return new ColumnOrder(columns.stream().mapToInt(Integer::intValue).toArray());
  }

  @ParameterizedTest
  @CsvSource({"-8, 7, Q4, false", "-8, 8, Q8, true", "-15, 15, Q8, true", "-128, 127, Q8, false"})
  void tilesHoldExactlyTheWeights(int lowest, int highest, TileFormat format, boolean reordered) {
    EncodedMatrix matrix =
        new SampleLevels(
                lowest, highest, true, reordered ? Optional.of(shuffled()) : Optional.empty())
            .matrix();
    try (ThreadTeam team = new ThreadTeam(2);
        Arena arena = Arena.ofShared()) {
      LevelPacker packer = new LevelPacker(team);
      assertEquals(Optional.of(new LevelPacker.Fit(format, 0, true)), packer.fit(matrix));
      assertSameWeights(matrix, packer.pack(matrix, packer.fit(matrix).orElseThrow(), arena));
    }
  }

  private static void assertSameWeights(EncodedMatrix expected, WeightMatrix found) {
    float[] wanted = new float[COLS];
    float[] is = new float[COLS];
    for (int row = 0; row < ROWS; row++) {
      expected.decoder().decode(row, 0, COLS, wanted, 0);
      WeightRows.read(Kernels.scalar().matrix(), found, row, is, 0);
      assertArrayEquals(wanted, is, "row " + row);
    }
  }

  /** Signed or unsigned integers of 4 bits, by zero points 0 … 15 above the lowest integer. */
  @ParameterizedTest
  @CsvSource({"0, 1, false", "0, 3, true", "-8, 1, true", "-8, 3, false"})
  void integersWithZeroPointsGoIntoFourBitsAndOffsets(int lowest, int shared, boolean reordered) {
    Optional<ColumnOrder> order = reordered ? Optional.of(shuffled()) : Optional.empty();
    EncodedMatrix matrix = new SampleZeros(lowest, shared, 0.25f, order).matrix();
    try (ThreadTeam team = new ThreadTeam(2);
        Arena arena = Arena.ofShared()) {
      LevelPacker packer = new LevelPacker(team);
      LevelPacker.Fit fit = packer.fit(matrix).orElseThrow();
      assertEquals(new LevelPacker.Fit(TileFormat.Q4, 3 / shared, true), fit);
      WeightMatrix packed = packer.pack(matrix, fit, arena);
      assertSameWeights(matrix, packed);
      assertEquals(reordered, packed instanceof ReorderedMatrix);
      OffsetMatrix offset =
          assertInstanceOf(
              OffsetMatrix.class, packed instanceof ReorderedMatrix(var tiles, _) ? tiles : packed);
      QuantizedMatrix alone = packer.packTiles(matrix, fit, arena);
      assertEquals(-1, offset.tiles().data().mismatch(alone.data()));
      float[] ofGroups = new float[ROWS];
      for (int number = 0; number < 3 / shared; number++) {
        WeightRows.read(Kernels.scalar().matrix(), offset.offsets(), number, ofGroups, 0);
        assertArrayEquals(ofGroups, LevelPacker.offsets(matrix, number));
      }
    }
  }

  /** Zero times a negative scale is negative zero, which the sum of two numbers never is. */
  @ParameterizedTest
  @ValueSource(floats = {-0.25f, 0})
  void zeroPointsWithScalesThatAreNotPositiveTakeEightBits(float scale) {
    EncodedMatrix matrix = new SampleZeros(0, 1, scale, Optional.empty()).matrix();
    try (ThreadTeam team = new ThreadTeam(2);
        Arena arena = Arena.ofShared()) {
      LevelPacker packer = new LevelPacker(team);
      LevelPacker.Fit fit = packer.fit(matrix).orElseThrow();
      assertEquals(new LevelPacker.Fit(TileFormat.Q8, 0, true), fit);
      assertSameWeights(matrix, packer.pack(matrix, fit, arena));
    }
  }

  @Test
  void roundedScalesGiveOffsetsThatFitTheirTiles() {
    EncodedMatrix matrix = new SampleZeros(0, 1, 0.1f, Optional.empty()).matrix();
    try (ThreadTeam team = new ThreadTeam(2);
        Arena arena = Arena.ofShared()) {
      LevelPacker packer = new LevelPacker(team);
      LevelPacker.Fit fit = packer.fit(matrix).orElseThrow();
      assertEquals(new LevelPacker.Fit(TileFormat.Q4, 3, false), fit);
      float half = Float.float16ToFloat(Float.floatToFloat16(0.1f));
      assertSameWeights(
          new SampleZeros(0, 1, half, Optional.empty()).matrix(), packer.pack(matrix, fit, arena));
    }
  }

  @Test
  void scalesOfSinglePrecisionAreRounded() {
    EncodedMatrix matrix = new SampleLevels(-8, 7, false, Optional.empty()).matrix();
    try (ThreadTeam team = new ThreadTeam(2)) {
      assertEquals(
          Optional.of(new LevelPacker.Fit(TileFormat.Q4, 0, false)),
          new LevelPacker(team).fit(matrix));
    }
  }

  @Test
  void levelsBeyondEightBitsFitNoTiles() {
    EncodedMatrix matrix = new SampleLevels(-8, 128, true, Optional.empty()).matrix();
    try (ThreadTeam team = new ThreadTeam(2)) {
      assertEquals(Optional.empty(), new LevelPacker(team).fit(matrix));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 70})
  void aProductWithReorderedColumnsHasTheBitsOfAReorderedInput(int tokens) {
    ColumnOrder order = shuffled();
    EncodedMatrix matrix = new SampleLevels(-15, 15, true, Optional.of(order)).matrix();
    float[] x = Samples.floats(2, 3 + tokens * COLS);
    float[] ordered = new float[tokens * COLS];
    for (int i = 0; i < ordered.length; i++) {
      ordered[i] = x[3 + i / COLS * COLS + order.column(i % COLS)];
    }
    float[] expected = new float[tokens * ROWS];
    float[] found = new float[tokens * ROWS];
    float[] gated = new float[tokens * ROWS];
    float[] expectedGated = new float[tokens * ROWS];
    try (ThreadTeam team = new ThreadTeam(2);
        Arena arena = Arena.ofShared()) {
      LevelPacker packer = new LevelPacker(team);
      WeightMatrix reordered = packer.pack(matrix, packer.fit(matrix).orElseThrow(), arena);
      WeightMatrix tiles = ((ReorderedMatrix) reordered).tiles();
      MatMul matMul = new MatMul(Kernels.detected(), team, true);
      matMul.add(reordered, x, 3, tokens, found, 0);
      matMul.add(tiles, ordered, 0, tokens, expected, 0);
      matMul.addGated(reordered, reordered, x, 3, tokens, gated, 0);
      matMul.addGated(tiles, tiles, ordered, 0, tokens, expectedGated, 0);
      matMul.run();
    }
    assertArrayEquals(expected, found);
    assertArrayEquals(expectedGated, gated);
  }
}
