package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.internal.tensor.FloatMatrix;
import io.github.jmixtral.internal.tensor.OffsetMatrix;
import io.github.jmixtral.internal.tensor.QuantizedMatrix;
import io.github.jmixtral.internal.tensor.ReorderedMatrix;
import io.github.jmixtral.internal.tensor.SuperBlockMatrix;
import io.github.jmixtral.internal.tensor.TiledMatrix;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Compares the weights of two models, bit for bit. */
public final class WeightsAssert {
  private WeightsAssert() {}

  public static void assertSameBits(MixtralWeights expected, MixtralWeights found) {
    assertSame("embedding", expected.embedTokens(), found.embedTokens());
    assertArrayEquals(expected.norm(), found.norm(), "norm");
    assertEquals(expected.layers().size(), found.layers().size(), "layers");
    for (int layer = 0; layer < expected.layers().size(); layer++) {
      assertSame("layer " + layer, expected.layers().get(layer), found.layers().get(layer));
    }
    switch (expected.head()) {
      case MixtralWeights.Head.LanguageModel(WeightMatrix lmHead) ->
          assertSame(
              "lm_head", lmHead, ((MixtralWeights.Head.LanguageModel) found.head()).lmHead());
      case MixtralWeights.Head.Classifier(WeightMatrix score) ->
          assertSame("score", score, ((MixtralWeights.Head.Classifier) found.head()).score());
      case MixtralWeights.Head.None none -> assertEquals(none, found.head());
    }
  }

  private static void assertSame(
      String place, MixtralWeights.Layer expected, MixtralWeights.Layer found) {
    assertArrayEquals(expected.inputLayernorm(), found.inputLayernorm(), place);
    assertArrayEquals(expected.postAttentionLayernorm(), found.postAttentionLayernorm(), place);
    assertSame(place + " q", expected.qProj(), found.qProj());
    assertSame(place + " k", expected.kProj(), found.kProj());
    assertSame(place + " v", expected.vProj(), found.vProj());
    assertSame(place + " o", expected.oProj(), found.oProj());
    assertSame(place + " gate", expected.gate(), found.gate());
    assertEquals(expected.experts().size(), found.experts().size(), place + " experts");
    for (int expert = 0; expert < expected.experts().size(); expert++) {
      String name = place + " expert " + expert;
      assertSame(
          name + " w1", expected.experts().get(expert).w1(), found.experts().get(expert).w1());
      assertSame(
          name + " w2", expected.experts().get(expert).w2(), found.experts().get(expert).w2());
      assertSame(
          name + " w3", expected.experts().get(expert).w3(), found.experts().get(expert).w3());
    }
  }

  private static void assertSame(String place, WeightMatrix expected, WeightMatrix found) {
    assertEquals(expected.getClass(), found.getClass(), place);
    assertEquals(expected.rows(), found.rows(), place);
    assertEquals(expected.cols(), found.cols(), place);
    if (expected instanceof ReorderedMatrix(_, var order)) {
      assertEquals(order, ((ReorderedMatrix) found).order(), place);
    }
    List<MemorySegment> wanted = data(expected);
    List<MemorySegment> are = data(found);
    assertEquals(wanted.size(), are.size(), place);
    for (int i = 0; i < wanted.size(); i++) {
      assertEquals(-1, wanted.get(i).mismatch(are.get(i)), place + ": first byte that differs");
    }
  }

  /** The number format of weights that are floats or tiles. */
  public static Enum<?> format(WeightMatrix matrix) {
    return switch (matrix) {
      case FloatMatrix floats -> floats.format();
      case TiledMatrix tiles -> tiles.quantized().format();
      case SuperBlockMatrix blocks -> blocks.format();
      case ReorderedMatrix(var tiles, _) -> tiles.quantized().format();
      case EncodedMatrix encoded ->
          throw new AssertionError("neither floats nor tiles: " + encoded);
    };
  }

  private static List<MemorySegment> data(WeightMatrix matrix) {
    return switch (matrix) {
      case FloatMatrix floats -> List.of(floats.data());
      case QuantizedMatrix tiles -> List.of(tiles.data());
      case SuperBlockMatrix blocks -> List.of(blocks.data());
      case OffsetMatrix(var tiles, var offsets) -> List.of(tiles.data(), offsets.data());
      case ReorderedMatrix(var tiles, _) -> data(tiles);
      case EncodedMatrix encoded -> {
        float[] weights = new float[encoded.rows() * encoded.cols()];
        for (int row = 0; row < encoded.rows(); row++) {
          encoded.decoder().decode(row, 0, encoded.cols(), weights, row * encoded.cols());
        }
        yield List.of(MemorySegment.ofArray(weights));
      }
    };
  }
}
