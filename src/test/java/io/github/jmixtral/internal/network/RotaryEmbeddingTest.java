package io.github.jmixtral.internal.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.internal.kernel.Samples;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@RunsOnce
class RotaryEmbeddingTest {

  private static final int[] POSITIONS = {0, 1, 2, 3, 63, 64, 100, 1000, 4095, 32767, 65535};

  @ParameterizedTest
  @CsvSource({"2, 10000", "6, 10000", "32, 10000", "128, 1000000"})
  void halvesTurnByTheAnglesOfDoubleArithmetic(int headDim, double theta) {
    RotaryEmbedding rotary = prepared(headDim, theta, POSITIONS);
    int half = headDim / 2;
    for (int row = 0; row < POSITIONS.length; row++) {
      float[] x = Samples.floats(row, 3 + headDim + 1);
      float[] found = x.clone();
      rotary.rotate(found, 3, row);
      for (int i = 0; i < half; i++) {
        double angle = POSITIONS[row] * Math.pow(theta, -2.0 * i / headDim);
        double low = x[3 + i];
        double high = x[3 + half + i];
        // The exponent's rounding grows by ln θ < 14; power, reciprocal and product round once.
        double angleError = (14 + 3) * Samples.ROUNDING * angle;
        double bound = (Math.abs(low) + Math.abs(high)) * (angleError + 3 * Samples.ROUNDING);
        double cos = Math.cos(angle);
        double sin = Math.sin(angle);
        String place = "position %d, pair %d".formatted(POSITIONS[row], i);
        assertEquals(low * cos - high * sin, found[3 + i], bound, place);
        assertEquals(high * cos + low * sin, found[3 + half + i], bound, place);
      }
      assertEquals(x[2], found[2]);
      assertEquals(x[3 + headDim], found[3 + headDim]);
    }
  }

  @Test
  void positionZeroTurnsNothing() {
    float[] x = Samples.floats(1, 32);
    float[] found = x.clone();
    prepared(32, 10000, new int[] {0}).rotate(found, 0, 0);
    assertArrayEquals(x, found);
  }

  @Test
  void aDotProductDependsOnTheDistanceOnly() {
    int headDim = 32;
    int[] positions = IntStream.range(0, 200).toArray();
    RotaryEmbedding rotary = prepared(headDim, 10000, positions);
    float[] query = Samples.floats(1, headDim);
    float[] key = Samples.floats(2, headDim);
    for (int distance : new int[] {0, 1, 7, 50}) {
      double expected = dot(rotary, query, distance, key, 0);
      for (int position = distance; position < 200; position++) {
        assertEquals(
            expected, dot(rotary, query, position, key, position - distance), 2e-4, "distance");
      }
    }
  }

  @Test
  void aSmallerBatchAfterALargerOneHasItsOwnAngles() {
    RotaryEmbedding rotary = prepared(16, 10000, new int[] {5, 6, 7});
    rotary.prepare(batch(new int[] {9}));
    float[] found = Samples.floats(1, 16);
    float[] expected = found.clone();
    rotary.rotate(found, 0, 0);
    prepared(16, 10000, new int[] {9}).rotate(expected, 0, 0);
    assertArrayEquals(expected, found);
  }

  private static double dot(
      RotaryEmbedding rotary, float[] query, int queryRow, float[] key, int keyRow) {
    float[] q = query.clone();
    float[] k = key.clone();
    rotary.rotate(q, 0, queryRow);
    rotary.rotate(k, 0, keyRow);
    double sum = 0;
    for (int i = 0; i < q.length; i++) {
      sum += (double) q[i] * k[i];
    }
    return sum;
  }

  private static RotaryEmbedding prepared(int headDim, double theta, int[] positions) {
    RotaryEmbedding rotary = new RotaryEmbedding(headDim, theta, 1);
    rotary.prepare(batch(positions));
    return rotary;
  }

  private static TokenBatch batch(int[] positions) {
    TokenBatch batch = new TokenBatch();
    BlockCache cache =
        new BlockCache(Configs.withWindow(OptionalInt.empty()), CacheFormat.F32, new CacheMemory());
    int count = positions.length;
    var step =
        new SequenceStep(
            cache, new int[count], 0, count, new float[0][], null, positions, null, false);
    batch.add(step, 0, count);
    return batch;
  }
}
