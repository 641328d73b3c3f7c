package io.github.jmixtral.internal.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.QuantizedSamples;
import io.github.jmixtral.internal.kernel.Samples;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.SuperBlockSamples;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.kernel.TileFormat;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Products with weights in super-blocks, of every shape, against plain sums and bit for bit. */
class SuperBlockMatMulTest {

  /** One by one, in panels with all that these leave over, and around a work item. */
  private static final int[] TOKENS =
      IntStream.concat(IntStream.rangeClosed(1, 13), IntStream.of(64, 191, 192, 193)).toArray();

  private static final int MOST_TOKENS = 193;

  private final Kernels kernels = Kernels.detected();

  /**
   * Rows below, at and above a tile, a panel and a block of 8 tiles; whole and cut super-blocks.
   */
  static Stream<Arguments> shapes() {
    int[][] shapes = {{1, 32}, {16, 256}, {33, 288}, {129, 96}, {144, 544}};
    return Stream.of(SuperBlockFormat.values())
        .flatMap(
            format -> Stream.of(shapes).map(shape -> Arguments.of(format, shape[0], shape[1])));
  }

  private static SuperBlockMatrix matrix(SuperBlockSamples samples, int rows, int cols) {
    return new SuperBlockMatrix(samples.format(), samples.tiles(), rows, cols);
  }

  private static float[] products(SuperBlockSamples samples, float[] x, int rows, int cols) {
    float[] products = new float[x.length / cols * rows];
    for (int t = 0; t < x.length / cols; t++) {
      float[] product =
          samples.products(
              QuantizedSamples.round(x, t * cols, cols),
              QuantizedSamples.roundingScales(x, t * cols, cols));
      System.arraycopy(product, 0, products, t * rows, rows);
    }
    return products;
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void productsEqualPlainSumsForAnyNumberOfTokensAndThreads(
      SuperBlockFormat format, int rows, int cols) {
    SuperBlockSamples samples = SuperBlockSamples.random(rows, format, rows, cols);
    float[] x = Samples.floats(4, MOST_TOKENS * cols);
    float[] expected = products(samples, x, rows, cols);
    ProductsAssert.assertProducts(kernels, matrix(samples, rows, cols), x, expected, TOKENS);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void withActivationsAsTheyAreAProductEqualsThatOfTheWidenedWeights(
      SuperBlockFormat format, int rows, int cols) {
    SuperBlockSamples samples = SuperBlockSamples.random(rows, format, rows, cols);
    float[] widened = new float[rows * cols];
    for (int i = 0; i < widened.length; i++) {
      widened[i] = samples.weight(i / cols, i % cols);
    }
    WeightMatrix floats = new FloatMatrix(FloatFormat.F32, Samples.f32(widened), rows, cols);
    float[] x = Samples.floats(4, 5 * cols);
    try (ThreadTeam team = new ThreadTeam(2)) {
      MatMul matMul = new MatMul(kernels, team, false);
      for (int tokens : new int[] {1, 5}) {
        float[] expected = new float[tokens * rows];
        float[] out = new float[tokens * rows];
        matMul.add(floats, x, 0, tokens, expected, 0);
        matMul.add(matrix(samples, rows, cols), x, 0, tokens, out, 0);
        matMul.run();
        assertArrayEquals(expected, out, tokens + " tokens");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void aRowIsReadExactly(SuperBlockFormat format, int rows, int cols) {
    SuperBlockSamples samples = SuperBlockSamples.random(rows, format, rows, cols);
    for (int row = 0; row < rows; row++) {
      float[] out = new float[1 + cols];
      WeightRows.read(kernels.matrix(), matrix(samples, rows, cols), row, out, 1);
      for (int c = 0; c < cols; c++) {
        assertEquals(samples.weight(row, c), out[1 + c], "row " + row + ", column " + c);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void oneTokenTakesBlocksSideBySide(SuperBlockFormat format) {
    SuperBlockSamples samples = SuperBlockSamples.random(1, format, 4584, 32);
    float[] x = Samples.floats(4, 2 * 32);
    float[] expected = products(samples, x, 4584, 32);
    ProductsAssert.assertProducts(kernels, matrix(samples, 4584, 32), x, expected, 1, 2);
  }

  @ParameterizedTest
  @EnumSource
  void differentFormatsShareOneRun(SuperBlockFormat format) {
    assertShared(format, 40, 288, 7);
    // So many rows that one token takes blocks side by side.
    assertShared(format, 4584, 32, 1);
  }

  private void assertShared(SuperBlockFormat format, int rows, int cols, int tokens) {
    SuperBlockSamples first = SuperBlockSamples.random(1, format, rows, cols);
    SuperBlockSamples second = SuperBlockSamples.random(2, SuperBlockFormat.Q6, rows, cols);
    QuantizedSamples tiles = QuantizedSamples.random(3, 4, rows, cols);
    float[] x = Samples.floats(4, tokens * cols);
    float[] expected = products(first, x, rows, cols);
    kernels.row().siluMultiply(expected, 0, products(second, x, rows, cols), 0, expected.length);
    try (ThreadTeam team = new ThreadTeam(2)) {
      MatMul matMul = new MatMul(kernels, team, true);
      float[] gated = new float[tokens * rows];
      float[] plain = new float[tokens * rows];
      var quantized = new QuantizedMatrix(TileFormat.Q4, tiles.tiles(), rows, cols);
      matMul.add(quantized, x, 0, tokens, plain, 0);
      matMul.addGated(
          matrix(first, rows, cols), matrix(second, rows, cols), x, 0, tokens, gated, 0);
      matMul.run();
      assertArrayEquals(expected, gated);
      int[] integers = QuantizedSamples.round(x, 0, cols);
      assertEquals(
          tiles.product(5, integers, QuantizedSamples.roundingScales(x, 0, cols)), plain[5]);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSegmentOfAnotherSizeIsRefused(SuperBlockFormat format) {
    var data = SuperBlockSamples.random(1, format, 16, 256).tiles();
    assertThrows(IllegalArgumentException.class, () -> new SuperBlockMatrix(format, data, 17, 256));
    assertThrows(IllegalArgumentException.class, () -> new SuperBlockMatrix(format, data, 16, 250));
    assertEquals(data.byteSize(), SuperBlockMatrix.byteSize(format, 16, 256));
  }
}
