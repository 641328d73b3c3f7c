package io.github.jmixtral.config;

import io.github.jmixtral.internal.format.Excerpt;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * How positions are turned into angles.
 *
 * @param theta base of the wavelengths
 * @param factor what positions are divided by; 1 for none
 */
record RopeSettings(double theta, double factor) {
  private static final String PARAMETERS = "rope_parameters";
  private static final String SCALING = "rope_scaling";
  private static final String THETA = "rope_theta";
  private static final String TYPE = "rope_type";
  private static final String FACTOR = "factor";
  private static final String PLAIN = "default";
  private static final String LINEAR = "linear";
  private static final double DEFAULT_THETA = 1e6;

  /**
   * {@code rope_theta} at the top (transformers 4) or in {@code rope_parameters} (transformers 5),
   * where the latter wins; {@code rope_scaling} is transformers 4's place for other rope types, and
   * wins over both.
   */
  static RopeSettings read(JsonObject json) {
    RopeSettings settings = new RopeSettings(json.positive(THETA, DEFAULT_THETA), 1);
    for (String key : new String[] {PARAMETERS, SCALING}) {
      // The reference takes false for none.
      boolean absent = json.node().path(key).isBoolean() && !json.node().path(key).booleanValue();
      Optional<JsonObject> stored = absent ? Optional.empty() : json.object(key);
      if (stored.isPresent()) {
        settings = settings.with(stored.get());
      }
    }
    return settings;
  }

  private RopeSettings with(JsonObject stored) {
    String type = stored.string(TYPE).or(() -> stored.string("type")).orElse(PLAIN);
    stored.requireSupported(
        type.equals(PLAIN) || type.equals(LINEAR),
        TYPE,
        "'" + PLAIN + "' or '" + LINEAR + "'",
        Excerpt.quote(type));
    double rotated = stored.number("partial_rotary_factor").orElse(1);
    stored.requireSupported(rotated == 1, "partial_rotary_factor", "1", Double.toString(rotated));
    double linear = factor;
    if (type.equals(LINEAR)) {
      if (!stored.has(FACTOR)) {
        throw stored.missing(FACTOR, "a positive number");
      }
      linear = stored.positive(FACTOR, 0.0);
    }
    return new RopeSettings(stored.positive(THETA, theta), linear);
  }

  /** In both spellings. */
  void write(ObjectNode root) {
    root.put(THETA, theta);
    root.remove(SCALING);
    ObjectNode parameters = root.putObject(PARAMETERS);
    parameters.put(THETA, theta);
    if (factor == 1) {
      parameters.put(TYPE, PLAIN);
    } else {
      parameters.put(TYPE, LINEAR).put(FACTOR, factor);
      root.putObject(SCALING).put(TYPE, LINEAR).put("type", LINEAR).put(FACTOR, factor);
    }
  }
}
