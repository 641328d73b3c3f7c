package io.github.jmixtral.internal.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.QuantizedSamples;
import io.github.jmixtral.internal.kernel.Samples;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.kernel.TileFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products with tiles and offsets, against plain sums and bit for bit. */
class OffsetMatMulTest {

  /** One by one, in panels, and around an item's 192. */
  private static final int[] TOKENS = {1, 2, 3, 4, 7, 12, 65, 192, 200};

  private static final int MOST_TOKENS = 200;

  private final Kernels kernels = Kernels.detected();

  /**
   * Sample weights.
   *
   * @param offsets [perRow · rows]
   */
  private record Sample(QuantizedSamples tiles, float[] offsets, int perRow) {
    static Sample random(long seed, int rows, int cols, int perRow) {
      Random random = new Random(seed);
      float[] offsets = new float[rows * perRow];
      for (int i = 0; i < offsets.length; i++) {
        offsets[i] = (float) random.nextGaussian();
      }
      return new Sample(QuantizedSamples.random(seed, 4, rows, cols), offsets, perRow);
    }

    int rows() {
      return tiles.integers().length;
    }

    int cols() {
      return tiles.integers()[0].length;
    }

    FloatMatrix beside() {
      return new FloatMatrix(FloatFormat.F32, Samples.f32(offsets), perRow, rows());
    }

    OffsetMatrix matrix() {
      return new OffsetMatrix(
          new QuantizedMatrix(TileFormat.Q4, tiles.tiles(), rows(), cols()), beside());
    }

