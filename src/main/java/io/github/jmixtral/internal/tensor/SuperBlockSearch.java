package io.github.jmixtral.internal.tensor;

import io.github.jmixtral.internal.kernel.SuperBlockFormat;
import io.github.jmixtral.internal.kernel.SuperBlockKernels;
import java.util.Arrays;

/**
 * Finds the numbers of one super-block of a row with a small weighted squared error, in the way of
 * ggml's K-quants:
 *
 * <ol>
 *   <li>for each scale group, candidates of its scale (and minimum) give levels, and these the
 *       scale (and minimum) of least squares;
 *   <li>the scales are rounded to integers times d, the minima to integers times dmin;
 *   <li>in turns, each group's integers move by one where that lowers its error, and d and dmin
 *       become those of least squares with the levels that they have, where that does; until a turn
 *       gains next to nothing.
 * </ol>
 *
 * <p>One caller at a time: holds the numbers found.
 */
final class SuperBlockSearch {
  private static final int COLUMNS = SuperBlockKernels.COLUMNS;

  /** How many levels more, or fewer, than there are the candidates spread the weights over. */
  private static final float FEWEST = -1f;

  private static final float MOST = 1.5f;
  private static final float STEP = 0.25f;

  private static final int TURNS = 4;
  private static final float LARGEST_HALF = 65504f;

  /** Adding it rounds a float of less than 2²² to an integer. */
  private static final float ROUNDING = 0x1.8p23f;

  private final SuperBlockFormat format;
  private final int groupColumns;
  private final float lowest;
  private final float highest;

  private final float[] weights = new float[COLUMNS];
  private final float[] importance = new float[COLUMNS];
  private int groups;

  /** Of each group, before they are integers: weights are about scale · level − minimum. */
  private final float[] groupScales = new float[COLUMNS / 16];

  private final float[] groupMinima = new float[COLUMNS / 16];

  private final int[] scales = new int[COLUMNS / 16];
  private final int[] minima = new int[COLUMNS / 16];
  private final float[] errors = new float[COLUMNS / 16];
  private float d;
  private float dmin;

  /** The weighted sums that a fit needs: l is a level, x a weight. */
  private float sumX;

  private float sumL;
  private float sumLl;
  private float sumLx;
  private float sumOne;

  SuperBlockSearch(SuperBlockFormat format) {
    this.format = format;
    groupColumns = format.scaleColumns();
    lowest = -format.center();
    highest = (1 << format.bits()) - 1 - format.center();
  }

  /**
   * Finds the numbers of a super-block.
   *
   * @param count of columns, a multiple of 32
   */
  void find(float[] row, int offset, float[] columnImportance, int firstColumn, int count) {
    System.arraycopy(row, offset, weights, 0, count);
    System.arraycopy(columnImportance, firstColumn, importance, 0, count);
    groups = count / groupColumns;
    for (int group = 0; group < groups; group++) {
      if (format.hasMinima()) {
        fitWithMinimum(group);
      } else {
        fit(group);
      }
    }
    d = roundAll(groupScales, scales);
    dmin = format.hasMinima() ? roundAll(groupMinima, minima) : 0;
    improve();
  }

  /** Stores what was found, as {@link SuperBlocks#read} gives it. */
  void store(byte[] levels, byte[] storedScales, byte[] storedMinima, short[] halves) {
    Arrays.fill(storedScales, (byte) 0);
    Arrays.fill(storedMinima, (byte) 0);
    for (int group = 0; group < groups; group++) {
      storedScales[group] = (byte) scales[group];
      storedMinima[group] = (byte) minima[group];
      float scale = d * scales[group];
      float minimum = dmin * minima[group];
      for (int c = group * groupColumns; c < (group + 1) * groupColumns; c++) {
        levels[c] = (byte) (level(weights[c] + minimum, inverse(scale)) + format.center());
      }
    }
    halves[0] = Float.floatToFloat16(d);
    halves[1] = Float.floatToFloat16(dmin);
  }

  private static float inverse(float scale) {
    float inverse = 1 / scale;
    return Float.isFinite(inverse) ? inverse : 0;
  }

  private float level(float weight, float inverse) {
    float rounded = Math.clamp(weight * inverse, lowest - 1, highest + 1) + ROUNDING - ROUNDING;
    return Math.clamp(rounded, lowest, highest);
  }

  /** Sums over a group with the levels of a scale and a minimum. */
  private void sum(int group, float inverse, float minimum) {
    sumX = 0;
    sumL = 0;
    sumLl = 0;
    sumLx = 0;
    sumOne = 0;
    for (int c = group * groupColumns; c < (group + 1) * groupColumns; c++) {
      float weight = importance[c];
      float level = level(weights[c] + minimum, inverse);
      float weighted = weight * level;
      sumOne += weight;
      sumX += weight * weights[c];
      sumL += weighted;
      sumLl += weighted * level;
      sumLx += weighted * weights[c];
    }
  }

  /** The scale of a group without a minimum; the largest weight becomes about the lowest level. */
  private void fit(int group) {
    float largest = 0;
    for (int c = group * groupColumns; c < (group + 1) * groupColumns; c++) {
      if (Math.abs(weights[c]) > Math.abs(largest)) {
        largest = weights[c];
      }
    }
    float best = 0;
    groupScales[group] = 0;
    for (float more = FEWEST; more <= MOST; more += STEP) {
      for (int sign = -1; sign <= 1; sign += 2) {
        float inverse = inverse(largest / (sign * (more - lowest)));
        for (int turn = 0; turn < 2; turn++) {
          sum(group, inverse, 0);
          float gain = sumLl == 0 ? 0 : sumLx * sumLx / sumLl;
          if (gain > best) {
            best = gain;
            groupScales[group] = sumLx / sumLl;
          }
          inverse = inverse(sumLx / sumLl);
        }
      }
    }
  }

