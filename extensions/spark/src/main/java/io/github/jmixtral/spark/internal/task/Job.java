package io.github.jmixtral.spark.internal.task;

import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.config.GenerationConfig;
import java.io.Serializable;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the driver asks of the executors for each row.
 *
 * @param settings of generation, JSON by name
 * @param seed of the run, from which each row gets its own
 * @param rowsInFlight rows of a partition that are computed at once
 * @param idleTime how long a model is kept when no task uses it
 */
public record Job(
    Task task,
    ModelSettings model,
    Map<String, String> settings,
    @Nullable ConstraintText constraint,
    long seed,
    boolean logProbability,
    EmbeddingConfig.Pooling pooling,
    boolean normalized,
    int rowsInFlight,
    Duration idleTime)
    implements Serializable {
  /** The same for all tasks, on every executor, whatever memory it has. */
  private static final int DEFAULT_NEW_TOKENS = 256;

  /** A job with a copy of these settings. */
  public Job {
    settings = Map.copyOf(settings);
  }

  /** The settings of all rows. */
  public GenerationConfig generationConfig() {
    GenerationConfig config = GenerationConfig.inherit();
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      config = config.withSetting(setting.getKey(), setting.getValue());
    }
    if (!settings.containsKey("max_new_tokens") && !settings.containsKey("max_length")) {
      config = config.withMaxNewTokens(DEFAULT_NEW_TOKENS);
    }
    return logProbability ? config.withTopLogprobs(0) : config;
  }

  /** What vectors are made of. */
  public EmbeddingConfig embeddingConfig() {
    return EmbeddingConfig.defaults().withPooling(pooling).withNormalized(normalized);
  }
}
