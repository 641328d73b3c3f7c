package io.github.jmixtral.internal.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.TensorFolder;
import io.github.jmixtral.internal.tensor.EncodedMatrix;
import io.github.jmixtral.testkit.Fixtures;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Reads what the original projects packed, and compares it with what their bytes stand for. */
@RunsOnce
class ForeignWeightsTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gptq-v1",
        "gptq-v1-actorder",
        "gptq-v1-3bit",
        "gptq-v2",
        "gptq-v2-lmhead",
        "awq-gemm",
        "bnb-nf4",
        "bnb-nf4-double",
        "bnb-nf4-bf16storage",
        "bnb-fp4",
        "bnb-int8",
        "fp8-tensor",
        "fp8-block",
        "ct-pack-quantized",
        "ct-pack-quantized-asym",
        "ct-pack-quantized-w8",
        "ct-int-quantized",
        "mlx-affine"
      })
  void everyWeightIsDecodedToTheBit(String name) {
    Path path = Fixtures.folder("quantized/" + name);
    JsonNode expected = JsonFile.read(path.resolve("dequantised.json"));
    assertTrue(expected.size() > 1);
    try (Arena arena = Arena.ofConfined()) {
      CheckedTensors tensors =
          new CheckedTensors(TensorFolder.open(path, arena), QuantizationConfig.read(path));
      for (Map.Entry<String, JsonNode> entry : expected.properties()) {
        JsonNode shape = entry.getValue().path("shape");
        EncodedMatrix matrix =
            assertInstanceOf(
                EncodedMatrix.class,
                tensors.matrix(entry.getKey(), shape.path(0).asInt(), shape.path(1).asInt()));
        assertEquals(
            entry.getValue().path("sha256").asString(),
            sha256(matrix),
            name + ": " + entry.getKey());
      }
    }
  }

  /** The digest of the weights in single precision, row by row, read in stretches of 7. */
  private static String sha256(EncodedMatrix matrix) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      float[] row = new float[matrix.cols()];
      ByteBuffer bytes =
          ByteBuffer.allocate(matrix.cols() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (int r = 0; r < matrix.rows(); r++) {
        for (int col = 0; col < row.length; col += 7) {
          matrix.decoder().decode(r, col, Math.min(7, row.length - col), row, col);
        }
        bytes.clear();
        for (float weight : row) {
          bytes.putFloat(weight);
        }
        digest.update(bytes.flip());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
