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
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Products with quantised weights, of every shape, against plain sums and bit for bit. */
class QuantizedMatMulTest {

  /** One by one, in fews, in panels with all that these leave over, and around a work item. */
  private static final int[] TOKENS =
      IntStream.concat(IntStream.rangeClosed(1, 20), IntStream.of(64, 65, 130, 191, 192, 193, 211))
          .toArray();

  private static final int MOST_TOKENS = 211;

  private final Kernels kernels = Kernels.detected();

  /** Rows below, at and above a tile, a panel and a block of 8 tiles. */
  static Stream<Arguments> shapes() {
    int[][] shapes = {
      {1, 32},
      {16, 64},
      {33, 96},
      {100, 32},
      {128, 544},
      {129, 64},
      {144, 32},
      {300, 96}
    };
    return IntStream.of(4, 8)
        .boxed()
        .flatMap(bits -> Stream.of(shapes).map(shape -> Arguments.of(bits, shape[0], shape[1])));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void productsEqualPlainSumsForAnyNumberOfTokensAndThreads(int bits, int rows, int cols) {
    QuantizedSamples samples = QuantizedSamples.random(rows, bits, rows, cols);
    WeightMatrix weights = matrix(samples);
    float[] x = Samples.floats(4, MOST_TOKENS * cols);
    float[] expected = products(samples, x, cols);
    ProductsAssert.assertProducts(kernels, weights, x, expected, TOKENS);
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 8})
  void oneTokenTakesBlocksSideBySide(int bits) {
    QuantizedSamples samples = QuantizedSamples.random(1, bits, 4584, 32);
    float[] x = Samples.floats(4, 2 * 32);
    float[] expected = products(samples, x, 32);
    ProductsAssert.assertProducts(kernels, matrix(samples), x, expected, 1, 2);
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 8})
  void gatedAndPlainProductsShareAnInput(int bits) {
    int rows = 150;
    int cols = 96;
    int tokens = 9;
    QuantizedSamples gate = QuantizedSamples.random(1, bits, rows, cols);
    QuantizedSamples up = QuantizedSamples.random(2, bits, rows, cols);
    QuantizedSamples other = QuantizedSamples.random(3, 12 - bits, 7, cols);
    float[] x = Samples.floats(4, tokens * cols);
    float[] expected = products(gate, x, cols);
    kernels.row().siluMultiply(expected, 0, products(up, x, cols), 0, expected.length);
    try (ThreadTeam team = new ThreadTeam(3)) {
      MatMul matMul = new MatMul(kernels, team, true);
      for (int round = 0; round < 2; round++) {
        float[] gated = new float[tokens * rows];
        float[] plain = new float[tokens * 7];
        float[] tail = new float[(tokens - 2) * rows];
        matMul.addGated(matrix(gate), matrix(up), x, 0, tokens, gated, 0);
        matMul.add(matrix(other), x, 0, tokens, plain, 0);
        matMul.addGated(matrix(gate), matrix(up), x, 2 * cols, tokens - 2, tail, 0);
        matMul.run();
        assertArrayEquals(expected, gated);
        assertArrayEquals(products(other, x, cols), plain);
        assertArrayEquals(Arrays.copyOfRange(expected, 2 * rows, expected.length), tail);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void withActivationsAsTheyAreAProductEqualsThatOfTheWidenedWeights(int bits, int rows, int cols) {
    QuantizedSamples samples = QuantizedSamples.random(rows, bits, rows, cols);
    float[] widened = new float[rows * cols];
    for (int i = 0; i < widened.length; i++) {
      widened[i] = samples.weight(i / cols, i % cols);
    }
    WeightMatrix floats = new FloatMatrix(FloatFormat.F32, Samples.f32(widened), rows, cols);
    float[] x = Samples.floats(4, 65 * cols);
    try (ThreadTeam team = new ThreadTeam(2)) {
      MatMul matMul = new MatMul(kernels, team, false);
      for (int tokens : new int[] {1, 5, 65}) {
        float[] expected = new float[tokens * rows];
        float[] out = new float[tokens * rows];
        matMul.add(floats, x, 0, tokens, expected, 0);
        matMul.add(matrix(samples), x, 0, tokens, out, 0);
        matMul.run();
        assertArrayEquals(expected, out, tokens + " tokens");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void aRowIsReadExactly(int bits, int rows, int cols) {
    QuantizedSamples samples = QuantizedSamples.random(rows, bits, rows, cols);
    for (int row = 0; row < rows; row++) {
      float[] out = new float[1 + cols];
      WeightRows.read(kernels.matrix(), matrix(samples), row, out, 1);
      for (int c = 0; c < cols; c++) {
        assertEquals(samples.weight(row, c), out[1 + c], "row " + row + ", column " + c);
      }
    }
  }

  @Test
  void aSegmentOfAnotherSizeIsRefused() {
    MemorySegment tiles = QuantizedSamples.random(0, 4, 17, 64).tiles();
    assertEquals(2 * 2 * 288, tiles.byteSize());
    assertEquals(tiles.byteSize(), new QuantizedMatrix(TileFormat.Q4, tiles, 17, 64).byteSize());
    assertThrows(
        IllegalArgumentException.class, () -> new QuantizedMatrix(TileFormat.Q4, tiles, 33, 64));
    assertThrows(
        IllegalArgumentException.class, () -> new QuantizedMatrix(TileFormat.Q4, tiles, 17, 80));
    assertThrows(
        IllegalArgumentException.class, () -> new QuantizedMatrix(TileFormat.Q8, tiles, 17, 64));
  }

  private static QuantizedMatrix matrix(QuantizedSamples samples) {
    int rows = samples.integers().length;
    int cols = samples.integers()[0].length;
    TileFormat format = samples.bits() == 4 ? TileFormat.Q4 : TileFormat.Q8;
    return new QuantizedMatrix(format, samples.tiles(), rows, cols);
  }

  /** All tokens' products, token by token. */
  private static float[] products(QuantizedSamples samples, float[] x, int cols) {
    int rows = samples.integers().length;
    float[] out = new float[x.length / cols * rows];
    for (int t = 0; t < x.length / cols; t++) {
      int[] rounded = QuantizedSamples.round(x, t * cols, cols);
      float[] scales = QuantizedSamples.roundingScales(x, t * cols, cols);
      for (int r = 0; r < rows; r++) {
        out[t * rows + r] = samples.product(r, rounded, scales);
      }
    }
    return out;
  }
}
