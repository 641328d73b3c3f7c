package io.github.jmixtral.testkit.mutation;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Small models one weight of which, [8, 32], another program quantised, in each of the layouts; or
 * we did.
 */
public final class EncodedSeeds {
  private static final String STEM = SmallModel.ENCODED;
  private static final SmallModel MODEL = new SmallModel(32, 8);

  private final Map<String, Files> seeds = new LinkedHashMap<>();

  /**
   * A model's two files.
   *
   * @param config {@code config.json}
   * @param weights {@code model.safetensors}
   */
  public record Files(Seed config, Seed weights) {}

  private EncodedSeeds() {}

  /** All of them by name. */
  public static Map<String, Files> all() {
    EncodedSeeds all = new EncodedSeeds();
    all.addWords();
    all.addNibbles();
    all.addBytes();
    all.addTiles();
    return all.seeds;
  }

  private void add(String name, String settings, UnaryOperator<SafetensorsSeed> parts) {
    SafetensorsSeed weights = parts.apply(MODEL.weightsBut(STEM));
    String entry = "\"quantization_config\": {" + settings + "},";
    seeds.put(name, new Files(Seed.of(MODEL.config(entry)), weights.seed()));
  }

  private void addWords() {
    add(
        "gptq",
        "\"quant_method\": \"gptq\", \"bits\": 4, \"group_size\": 16, \"desc_act\": true,"
            + " \"checkpoint_format\": \"gptq\"",
        seed ->
            seed.put(STEM + ".qweight", "I32", 4, 4, 8)
                .put(STEM + ".qzeros", "I32", 4, 2, 1)
                .put(STEM + ".scales", "F16", 2, 2, 8)
                .putIntegers(
                    STEM + ".g_idx", IntStream.range(0, 32).map(i -> i * 5 % 2).toArray(), 32));
    add(
        "gptq-8bit",
        "\"quant_method\": \"gptq\", \"bits\": 8, \"group_size\": 32,"
            + " \"checkpoint_format\": \"gptq_v2\"",
        seed ->
            seed.put(STEM + ".qweight", "I32", 4, 8, 8)
                .put(STEM + ".qzeros", "I32", 4, 1, 2)
                .put(STEM + ".scales", "BF16", 2, 1, 8));
    add(
        "awq",
        "\"quant_method\": \"awq\", \"bits\": 4, \"group_size\": 32, \"version\": \"gemm\","
            + " \"zero_point\": true",
        seed ->
            seed.put(STEM + ".qweight", "I32", 4, 32, 1)
                .put(STEM + ".qzeros", "I32", 4, 1, 1)
                .put(STEM + ".scales", "F16", 2, 1, 8));
    add(
        "ct-packed",
        compressed("pack-quantized", "\"num_bits\": 4, \"type\": \"int\", \"group_size\": 16"),
        seed ->
            seed.put(STEM + ".weight_packed", "I32", 4, 8, 4)
                .put(STEM + ".weight_scale", "BF16", 2, 8, 2)
                .put(STEM + ".weight_zero_point", "I32", 4, 1, 2)
                .putIntegers(STEM + ".weight_shape", new int[] {8, 32}, 2));
  }

