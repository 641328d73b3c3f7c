package io.github.jmixtral.internal.kernel;

import static io.github.jmixtral.internal.kernel.Exponential.ROUND;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link RoundingKernels} on the machine's widest vectors: a lane is a row. */
final class VectorRoundingKernels implements RoundingKernels {

  private static final VectorSpecies<Float> FLOATS = VectorWidth.FLOATS;
  private static final int LANES = FLOATS.length();

  @Override
  public void searchScales(
      float[] weights,
      float[] importance,
      int importanceOffset,
      float[] candidates,
      float lowest,
      float highest,
      float[] scales) {
    for (int row = 0; row < ROWS; row += LANES) {
      searchScales(weights, row, importance, importanceOffset, candidates, lowest, highest, scales);
    }
  }

  private static void searchScales(
      float[] weights,
      int row,
      float[] importance,
      int importanceOffset,
      float[] candidates,
      float lowest,
      float highest,
      float[] scales) {
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector largest = zero;
    for (int c = 0; c < COLUMNS; c++) {
      FloatVector w = FloatVector.fromArray(FLOATS, weights, c * ROWS + row);
      largest = largest.blend(w, w.abs().compare(VectorOperators.GT, largest.abs()));
    }
    VectorMask<Float> empty = largest.compare(VectorOperators.EQ, 0f);
    FloatVector best = zero;
    FloatVector scale = zero;
    for (int i = 0; i < candidates.length; i++) {
      FloatVector inverse =
          FloatVector.broadcast(FLOATS, candidates[i]).div(largest).blend(0f, empty);
      FloatVector products = zero;
      FloatVector squares = zero;
      for (int c = 0; c < COLUMNS; c++) {
        FloatVector w = FloatVector.fromArray(FLOATS, weights, c * ROWS + row);
        FloatVector q = w.mul(inverse).add(ROUND).sub(ROUND).max(lowest).min(highest);
        FloatVector weighted = q.mul(importance[importanceOffset + c]);
        products = weighted.fma(w, products);
        squares = weighted.fma(q, squares);
      }
      FloatVector explained = products.mul(products).div(squares);
      VectorMask<Float> better = explained.compare(VectorOperators.GT, best);
      best = best.blend(explained, better);
      scale = scale.blend(products.div(squares), better);
    }
    scale.intoArray(scales, row);
  }

  @Override
  public void round(
      float[] weights,
      float[] scales,
      float lowest,
      float highest,
      float[] integers,
      float[] errors,
      float[] squares) {
    for (int row = 0; row < ROWS; row += LANES) {
      FloatVector scale = FloatVector.fromArray(FLOATS, scales, row);
      FloatVector inverse =
          FloatVector.broadcast(FLOATS, 1f)
              .div(scale)
              .blend(0f, scale.compare(VectorOperators.EQ, 0f));
      FloatVector minusScale = scale.neg();
      FloatVector error = FloatVector.zero(FLOATS);
      FloatVector square = FloatVector.zero(FLOATS);
      for (int c = 0; c < COLUMNS; c++) {
        FloatVector w = FloatVector.fromArray(FLOATS, weights, c * ROWS + row);
        FloatVector q = w.mul(inverse).add(ROUND).sub(ROUND).max(lowest).min(highest);
        FloatVector difference = minusScale.fma(q, w);
        q.intoArray(integers, c * ROWS + row);
        error = difference.fma(difference, error);
        square = w.fma(w, square);
      }
      error.intoArray(errors, row);
      square.intoArray(squares, row);
    }
  }
}
