package io.github.jmixtral.spark;

import io.github.jmixtral.config.Recipe;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Options as SQL has them: texts by name. */
final class SqlOptions {
  private static final String PREFIX = "spark.jmixtral.";

  private final String prefix;
  private final Function<String, @Nullable String> settings;

  private SqlOptions(String prefix, Function<String, @Nullable String> settings) {
    this.prefix = prefix;
    this.settings = settings;
  }

  /**
   * What the configuration of the active session says under {@code spark.jmixtral.}.
   *
   * @throws IllegalArgumentException if the model is not set, or a value is not valid
   */
  static MixtralOptions ofSession() {
    var configuration = SparkSession.active().conf();
    return new SqlOptions(
            PREFIX, name -> configuration.getOption(PREFIX + name).getOrElse(() -> null))
        .options();
  }

  /**
   * What the options of a catalog say.
   *
   * @throws IllegalArgumentException if the model is not set, or a value is not valid
   */
  static MixtralOptions ofCatalog(String name, Map<String, String> options) {
    return new SqlOptions("spark.sql.catalog." + name + ".", options::get).options();
  }

  private MixtralOptions options() {
    String model = settings.apply("model");
    if (model == null) {
      throw new IllegalArgumentException(
          "%smodel is not set; set it to the path of a model".formatted(prefix));
    }
    MixtralOptions options = MixtralOptions.of(model);
    options = with(options, "quantization", (o, value) -> o.withQuantization(recipe(value)));
    options = with(options, "tileCache", MixtralOptions::withTileCache);
    options = with(options, "threads", (o, value) -> o.withThreads(Integer.parseInt(value)));
    options =
        with(options, "maxRequests", (o, value) -> o.withMaxRequests(Integer.parseInt(value)));
    options = with(options, "cacheBudget", (o, value) -> o.withCacheBudget(Long.parseLong(value)));
    options = with(options, "seed", (o, value) -> o.withSeed(Long.parseLong(value)));
    return with(options, "generation", SqlOptions::withGeneration);
  }

  private MixtralOptions with(
      MixtralOptions options,
      String name,
      BiFunction<MixtralOptions, String, MixtralOptions> wither) {
    String value = settings.apply(name);
    try {
      return value == null ? options : wither.apply(options, value);
    } catch (IllegalArgumentException | JacksonException fault) {
      throw new IllegalArgumentException(
          "%s%s is '%s': %s".formatted(prefix, name, value, fault.getMessage()), fault);
    }
  }

  private static Recipe recipe(String name) {
    return Recipe.of(name)
        .orElseThrow(() -> new IllegalArgumentException("there is no such recipe"));
  }

  private static MixtralOptions withGeneration(MixtralOptions options, String json) {
    JsonNode settings = JsonMapper.shared().readTree(json);
    if (!settings.isObject()) {
      throw new IllegalArgumentException("it must be an object such as {\"max_new_tokens\": 40}");
    }
    for (Map.Entry<String, JsonNode> setting : settings.properties()) {
      options = options.withSetting(setting.getKey(), setting.getValue().toString());
    }
    return options;
  }
}
