package io.github.jmixtral.internal.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.Samples;
import io.github.jmixtral.internal.kernel.Samples.NumberFormat;
import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SuperBlockQuantizerTest {
  private final Kernels kernels = Kernels.detected();

  private Quantizer.Loss quantize(
      WeightMatrix weights, SuperBlockMatrix target, float[] importance, int threads) {
    try (ThreadTeam team = new ThreadTeam(threads)) {
      return new SuperBlockQuantizer(kernels, team).quantize(weights, target, importance);
    }
  }

  private static float[] even(int cols) {
    float[] importance = new float[cols];
    Arrays.fill(importance, 1f);
    return importance;
  }

  private static SuperBlockMatrix target(SuperBlockFormat format, WeightMatrix weights) {
    return SuperBlockMatrix.allocate(Arena.ofAuto(), format, weights.rows(), weights.cols());
  }

  private static WeightMatrix normal(int rows, int cols) {
    Random random = new Random(rows);
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.02 * random.nextGaussian());
    }
    return new FloatMatrix(FloatFormat.F32, Samples.f32(values), rows, cols);
  }

  private float[] read(WeightMatrix matrix) {
    float[] values = new float[matrix.rows() * matrix.cols()];
    for (int r = 0; r < matrix.rows(); r++) {
      WeightRows.read(kernels.matrix(), matrix, r, values, r * matrix.cols());
    }
    return values;
  }

  private double error(WeightMatrix weights, WeightMatrix rounded, float[] importance) {
    float[] exact = read(weights);
    float[] found = read(rounded);
    double error = 0;
    for (int i = 0; i < exact.length; i++) {
      double difference = (double) exact[i] - found[i];
      error += importance[i % importance.length] * difference * difference;
    }
    return error;
  }

  /** The error of scales, of full precision, with which no weight of a group is cut off. */
  private double plainError(SuperBlockFormat format, WeightMatrix weights) {
    float[] exact = read(weights);
    int columns = format.scaleColumns();
    int levels = (1 << format.bits()) - 1;
    double error = 0;
    for (int first = 0; first < exact.length; first += columns) {
      float[] group = Arrays.copyOfRange(exact, first, first + columns);
      float largest = 0;
      float smallest = 0;
      for (float value : group) {
        largest = Math.max(largest, value);
        smallest = Math.min(smallest, value);
      }
      double scale =
          format.hasMinima()
              ? (largest - smallest) / levels
              : Math.max(largest, -smallest) / (levels / 2);
      double minimum = format.hasMinima() ? smallest : 0;
      for (float value : group) {
        double rounded = scale * Math.rint((value - minimum) / scale) + minimum;
        error += Math.pow(value - rounded, 2);
      }
    }
    return error;
  }

  @ParameterizedTest
  @ValueSource(ints = {32, 128, 256, 384, 544})
  void theErrorIsLessThanThatOfPlainRoundingAndFallsWithEveryBit(int cols) {
    WeightMatrix weights = normal(67, cols);
    double former = Double.POSITIVE_INFINITY;
    for (SuperBlockFormat format : SuperBlockFormat.values()) {
      SuperBlockMatrix rounded = target(format, weights);
      quantize(weights, rounded, even(cols), 2);
      double found = error(weights, rounded, even(cols));
      double plain = plainError(format, weights);
      assertTrue(found < plain, format + ": " + found + " against " + plain);
      assertTrue(found < former, format + ": " + found + " after " + former);
      former = found;
    }
  }

  @ParameterizedTest
  @EnumSource
  void theLossIsThatOfTheWeightsWritten(SuperBlockFormat format) {
    for (int rows : new int[] {1, 16, 130, 149}) {
      WeightMatrix weights = SampleMatrix.random(NumberFormat.BF16, rows, rows, 288);
      SuperBlockMatrix rounded = target(format, weights);
      Quantizer.Loss loss = quantize(weights, rounded, even(288), 3);
      assertEquals(error(weights, rounded, even(288)), loss.error(), 1e-9 * loss.error());
      double squares = 0;
      for (float value : read(weights)) {
        squares += (double) value * value;
      }
      assertEquals(squares, loss.squares(), 1e-9 * squares);
    }
  }

  @ParameterizedTest
  @EnumSource
  void threadsDoNotChangeABit(SuperBlockFormat format) {
    WeightMatrix weights = normal(200, 352);
    SuperBlockMatrix expected = target(format, weights);
    quantize(weights, expected, even(352), 1);
    for (int threads = 2; threads <= 3; threads++) {
      SuperBlockMatrix found = target(format, weights);
      quantize(weights, found, even(352), threads);
      assertEquals(-1, expected.data().mismatch(found.data()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void weightsOnTheGridAreKeptExactly(SuperBlockFormat format) {
    int cols = 288;
    int rows = 20;
    int highest = (1 << format.bits()) - 1;
    float[] values = new float[rows * cols];
    Random random = new Random(3);
    for (int first = 0; first < values.length; first += format.scaleColumns()) {
      boolean largest = first % cols % 256 == 0;
      int top = format.highestScale();
      int scale = largest ? top : 1 + random.nextInt(top);
      int minimum = !format.hasMinima() ? 0 : largest ? top : random.nextInt(top + 1);
      for (int i = 0; i < format.scaleColumns(); i++) {
        int level = i == 0 ? 0 : i == 1 ? highest : random.nextInt(highest + 1);
        values[first + i] = 0x1p-10f * (scale * (level - format.center()) - minimum);
      }
    }
    WeightMatrix weights = new FloatMatrix(FloatFormat.F32, Samples.f32(values), rows, cols);
    double relative = quantize(weights, target(format, weights), even(cols), 1).relative();
    assertEquals(0, relative, format + ": " + relative);
  }

  @ParameterizedTest
  @EnumSource(names = {"Q2", "Q4", "Q5"})
  void weightsThatAreAllTheSameAreKept(SuperBlockFormat format) {
    float[] values = new float[16 * 64];
    Arrays.fill(values, -0.25f);
    WeightMatrix weights = new FloatMatrix(FloatFormat.F32, Samples.f32(values), 16, 64);
    assertTrue(quantize(weights, target(format, weights), even(64), 1).relative() < 0.001);
  }

  @ParameterizedTest
  @EnumSource
  void zerosStayZeros(SuperBlockFormat format) {
    float[] values = new float[17 * 96];
    WeightMatrix weights = new FloatMatrix(FloatFormat.F32, Samples.f32(values), 17, 96);
    assertEquals(Quantizer.Loss.NONE, quantize(weights, target(format, weights), even(96), 1));
  }

  @ParameterizedTest
  @EnumSource
  void importantColumnsLoseLess(SuperBlockFormat format) {
    WeightMatrix weights = normal(128, 320);
    float[] importance = new float[320];
    for (int c = 0; c < importance.length; c++) {
      importance[c] = c % 4 == 0 ? 20 : 0.1f;
    }
    SuperBlockMatrix plain = target(format, weights);
    SuperBlockMatrix weighted = target(format, weights);
    quantize(weights, plain, even(320), 2);
    quantize(weights, weighted, importance, 2);
    double plainError = error(weights, plain, importance);
    double weightedError = error(weights, weighted, importance);
    assertTrue(weightedError < 0.9 * plainError, weightedError + " against " + plainError);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void weightsThatAreNotFiniteAreRefused(float value) {
    float[] values = Samples.floats(1, 40 * 32);
    values[35 * 32 + 7] = value;
    WeightMatrix weights = new FloatMatrix(FloatFormat.F32, Samples.f32(values), 40, 32);
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> quantize(weights, target(SuperBlockFormat.Q3, weights), even(32), 2));
    assertEquals("some weights in rows 32 to 39 are not finite", refusal.getMessage());
  }

  @Test
  void otherShapesAreRefused() {
    WeightMatrix weights = normal(16, 32);
    SuperBlockMatrix other = target(SuperBlockFormat.Q3, normal(17, 32));
    assertThrows(IllegalArgumentException.class, () -> quantize(weights, other, even(32), 1));
  }
}
