package io.github.jmixtral.config;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.JsonFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The settings that are set, and the keys of a file that jmixtral does not know, which are kept for
 * saving. Immutable.
 *
 * @param known value by setting
 * @param unknown JSON by key
 */
record SettingValues(Map<Setting, Object> known, Map<String, JsonNode> unknown) {
  static final SettingValues NONE = new SettingValues(Map.of(), Map.of());

  SettingValues {
    Map<Setting, Object> knownCopy = new EnumMap<>(Setting.class);
    knownCopy.putAll(known);
    known = knownCopy;
    unknown = new LinkedHashMap<>(unknown);
  }

  /** Reads a JSON object; a key with the value null is unset. */
  static SettingValues read(Path file) {
    JsonNode root = JsonFile.read(file);
    String fileName = file.getFileName().toString();
    if (!root.isObject()) {
      throw new MalformedFileException(
          fileName, "a JSON object", "a value of kind " + root.getNodeType());
    }
    Map<Setting, Object> known = new EnumMap<>(Setting.class);
    Map<String, JsonNode> unknown = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> property : root.properties()) {
      JsonNode value = property.getValue();
      Optional<Setting> setting = Setting.ofJsonName(property.getKey());
      if (setting.isEmpty()) {
        unknown.put(property.getKey(), value);
      } else if (!value.isNull()) {
        known.put(setting.get(), setting.get().read(value, fileName));
      }
    }
    return new SettingValues(known, unknown);
  }

  void write(Path file) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
    } catch (IOException failure) {
      throw new UncheckedIOException(file.getParent() + ": cannot be created", failure);
    }
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    known.forEach((setting, value) -> root.set(setting.jsonName(), setting.write(value)));
    unknown.forEach(root::set);
    JsonFile.write(file, root);
  }

  SettingValues with(Setting setting, Object value) {
    setting.check(value);
    Map<Setting, Object> values = new EnumMap<>(Setting.class);
    values.putAll(known);
    values.put(setting, value);
    return new SettingValues(values, unknown);
  }

  /** These values where set, else those of the base. */
  SettingValues over(SettingValues base) {
    Map<Setting, Object> values = new EnumMap<>(Setting.class);
    values.putAll(base.known);
    values.putAll(known);
    Map<String, JsonNode> others = new LinkedHashMap<>(base.unknown);
    others.putAll(unknown);
    return new SettingValues(values, others);
  }
}
