package io.github.jmixtral.internal.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.Samples;
import io.github.jmixtral.internal.kernel.Samples.NumberFormat;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.kernel.TileFormat;
import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizerTest {

  private final Kernels kernels = Kernels.detected();

  /** Scales by the largest value alone give 0.086. */
  @Test
  void fourBitsLoseLittleOfNormallyDistributedWeights() {
    WeightMatrix weights = SampleMatrix.random(NumberFormat.F32, 1, 4096, 256);
    double loss = quantize(weights, target(4, 4096, 256), 2).relative();
    assertTrue(loss <= 0.082, "relative error " + loss);
  }

  @Test
  void eightBitsLoseNextToNothing() {
    WeightMatrix weights = SampleMatrix.random(NumberFormat.F32, 1, 512, 256);
    double loss = quantize(weights, target(8, 512, 256), 2).relative();
    assertTrue(loss <= 0.005, "relative error " + loss);
  }

  @ParameterizedTest
  @EnumSource
  void theLossIsThatOfTheTilesWritten(NumberFormat format) {
    for (int bits : new int[] {4, 8}) {
      for (int rows : new int[] {1, 16, 130, 149}) {
        WeightMatrix weights = SampleMatrix.random(format, rows, rows, 96);
        QuantizedMatrix tiles = target(bits, rows, 96);
        Quantizer.Loss loss = quantize(weights, tiles, 3);
        double error = 0;
        double squares = 0;
        float[] exact = new float[96];
        float[] rounded = new float[96];
        for (int r = 0; r < rows; r++) {
          WeightRows.read(kernels.matrix(), weights, r, exact, 0);
          WeightRows.read(kernels.matrix(), tiles, r, rounded, 0);
          for (int c = 0; c < 96; c++) {
            error += Math.pow((double) exact[c] - rounded[c], 2);
            squares += Math.pow(exact[c], 2);
          }
        }
        assertEquals(error, loss.error(), 1e-5 * error);
        assertEquals(squares, loss.squares(), 1e-5 * squares);
      }
    }
  }

  @Test
  void neitherThreadsNorVectorsChangeABit() {
    WeightMatrix weights = SampleMatrix.random(NumberFormat.BF16, 5, 200, 64);
    for (int bits : new int[] {4, 8}) {
      QuantizedMatrix expected = target(bits, 200, 64);
      try (ThreadTeam team = new ThreadTeam(1)) {
        new Quantizer(Kernels.scalar(), team).quantize(weights, expected);
      }
      for (int threads = 1; threads <= 3; threads++) {
        QuantizedMatrix found = target(bits, 200, 64);
        quantize(weights, found, threads);
        assertEquals(-1, expected.data().mismatch(found.data()));
      }
    }
  }

  @Test
  void weightsThatFitAreKeptExactly() {
    float[] values = new float[32 * 32];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 32 == 5 ? -8 * 0.25f : (i % 15 - 7) * 0.25f;
    }
    Arrays.fill(values, 3 * 32, 4 * 32, 0f);
    WeightMatrix weights = new FloatMatrix(FloatFormat.F32, Samples.f32(values), 32, 32);
    assertEquals(0, quantize(weights, target(4, 32, 32), 1).error());
  }

  @Test
  void importantColumnsLoseLess() {
    WeightMatrix weights = SampleMatrix.random(NumberFormat.F32, 9, 256, 64);
    float[] importance = new float[64];
    for (int c = 0; c < 64; c++) {
      importance[c] = c % 4 == 0 ? 20 : 0.1f;
    }
    QuantizedMatrix even = target(4, 256, 64);
    QuantizedMatrix weighted = target(4, 256, 64);
    quantize(weights, even, 1);
    try (ThreadTeam team = new ThreadTeam(2)) {
      new Quantizer(kernels, team).quantize(weights, weighted, importance);
    }
    double evenError = weightedError(weights, even, importance);
    double weightedError = weightedError(weights, weighted, importance);
    assertTrue(weightedError < 0.8 * evenError, weightedError + " against " + evenError);
  }

  private double weightedError(WeightMatrix weights, QuantizedMatrix tiles, float[] importance) {
    double error = 0;
    float[] exact = new float[weights.cols()];
    float[] rounded = new float[weights.cols()];
    for (int r = 0; r < weights.rows(); r++) {
      WeightRows.read(kernels.matrix(), weights, r, exact, 0);
      WeightRows.read(kernels.matrix(), tiles, r, rounded, 0);
      for (int c = 0; c < weights.cols(); c++) {
        error += importance[c] * Math.pow((double) exact[c] - rounded[c], 2);
      }
    }
    return error;
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void weightsThatAreNotFiniteAreRefused(float value) {
    float[] values = Samples.floats(1, 40 * 32);
    values[35 * 32 + 7] = value;
    WeightMatrix weights = new FloatMatrix(FloatFormat.F32, Samples.f32(values), 40, 32);
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> quantize(weights, target(4, 40, 32), 2));
    assertEquals("some weights in rows 32 to 39 are not finite", refusal.getMessage());
  }

  @Test
  void otherShapesAreRefused() {
    WeightMatrix weights = SampleMatrix.random(NumberFormat.F32, 1, 16, 32);
    assertThrows(IllegalArgumentException.class, () -> quantize(weights, target(4, 17, 32), 1));
  }

  private Quantizer.Loss quantize(WeightMatrix weights, QuantizedMatrix target, int threads) {
    try (ThreadTeam team = new ThreadTeam(threads)) {
      return new Quantizer(kernels, team).quantize(weights, target);
    }
  }

  private static QuantizedMatrix target(int bits, int rows, int cols) {
    return QuantizedMatrix.allocate(
        Arena.ofAuto(), bits == 4 ? TileFormat.Q4 : TileFormat.Q8, rows, cols);
  }
}
