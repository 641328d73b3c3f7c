package io.github.jmixtral.checkpoint;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.format.JsonFile;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@code config.json} says of quantised weights, for people and other programs: {@code
 * "quantization_config": {"quant_method": "jmixtral", "version": 1, "recipe": "q4"}}. Loading goes
 * by the tensors themselves and by their files' metadata.
 */
final class QuantizationConfig {
  private static final String KEY = "quantization_config";

  private QuantizationConfig() {}

  /** Adds the entry to a folder's configuration, unless it has one. */
  static void addTo(Path folder, Optional<Recipe> recipe) {
    Path file = folder.resolve(MixtralConfig.FILE);
    ObjectNode root = (ObjectNode) JsonFile.read(file);
    if (!root.has(KEY)) {
      ObjectNode entry = root.putObject(KEY);
      entry.put("quant_method", "jmixtral");
      entry.put("version", Integer.parseInt(TileFormat.VERSION));
      recipe.ifPresent(known -> entry.put("recipe", known.label()));
      JsonFile.write(file, root);
    }
  }
}
