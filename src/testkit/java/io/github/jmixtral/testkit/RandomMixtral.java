package io.github.jmixtral.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * A Mixtral of one narrow layer with random weights and the vocabulary of Mixtral-8x22B-Instruct:
 * it can be offered tools, and what it writes is chance.
 */
public final class RandomMixtral {
  private static final int HIDDEN = 32;
  private static final int EXPERTS = 2;
  private static final int HEAD_DIM = 16;
  private static final double DEVIATION = 0.1;

  private RandomMixtral() {}

  /** Writes the model into a folder. */
  public static Path write(Path folder) {
    VersionThree.write(folder.resolve("tokenizer.model"));
    try {
      Files.writeString(folder.resolve("config.json"), config());
      Files.write(folder.resolve("model.safetensors"), weights(tensors()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return folder;
  }

  private static String config() {
    return """
    {"model_type": "mixtral", "vocab_size": %d, "hidden_size": %d, "intermediate_size": %d,
     "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": %d,
     "num_local_experts": %d, "num_experts_per_tok": 1, "max_position_embeddings": 4096,
     "dtype": "float32", "bos_token_id": 1, "eos_token_id": 2}
    """
        .formatted(VersionThree.SIZE, HIDDEN, HIDDEN, HEAD_DIM, EXPERTS);
  }

  /** Shapes by name, [rows, columns] or [size]. */
  private static Map<String, int[]> tensors() {
    Map<String, int[]> shapes = new LinkedHashMap<>();
    String layer = "model.layers.0.";
    shapes.put("model.embed_tokens.weight", new int[] {VersionThree.SIZE, HIDDEN});
    shapes.put(layer + "input_layernorm.weight", new int[] {HIDDEN});
    shapes.put(layer + "self_attn.q_proj.weight", new int[] {2 * HEAD_DIM, HIDDEN});
    shapes.put(layer + "self_attn.k_proj.weight", new int[] {HEAD_DIM, HIDDEN});
    shapes.put(layer + "self_attn.v_proj.weight", new int[] {HEAD_DIM, HIDDEN});
    shapes.put(layer + "self_attn.o_proj.weight", new int[] {HIDDEN, 2 * HEAD_DIM});
    shapes.put(layer + "post_attention_layernorm.weight", new int[] {HIDDEN});
    shapes.put(layer + "block_sparse_moe.gate.weight", new int[] {EXPERTS, HIDDEN});
    for (int expert = 0; expert < EXPERTS; expert++) {
      for (String part : new String[] {"w1", "w2", "w3"}) {
        shapes.put(
            layer + "block_sparse_moe.experts." + expert + "." + part + ".weight",
            new int[] {HIDDEN, HIDDEN});
      }
    }
    shapes.put("model.norm.weight", new int[] {HIDDEN});
    shapes.put("lm_head.weight", new int[] {VersionThree.SIZE, HIDDEN});
    return shapes;
  }

  private static byte[] weights(Map<String, int[]> shapes) {
    Map<String, String> entries = new LinkedHashMap<>();
    int size = 0;
    for (Map.Entry<String, int[]> tensor : shapes.entrySet()) {
      int[] shape = tensor.getValue();
      int end = size + Float.BYTES * shape[0] * (shape.length == 1 ? 1 : shape[1]);
      entries.put(
          tensor.getKey(),
          "{\"dtype\": \"F32\", \"shape\": [%s], \"data_offsets\": [%d, %d]}"
              .formatted(shape.length == 1 ? shape[0] : shape[0] + ", " + shape[1], size, end));
      size = end;
    }
    byte[] header =
        entries.entrySet().stream()
            .map(entry -> "\"" + entry.getKey() + "\": " + entry.getValue())
            .collect(Collectors.joining(", ", "{", "}"))
            .getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(Long.BYTES + header.length + size).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(header.length).put(header);
    SplittableRandom random = new SplittableRandom(1);
    shapes.forEach(
        (name, shape) -> {
          for (int i = 0; i < shape[0] * (shape.length == 1 ? 1 : shape[1]); i++) {
            file.putFloat(shape.length == 1 ? 1 : (float) (DEVIATION * random.nextGaussian()));
          }
        });
    return file.array();
  }
}