  /** The scale and the minimum of a group. */
  private void fitWithMinimum(int group) {
    float smallest = 0;
    float largest = Float.NEGATIVE_INFINITY;
    for (int c = group * groupColumns; c < (group + 1) * groupColumns; c++) {
      smallest = Math.min(smallest, weights[c]);
      largest = Math.max(largest, weights[c]);
    }
    groupScales[group] = 0;
    groupMinima[group] = 0;
    float best = 0;
    for (float more = FEWEST; more <= MOST; more += STEP) {
      for (int cut = 0; cut <= 1; cut++) {
        float scale = (largest - smallest) / (highest + more);
        float minimum = -smallest - cut * Math.max(0, more / 2) * scale;
        for (int turn = 0; turn < 2; turn++) {
          sum(group, inverse(scale), minimum);
          float determinant = sumOne * sumLl - sumL * sumL;
          scale = determinant > 0 ? (sumOne * sumLx - sumX * sumL) / determinant : 0;
          minimum = determinant > 0 ? (sumL * sumLx - sumLl * sumX) / determinant : 0;
          if (sumLl == 0) {
            scale = 0;
            minimum = Math.max(0, -sumX / sumOne);
          } else if (minimum < 0 || determinant <= 0) {
            minimum = 0;
            scale = sumLx / sumLl;
          }
          // What the error is less than Σ x²; not negative with numbers of least squares.
          float gain = scale * sumLx - minimum * sumX;
          if (gain > best) {
            best = gain;
            groupScales[group] = scale;
            groupMinima[group] = minimum;
          }
        }
      }
    }
  }

  /** Rounds to integers times a half-precision number, which is chosen for a small error. */
  private float roundAll(float[] values, int[] integers) {
    float largest = 0;
    for (int group = 0; group < groups; group++) {
      if (Math.abs(values[group]) > Math.abs(largest)) {
        largest = values[group];
      }
    }
    float best = 0;
    float least = Float.POSITIVE_INFINITY;
    for (float top = format.highestScale(); top > 0.75f * format.highestScale(); top -= 0.5f) {
      float unit = half(largest / top);
      float error = 0;
      for (int group = 0; group < groups; group++) {
        float difference = values[group] - unit * integer(values[group], unit);
        error += difference * difference;
      }
      if (error < least) {
        least = error;
        best = unit;
      }
    }
    for (int group = 0; group < groups; group++) {
      integers[group] = integer(values[group], best);
    }
    return best;
  }

  private int integer(float value, float unit) {
    int rounded = Math.round(value * inverse(unit));
    return Math.clamp(rounded, format.lowestScale(), format.highestScale());
  }

  private static float half(float value) {
    float bounded = Math.clamp(value, -LARGEST_HALF, LARGEST_HALF);
    return Float.float16ToFloat(Float.floatToFloat16(bounded));
  }

  private void improve() {
    float least = measure();
    for (int turn = 0; turn < TURNS; turn++) {
      for (int group = 0; group < groups; group++) {
        moveIntegers(group);
      }
      float moved = total();
      float formerD = d;
      float formerDmin = dmin;
      fitUnits();
      float found = measure();
      if (!(found < moved)) {
        d = formerD;
        dmin = formerDmin;
        found = measure();
      }
      if (!(found < 0.999f * least)) {
        return;
      }
      least = found;
    }
  }

  private float measure() {
    for (int group = 0; group < groups; group++) {
      errors[group] = error(group, scales[group], minima[group]);
    }
    return total();
  }

  private float total() {
    float sum = 0;
    for (int group = 0; group < groups; group++) {
      sum += errors[group];
    }
    return sum;
  }

  private float error(int group, int integerScale, int integerMinimum) {
    float scale = d * integerScale;
    float minimum = dmin * integerMinimum;
    float inverse = inverse(scale);
    float sum = 0;
    for (int c = group * groupColumns; c < (group + 1) * groupColumns; c++) {
      float difference = scale * level(weights[c] + minimum, inverse) - minimum - weights[c];
      sum += importance[c] * difference * difference;
    }
    return sum;
  }

  private void moveIntegers(int group) {
    int scale = scales[group];
    int minimum = minima[group];
    int reach = format.hasMinima() ? 1 : 0;
    for (int s = scale - 1; s <= scale + 1; s++) {
      for (int m = minimum - reach; m <= minimum + reach; m++) {
        boolean allowed =
            s >= format.lowestScale()
                && s <= format.highestScale()
                && m >= 0
                && m <= format.highestScale();
        if (!allowed || s == scale && m == minimum) {
          continue;
        }
        float error = error(group, s, m);
        if (error < errors[group]) {
          errors[group] = error;
          scales[group] = s;
          minima[group] = m;
        }
      }
    }
  }

  /** d and dmin of least squares with the levels and integers that there are. */
  private void fitUnits() {
    double aa = 0;
    double ab = 0;
    double bb = 0;
    double ax = 0;
    double bx = 0;
    for (int group = 0; group < groups; group++) {
      sum(group, inverse(d * scales[group]), dmin * minima[group]);
      double s = scales[group];
      double m = -minima[group];
      aa += s * s * sumLl;
      ab += s * m * sumL;
      bb += m * m * sumOne;
      ax += s * sumLx;
      bx += m * sumX;
    }
    double determinant = aa * bb - ab * ab;
    if (bb > 0 && determinant > 1e-9 * aa * bb) {
      d = half((float) ((ax * bb - bx * ab) / determinant));
      dmin = half((float) ((bx * aa - ax * ab) / determinant));
    } else if (aa > 0) {
      d = half((float) ((ax - dmin * ab) / aa));
    }
  }
}