  private void addNibbles() {
    add(
        "nf4",
        "\"quant_method\": \"bitsandbytes\", \"load_in_4bit\": true",
        seed -> {
          byte[] state = state(MODEL, "");
          return seed.put(STEM + ".weight", "U8", 1, 128, 1)
              .put(STEM + ".weight.absmax", "F32", 4, 4)
              .put(STEM + ".weight.quant_map", "F32", 4, 16)
              .put(STEM + ".weight.quant_state.bitsandbytes__nf4", "U8", state, state.length);
        });
    // The table of 256 numbers takes a quarter of 4 KB.
    SmallModel smaller = new SmallModel(8, 4);
    byte[] state =
        state(smaller, ", \"nested_blocksize\": 256, \"nested_offset\": 0.38447952270507813");
    Seed weights =
        smaller
            .weightsBut(STEM)
            .put(STEM + ".weight", "U8", 1, 16, 1)
            .put(STEM + ".weight.absmax", "U8", 1, 1)
            .put(STEM + ".weight.quant_map", "F32", 4, 16)
            .put(STEM + ".weight.nested_absmax", "F32", 4, 1)
            .put(STEM + ".weight.nested_quant_map", "F32", 4, 256)
            .put(STEM + ".weight.quant_state.bitsandbytes__nf4", "U8", state, state.length)
            .seed();
    seeds.put(
        "nf4-double",
        new Files(
            Seed.of(
                smaller.config("\"quantization_config\": {\"quant_method\": \"bitsandbytes\"},")),
            weights));
  }

  private static byte[] state(SmallModel model, String nested) {
    return "{\"quant_type\": \"nf4\", \"blocksize\": 64, \"shape\": [%d, %d]%s}"
        .formatted(model.intermediate(), model.hidden(), nested)
        .getBytes(StandardCharsets.UTF_8);
  }

  private void addBytes() {
    add(
        "int8",
        "\"quant_method\": \"bitsandbytes\", \"load_in_8bit\": true",
        seed ->
            seed.put(STEM + ".weight", "I8", 1, 8, 32)
                .put(STEM + ".SCB", "F32", 4, 8)
                .put(STEM + ".weight_format", "U8", new byte[1]));
    add(
        "fp8",
        "\"quant_method\": \"fp8\", \"activation_scheme\": \"static\"",
        seed ->
            seed.put(STEM + ".weight", "F8_E4M3", 1, 8, 32)
                .put(STEM + ".weight_scale", "F32", 4)
                .put(STEM + ".input_scale", "F32", 4));
    add(
        "fp8-block",
        "\"quant_method\": \"fp8\", \"weight_block_size\": [4, 16]",
        seed ->
            seed.put(STEM + ".weight", "F8_E4M3", 1, 8, 32)
                .put(STEM + ".weight_scale_inv", "F32", 4, 2, 2));
    add(
        "ct-float",
        compressed("float-quantized", "\"num_bits\": 8, \"type\": \"float\""),
        seed ->
            seed.put(STEM + ".weight", "F8_E4M3", 1, 8, 32)
                .put(STEM + ".weight_scale", "BF16", 2, 8, 1));
    add(
        "ct-int",
        compressed("int-quantized", "\"num_bits\": 8, \"type\": \"int\""),
        seed ->
            seed.put(STEM + ".weight", "I8", 1, 8, 32)
                .put(STEM + ".weight_zero_point", "I8", 1, 8, 1)
                .put(STEM + ".weight_scale", "BF16", 2, 8, 1));
  }

  private static String compressed(String format, String weights) {
    return "\"quant_method\": \"compressed-tensors\", \"format\": \"%s\", \"config_groups\": {\"g\": {\"weights\": {%s}}}"
        .formatted(format, weights);
  }

  /** Tiles of 16 rows and 32 columns. */
  private void addTiles() {
    for (int bits : new int[] {4, 8}) {
      add(
          "tiles-" + bits,
          "\"quant_method\": \"jmixtral\", \"version\": 1, \"recipe\": \"q4\"",
          seed ->
              seed.metadata("{\"format\":\"pt\",\"jmixtral.tiles\":\"1\"}")
                  .put(STEM + ".weight.q" + bits, "U8", 1, 1, 1, 64 * bits + 32));
    }
    add(
        "tiles-offsets",
        "\"quant_method\": \"jmixtral\", \"version\": 1",
        seed ->
            seed.metadata("{\"format\":\"pt\",\"jmixtral.tiles\":\"1\"}")
                .put(STEM + ".weight.q4", "U8", 1, 1, 1, 288)
                .put(STEM + ".weight.offsets", "F32", 4, 1, 8));
  }
}