    float offset(int row, int col) {
      return offsets[col * perRow / cols() * rows() + row];
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 32, 1", "33, 96, 1", "37, 96, 3", "129, 544, 17", "300, 1024, 8", "150, 640, 20"})
  void aProductIsThatOfTheTilesAndThatOfTheOffsets(int rows, int cols, int perRow) {
    Sample sample = Sample.random(rows, rows, cols, perRow);
    float[] x = Samples.floats(4, MOST_TOKENS * cols);
    float[] expected = products(sample, x);
    OffsetMatrix weights = sample.matrix();
    ProductsAssert.assertProducts(kernels, weights, x, expected, TOKENS);
  }

  @Test
  void oneTokenTakesBlocksSideBySide() {
    int rows = 4584;
    Sample sample = Sample.random(1, rows, 64, 2);
    float[] x = Samples.floats(4, 64);
    ProductsAssert.assertProducts(kernels, sample.matrix(), x, products(sample, x), 1);
  }

  @Test
  void aProductIsCloseToTheFormula() {
    Sample sample = Sample.random(1, 50, 256, 2);
    int tokens = 5;
    float[] x = Samples.floats(4, tokens * 256);
    float[] found = new float[tokens * 50];
    try (ThreadTeam team = new ThreadTeam(1)) {
      MatMul matMul = new MatMul(kernels, team, true);
      matMul.add(sample.matrix(), x, 0, tokens, found, 0);
      matMul.run();
    }
    for (int t = 0; t < tokens; t++) {
      int[] rounded = QuantizedSamples.round(x, t * 256, 256);
      float[] scales = QuantizedSamples.roundingScales(x, t * 256, 256);
      for (int r = 0; r < 50; r++) {
        double sum = 0;
        double size = 0;
        for (int c = 0; c < 256; c++) {
          double weight = (double) sample.tiles.weight(r, c) + sample.offset(r, c);
          sum += weight * rounded[c] * scales[c / 32];
          size += Math.abs(weight * rounded[c] * scales[c / 32]);
        }
        assertEquals(sum, found[t * 50 + r], 1e-6 * size);
      }
    }
  }

  @Test
  void gatedProductsAndThoseInAnotherOrderHaveOffsetsToo() {
    int rows = 150;
    int cols = 96;
    int tokens = 9;
    Sample gate = Sample.random(1, rows, cols, 1);
    Sample up = Sample.random(2, rows, cols, 3);
    ColumnOrder order =
        new ColumnOrder(IntStream.range(0, cols).map(i -> (i * 35 + 4) % cols).toArray());
    float[] x = Samples.floats(4, tokens * cols);
    float[] ordered = new float[tokens * cols];
    for (int i = 0; i < ordered.length; i++) {
      ordered[i] = x[i / cols * cols + order.column(i % cols)];
    }
    float[] expected = products(gate, ordered);
    kernels.row().siluMultiply(expected, 0, products(up, x), 0, expected.length);
    float[] gated = new float[tokens * rows];
    try (ThreadTeam team = new ThreadTeam(3)) {
      MatMul matMul = new MatMul(kernels, team, true);
      matMul.addGated(
          new ReorderedMatrix(gate.matrix(), order), up.matrix(), x, 0, tokens, gated, 0);
      matMul.run();
    }
    assertArrayEquals(expected, gated);
  }

  @Test
  void withActivationsAsTheyAreAProductEqualsThatOfTheWidenedWeights() {
    Sample sample = Sample.random(3, 70, 192, 2);
    OffsetMatrix weights = sample.matrix();
    float[] widened = new float[70 * 192];
    for (int i = 0; i < widened.length; i++) {
      widened[i] = sample.tiles.weight(i / 192, i % 192) + sample.offset(i / 192, i % 192);
    }
    WeightMatrix floats = new FloatMatrix(FloatFormat.F32, Samples.f32(widened), 70, 192);
    float[] x = Samples.floats(4, 65 * 192);
    try (ThreadTeam team = new ThreadTeam(2)) {
      MatMul matMul = new MatMul(kernels, team, false);
      for (int tokens : new int[] {1, 5, 65}) {
        float[] expected = new float[tokens * 70];
        float[] out = new float[tokens * 70];
        matMul.add(floats, x, 0, tokens, expected, 0);
        matMul.add(weights, x, 0, tokens, out, 0);
        matMul.run();
        assertArrayEquals(expected, out, tokens + " tokens");
      }
    }
  }

  @Test
  void offsetsOfOtherShapesAreRefused() {
    OffsetMatrix matrix = Sample.random(1, 20, 128, 2).matrix();
    assertEquals(matrix.tiles().byteSize() + 20 * 2 * 4, matrix.byteSize());
    FloatMatrix threeARow = new FloatMatrix(FloatFormat.F32, Samples.f32(new float[60]), 3, 20);
    FloatMatrix fewerRows = new FloatMatrix(FloatFormat.F32, Samples.f32(new float[38]), 2, 19);
    FloatMatrix none = new FloatMatrix(FloatFormat.F32, Samples.f32(new float[0]), 0, 20);
    for (FloatMatrix other : new FloatMatrix[] {threeARow, fewerRows, none}) {
      assertThrows(IllegalArgumentException.class, () -> new OffsetMatrix(matrix.tiles(), other));
    }
    MemorySegment halves = MemorySegment.ofArray(new byte[2 * 2 * 20]);
    FloatMatrix ofHalves = new FloatMatrix(FloatFormat.F16, halves, 2, 20);
    assertThrows(IllegalArgumentException.class, () -> new OffsetMatrix(matrix.tiles(), ofHalves));
    QuantizedMatrix eight = QuantizedMatrix.allocate(Arena.ofAuto(), TileFormat.Q8, 20, 128);
    assertThrows(IllegalArgumentException.class, () -> new OffsetMatrix(eight, matrix.offsets()));
  }

  /**
   * All tokens' products: the tiles' as plain sums, to which the offsets' with the sums of the
   * rounded activations are added one by one.
   */
  private static float[] products(Sample sample, float[] x) {
    int rows = sample.rows();
    int cols = sample.cols();
    int tokens = x.length / cols;
    int groups = cols / 32 / sample.perRow;
    float[] products = new float[tokens * rows];
    for (int t = 0; t < tokens; t++) {
      int[] rounded = QuantizedSamples.round(x, t * cols, cols);
      float[] scales = QuantizedSamples.roundingScales(x, t * cols, cols);
      float[] sums = new float[sample.perRow];
      for (int group = 0; group < scales.length; group++) {
        int total = IntStream.of(rounded).skip(group * 32L).limit(32).sum();
        sums[group / groups] += total * scales[group];
      }
      for (int r = 0; r < rows; r++) {
        float product = sample.tiles.product(r, rounded, scales);
        for (int number = 0; number < sums.length; number++) {
          product = Math.fma(sample.offsets[number * rows + r], sums[number], product);
        }
        products[t * rows + r] = product;
      }
    }
    return products;
  }
}
