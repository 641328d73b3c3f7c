package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.internal.format.GgufBlocks;
import io.github.jmixtral.internal.format.GgufFile;
import io.github.jmixtral.internal.format.GgufTensor;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.internal.tensor.WeightRows;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.Golden;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Compares unpacked blocks, bit for bit, with what ggml makes of the same bytes. */
class GgufWeightsTest {

  @Test
  void everyTensorIsBitForBitWhatGgmlMakesOfIt() {
    String folder = "quantized/gguf-q4_0";
    try (Arena arena = Arena.ofConfined();
        Golden golden = Golden.open(folder)) {
      Path path = Fixtures.folder(folder);
      GgufLayout layout = GgufLayout.of(path).orElseThrow();
      MixtralWeights weights = layout.weights(layout.config(), arena).weights();
      Map<String, float[]> byName = new HashMap<>();
      weights.map(
          (name, matrix) -> {
            byName.put(name, floats(matrix));
            return matrix;
          });
      int compared = 0;
      for (String name : golden.names()) {
        if (name.startsWith("dequantised")) {
          String hubName = name.substring(name.indexOf('.') + 1);
          assertSameBits(name, golden.floats(name), byName.get(hubName));
          compared++;
        }
      }
      assertTrue(compared >= 2, compared + " tensors compared");
      GgufTensor key = GgufFile.open(layout.file(), arena).tensors().get("blk.0.attn_k.weight");
      float[] stored = new float[golden.floats("gguf.blk.0.attn_k.weight").length];
      GgufBlocks.unpack(key.type(), key.data(), 0, stored.length, stored, 0);
      assertSameBits("as stored", golden.floats("gguf.blk.0.attn_k.weight"), stored);
    }
  }

  /** The golden may hold the first rows only. */
  private static void assertSameBits(String name, float[] expected, float[] found) {
    for (int i = 0; i < expected.length; i++) {
      assertEquals(
          Float.floatToRawIntBits(expected[i]), Float.floatToRawIntBits(found[i]), name + " " + i);
    }
  }

  private static float[] floats(WeightMatrix matrix) {
    float[] all = new float[matrix.rows() * matrix.cols()];
    for (int row = 0; row < matrix.rows(); row++) {
      WeightRows.read(Kernels.detected().matrix(), matrix, row, all, row * matrix.cols());
    }
    return all;
  }
}
