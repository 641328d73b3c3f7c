package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.internal.kernel.FloatFormat;
import io.github.jmixtral.internal.tensor.FloatMatrix;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/** Rounds single-precision weights to half precision. */
public final class HalfPrecision {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private HalfPrecision() {}

  public static MixtralWeights of(MixtralWeights weights) {
    List<MixtralWeights.Layer> layers =
        weights.layers().stream().map(HalfPrecision::layer).toList();
    MixtralWeights.Head head =
        switch (weights.head()) {
          case MixtralWeights.Head.LanguageModel(WeightMatrix lmHead) ->
              new MixtralWeights.Head.LanguageModel(matrix(lmHead));
          case MixtralWeights.Head.Classifier(WeightMatrix score) ->
              new MixtralWeights.Head.Classifier(matrix(score));
          case MixtralWeights.Head.None none -> none;
        };
    return new MixtralWeights(matrix(weights.embedTokens()), layers, vector(weights.norm()), head);
  }

  private static MixtralWeights.Layer layer(MixtralWeights.Layer layer) {
    return new MixtralWeights.Layer(
        vector(layer.inputLayernorm()),
        matrix(layer.qProj()),
        matrix(layer.kProj()),
        matrix(layer.vProj()),
        matrix(layer.oProj()),
        vector(layer.postAttentionLayernorm()),
        matrix(layer.gate()),
        layer.experts().stream()
            .map(
                expert ->
                    new MixtralWeights.Expert(
                        matrix(expert.w1()), matrix(expert.w2()), matrix(expert.w3())))
            .toList());
  }

  private static float[] vector(float[] vector) {
    float[] rounded = new float[vector.length];
    for (int i = 0; i < vector.length; i++) {
      rounded[i] = Float.float16ToFloat(Float.floatToFloat16(vector[i]));
    }
    return rounded;
  }

  private static WeightMatrix matrix(WeightMatrix matrix) {
    MemorySegment source = ((FloatMatrix) matrix).data();
    int count = matrix.rows() * matrix.cols();
    MemorySegment rounded = MemorySegment.ofArray(new byte[2 * count]);
    for (int i = 0; i < count; i++) {
      rounded.setAtIndex(SHORT, i, Float.floatToFloat16(source.getAtIndex(FLOAT, i)));
    }
    return new FloatMatrix(FloatFormat.F16, rounded, matrix.rows(), matrix.cols());
  }
}
