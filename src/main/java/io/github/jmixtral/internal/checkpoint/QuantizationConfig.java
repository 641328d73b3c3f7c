package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.internal.encoding.QuantizationSettings;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.ModelFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@code config.json} says of quantised weights, in its entry {@code quantization_config} (or
 * {@code compression_config}, or the files of older days: GPTQ's {@code quantize_config.json},
 * AWQ's {@code quant_config.json}).
 *
 * <p>Which weights are quantised, and how, the tensors themselves tell; taken from here is what
 * they do not tell, and refused what is known not to be read. For our own folders the entry is
 * there for people and other programs: {@code {"quant_method": "jmixtral", "version": 1, "recipe":
 * "q4"}}, with the version of the tiles.
 */
public final class QuantizationConfig {
  private static final Logger LOGGER = LoggerFactory.getLogger(QuantizationConfig.class);
  private static final String KEY = "quantization_config";
  private static final String OLD_KEY = "compression_config";

  /** Where MLX says the same. */
  private static final String MLX_KEY = "quantization";

  private static final String METHOD = "quant_method";
  private static final String FORMAT = "checkpoint_format";
  private static final String OWN_METHOD = "jmixtral";

  /** Files of their own, of older days, and whose they are; the first that is there counts. */
  private static final List<Map.Entry<String, String>> FILES =
      List.of(Map.entry("quantize_config.json", "gptq"), Map.entry("quant_config.json", "awq"));

  private static final List<String> METHODS =
      List.of(
          "gptq",
          "auto-round",
          "awq",
          "bitsandbytes",
          "fp8",
          "fbgemm_fp8",
          "modelopt",
          "compressed-tensors",
          OWN_METHOD);
  private static final List<String> COMPRESSED_FORMATS =
      List.of(
          "pack-quantized",
          "int-quantized",
          "float-quantized",
          "naive-quantized",
          "mixed-precision",
          "dense");

  private final String place;
  private final JsonNode json;

  private QuantizationConfig(String place, JsonNode json) {
    this.place = place;
    this.json = json;
  }

  /**
   * Reads what a folder says.
   *
   * @throws UnsupportedCheckpointException when it names a method that is not read
   * @throws MalformedFileException when a value is of the wrong kind
   */
  static QuantizationSettings read(Path folder) {
    Path config = folder.resolve(ModelFiles.CONFIG);
    JsonNode root = JsonFile.read(config);
    for (String key : List.of(KEY, OLD_KEY)) {
      if (root.path(key) instanceof ObjectNode entry) {
        return new QuantizationConfig(config + ": " + key, entry).settings("gptq");
      }
    }
    for (Map.Entry<String, String> file : FILES) {
      Path path = folder.resolve(file.getKey());
      if (Files.isRegularFile(path)) {
        return new QuantizationConfig(path.toString(), JsonFile.read(path))
            .settings(file.getValue());
      }
    }
    return QuantizationSettings.NONE;
  }

  private QuantizationSettings settings(String methodByDefault) {
    String method = text(METHOD).orElse(methodByDefault);
    if (!METHODS.contains(method)) {
      LOGGER.warn(
          "{}: {}: {} is no method that jmixtral knows; reading the weights as their tensors look",
          place,
          METHOD,
          Excerpt.quote(method));
    }
    if (method.equals("modelopt")) {
      requireOneOf("quant_algo", List.of("fp8"));
    }
    if (method.equals("auto-round")) {
      requireOneOf("packing_format", List.of("auto_round:auto_gptq", "auto_round:gptq"));
    }
    boolean gptq = method.equals("gptq") || method.equals("auto-round");
    if (gptq) {
      requireOneOf(FORMAT, List.of("gptq", "gptq_v2"));
      requireOneOf("format", List.of("gptq", "gptq_v2"));
      refuse(json.path("is_marlin_format").asBoolean(false), "is_marlin_format", "false", "true");
    }
    if (method.equals("awq")) {
      for (String key : List.of("version", "format", FORMAT)) {
        requireOneOf(key, List.of("gemm"));
      }
    }
    JsonNode rotations = json.path("transform_config").path("config_groups");
    refuse(!rotations.isEmpty(), "transform_config", "weights that are not rotated", "rotations");
    if (method.equals("compressed-tensors")) {
      requireOneOf("format", COMPRESSED_FORMATS);
    }
    int[] block = block(json.path("weight_block_size"));
    TreeSet<Integer> widths = new TreeSet<>();
    for (JsonNode group : json.path("config_groups")) {
      JsonNode weights = group.path("weights");
      if (weights.path("type").asString("").equals("int")) {
        widths.add(integer(weights, "num_bits", 2, 8));
      }
      JsonNode structure = weights.path("block_structure");
      if (structure.isArray()) {
        block = block(structure);
      } else if (structure.isString()) {
        block = block(structure.asString());
      }
    }
    // Where layers differ in it, the shapes of their scales tell.
    boolean oneSize = gptq && json.has("group_size") && json.path("dynamic").isEmpty();
    int groupSize = oneSize ? integer(json, "group_size", -1, 1 << 24) : -1;
    return new QuantizationSettings(
        !text(FORMAT).or(() -> text("format")).orElse("").equalsIgnoreCase("gptq_v2"),
        groupSize > 0 ? OptionalInt.of(groupSize) : OptionalInt.empty(),
        block[0],
        block[1],
        List.copyOf(widths));
  }

  private Optional<String> text(String key) {
    JsonNode value = json.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isString()) {
      throw new MalformedFileException(
          place + ": " + key, "a string", Excerpt.line(value.toString()));
    }
    return Optional.of(value.asString());
  }

  private void requireOneOf(String key, List<String> known) {
    Optional<String> found = text(key);
    if (found.isPresent() && !known.contains(found.get().toLowerCase(Locale.ROOT))) {
      throw new UnsupportedCheckpointException(
          place + ": " + key, "one of " + known, Excerpt.quote(found.get()));
    }
  }

  private void refuse(boolean wrong, String key, String expected, String found) {
    if (wrong) {
      throw new UnsupportedCheckpointException(place + ": " + key, expected, found);
    }
  }

  private int integer(JsonNode node, String key, int lowest, int highest) {
    JsonNode value = node.path(key);
    if (!value.canConvertToInt() || value.asInt() < lowest || value.asInt() > highest) {
      throw new MalformedFileException(
          place + ": " + key,
          "an integer from " + lowest + " to " + highest,
          Excerpt.line(value.isMissingNode() ? "none" : value.toString()));
    }
    return value.asInt();
  }

  /** Rows and columns of a block; zeros: there are no blocks. */
  private int[] block(JsonNode value) {
    if (value.isMissingNode() || value.isNull()) {
      return new int[2];
    }
    int[] sizes = new int[2];
    for (int i = 0; i < sizes.length; i++) {
      JsonNode size = value.path(i);
      if (value.size() != sizes.length || !size.canConvertToInt() || size.asInt() < 1) {
        throw new MalformedFileException(
            place + ": block size", "two positive integers", Excerpt.line(value.toString()));
      }
      sizes[i] = size.asInt();
    }
    return sizes;
  }

  /** The same as older versions write it: {@code 128x128}. */
  private int[] block(String value) {
    if (!value.matches("[1-9][0-9]{0,8}x[1-9][0-9]{0,8}")) {
      throw new MalformedFileException(
          place + ": block size", "two positive integers, ROWSxCOLUMNS", Excerpt.quote(value));
    }
    return Stream.of(value.split("x")).mapToInt(Integer::parseInt).toArray();
  }

  /**
   * Adds our own entry to a folder's configuration, in place of another program's; of one that is
   * there already the recipe stays.
   *
   * @param tensors names of all the folder's tensors
   */
  public static void addTo(Path folder, Optional<Recipe> recipe, Collection<String> tensors) {
    Path file = folder.resolve(ModelFiles.CONFIG);
    ObjectNode root = (ObjectNode) JsonFile.read(file);
    boolean own = root.path(KEY).path(METHOD).asString("").equals(OWN_METHOD);
    root.remove(List.of(OLD_KEY, MLX_KEY));
    ObjectNode entry = own ? (ObjectNode) root.get(KEY) : root.putObject(KEY);
    entry.put(METHOD, OWN_METHOD);
    String version = TileTensors.versionOf(tensors).orElse(TileTensors.VERSION);
    entry.put("version", Integer.parseInt(version));
    recipe.ifPresent(known -> entry.put("recipe", known.toString()));
    JsonFile.write(file, root);
  }

  /** Takes the entry out of a folder's configuration: its weights are not quantised. */
  public static void removeFrom(Path folder) {
    Path file = folder.resolve(ModelFiles.CONFIG);
    ObjectNode root = (ObjectNode) JsonFile.read(file);
    List<String> keys = List.of(KEY, OLD_KEY, MLX_KEY);
    if (keys.stream().anyMatch(root::has)) {
      root.remove(keys);
      JsonFile.write(file, root);
    }
  }
}
