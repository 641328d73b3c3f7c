package io.github.jmixtral.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.kernel.Kernels;
import io.github.jmixtral.kernel.Samples;
import io.github.jmixtral.kernel.ThreadTeam;
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

  private static ColumnOrder shuffled() {
    List<Integer> columns = new ArrayList<>(IntStream.range(0, COLS).boxed().toList());
    Collections.shuffle(columns, new Random(1));
    return new ColumnOrder(columns.stream().mapToInt(Integer::intValue).toArray());
  }

  private static QuantizedMatrix allocate(int bits, Arena arena) {
    return bits == 4
        ? new Q4Matrix(arena.allocate(Q4Matrix.byteSize(ROWS, COLS)), ROWS, COLS)
        : new Q8Matrix(arena.allocate(Q8Matrix.byteSize(ROWS, COLS)), ROWS, COLS);
  }

  @ParameterizedTest
  @CsvSource({"-8, 7, 4, false", "-8, 8, 8, true", "-15, 15, 8, true", "-128, 127, 8, false"})
  void tilesHoldExactlyTheWeights(int lowest, int highest, int bits, boolean reordered) {
    EncodedMatrix matrix =
        new SampleLevels(
                lowest, highest, true, reordered ? Optional.of(shuffled()) : Optional.empty())
            .matrix();
    try (ThreadTeam team = new ThreadTeam(2);
        Arena arena = Arena.ofShared()) {
      LevelPacker packer = new LevelPacker(team);
      assertEquals(Optional.of(new LevelPacker.Fit(bits, true)), packer.fit(matrix));
      WeightMatrix tiles = packer.pack(matrix, allocate(bits, arena));
      float[] expected = new float[COLS];
      float[] found = new float[COLS];
      for (int row = 0; row < ROWS; row++) {
        matrix.decoder().decode(row, 0, COLS, expected, 0);
        WeightRows.read(Kernels.scalar().matrix(), tiles, row, found, 0);
        assertArrayEquals(expected, found, "row " + row);
      }
    }
  }

  @Test
  void scalesOfSinglePrecisionAreRounded() {
    EncodedMatrix matrix = new SampleLevels(-8, 7, false, Optional.empty()).matrix();
    try (ThreadTeam team = new ThreadTeam(2)) {
      assertEquals(Optional.of(new LevelPacker.Fit(4, false)), new LevelPacker(team).fit(matrix));
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
      QuantizedMatrix tiles = allocate(8, arena);
      WeightMatrix reordered = new LevelPacker(team).pack(matrix, tiles);
      MatMul matMul = new MatMul(Kernels.detect(), team, true);
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
