package io.github.jmixtral.spark;

import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.constraint.RecordBinding;
import io.github.jmixtral.spark.internal.task.ConstraintText;
import io.github.jmixtral.spark.internal.task.Job;
import io.github.jmixtral.spark.internal.task.ModelSettings;
import io.github.jmixtral.spark.internal.task.Task;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A model, and what is to be done with the rows of a Dataset. Immutable: each {@code with…} returns
 * changed options.
 *
 * <pre>{@code
 * MixtralOptions options =
 *     MixtralOptions.of("/models/mixtral-q4")
 *         .withIdCol("id")
 *         .withSetting("max_new_tokens", "100")
 *         .withSetting("do_sample", "true")
 *         .withSeed(42);
 * }</pre>
 *
 * <p>A row's result depends on the row, the options and the version of jmixtral only: not on
 * partitions, order, repeated tasks or the number of executors. On quantised weights that holds to
 * the bit. Weights of 16 or 32 bits round a little differently beside other rows; there, {@code
 * withMaxRequests(1).withPrefixCache(false)} computes each row alone. The setting {@code max_time}
 * makes results depend on the machine's load.
 *
 * @since 0.1.0
 */
public final class MixtralOptions {
  private final Values values;

  /** What the options say; changed only before anyone else sees it. Null: not set. */
  private static final class Values implements Cloneable {
    private String model = "";
    private String inputCol = "prompt";
    private String outputCol = "output";
    private String detailsCol = "details";
    private String errorCol = "error";
    private @Nullable String idCol;
    private Map<String, String> settings = Map.of();
    private @Nullable ConstraintText constraint;
    private long seed;
    private boolean logProbability;
    private EmbeddingConfig.Pooling pooling = EmbeddingConfig.defaults().pooling();
    private boolean normalized = EmbeddingConfig.defaults().normalized();
    private @Nullable Recipe quantization;
    private @Nullable String tileCache;
    private int threads;
    private int maxRequests = LoadOptions.defaults().maxRequests();
    private @Nullable Long cacheBudget;
    private boolean prefixCache = true;
    private @Nullable Integer rowsInFlight;
    private Duration idleTime = Duration.ofMinutes(10);
    private @Nullable MixtralProgress progress;

    private Values copy() {
      try {
        return (Values) clone();
      } catch (CloneNotSupportedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private MixtralOptions(Values values) {
    this.values = values;
  }

  private MixtralOptions with(Consumer<Values> change) {
    Values changed = values.copy();
    change.accept(changed);
    return new MixtralOptions(changed);
  }

  /**
   * Options for a model, which every executor finds by itself.
   *
   * @param pathOrName a folder or GGUF file that all hosts see under this path, what {@code
   *     --files}, {@code --archives} or {@code SparkContext.addFile} have brought to them, or a
   *     name in the Hub's cache of each host
   */
  public static MixtralOptions of(String pathOrName) {
    var values = new Values();
    values.model = requireText("model", pathOrName);
    return new MixtralOptions(values);
  }

  /**
   * Names the column to read, {@code prompt} by default. It holds texts; for all tasks but a chat,
   * arrays of token ids, taken as they are; in a chat, arrays of structs with {@code role} ({@code
   * system}, {@code user}, {@code assistant}) and {@code content}. A text is a user's message
   * there.
   */
  public MixtralOptions withInputCol(String name) {
    requireText("input column", name);
    return with(changed -> changed.inputCol = name);
  }

  /** Names the column of results, {@code output} by default. */
  public MixtralOptions withOutputCol(String name) {
    requireText("output column", name);
    return with(changed -> changed.outputCol = name);
  }

  /** Names the column of finish reasons, counts and the like, {@code details} by default. */
  public MixtralOptions withDetailsCol(String name) {
    requireText("details column", name);
    return with(changed -> changed.detailsCol = name);
  }

  /**
   * Names the column that says what is wrong with a row, {@code error} by default; null where
   * nothing is.
   */
  public MixtralOptions withErrorCol(String name) {
    requireText("error column", name);
    return with(changed -> changed.errorCol = name);
  }

  /**
   * Names a column of texts or whole numbers, by which rows draw random numbers. Without one they
   * draw by their prompt, so that equal prompts get equal answers.
   */
  public MixtralOptions withIdCol(String name) {
    requireText("id column", name);
    return with(changed -> changed.idCol = name);
  }

  /**
   * Sets a setting by its name in {@code generation_config.json}, to a value as it would stand
   * there: {@code withSetting("temperature", "0.7")}. What is unset is inherited from the model,
   * but a text gets at most 256 new tokens.
   *
   * @throws IllegalArgumentException if jmixtral has no such setting, or it takes no such value, or
   *     it is the seed or the number of texts for each prompt
   */
  public MixtralOptions withSetting(String name, String json) {
    GenerationConfig.inherit().withSetting(name, json);
    switch (name) {
      case "seed" -> throw new IllegalArgumentException("seed: use withSeed(…)");
      case "num_return_sequences" ->
          throw new IllegalArgumentException(
              "num_return_sequences: a row has one result; repeat the row with other ids");
      default -> {}
    }
    var settings = new TreeMap<>(values.settings);
    settings.put(name, json);
    return with(changed -> changed.settings = settings);
  }

  /** Sets the run's seed, 0 by default; each row gets its own, made from this one and its id. */
  public MixtralOptions withSeed(long seed) {
    return with(changed -> changed.seed = seed);
  }

  /**
   * Generates JSON that fits a schema, as {@link io.github.jmixtral.constraint.Constraint} supports
   * it, and makes the output a column of a type: objects become structs (maps where their names are
   * free), arrays, texts, numbers and truth values their like. What has no one type, such as
   * alternatives, tuples and what contains itself, stays JSON text.
   *
   * @throws IllegalArgumentException if the schema is malformed or not supported, or no value fits
   */
  public MixtralOptions withJsonSchema(String schema) {
    Objects.requireNonNull(schema, "schema");
    return withConstraint(new ConstraintText(ConstraintText.Kind.JSON_SCHEMA, List.of(schema)));
  }

  /**
   * As {@link #withJsonSchema} with the schema of a record.
   *
   * @throws IllegalArgumentException if {@link RecordBinding} does not support the record
   */
  public MixtralOptions withRecord(Class<? extends Record> type) {
    return withJsonSchema(RecordBinding.of(type).schema());
  }

  /**
   * Generates texts that a regular expression matches from end to end.
   *
   * @throws IllegalArgumentException if the expression is malformed or not supported
   */
  public MixtralOptions withRegex(String pattern) {
    Objects.requireNonNull(pattern, "pattern");
    return withConstraint(new ConstraintText(ConstraintText.Kind.REGEX, List.of(pattern)));
  }

  /**
   * Generates one of these texts.
   *
   * @throws IllegalArgumentException if there is none
   */
  public MixtralOptions withChoices(String... texts) {
    Objects.requireNonNull(texts, "texts");
    return withConstraint(new ConstraintText(ConstraintText.Kind.CHOICES, List.of(texts)));
  }

  private MixtralOptions withConstraint(ConstraintText constraint) {
    constraint.compile();
    return with(changed -> changed.constraint = constraint);
  }

  /** True to sum up the log probabilities of the generated tokens in the details. */
  public MixtralOptions withLogProbability(boolean logProbability) {
    return with(changed -> changed.logProbability = logProbability);
  }

  /** Sets which states vectors are made of. */
  public MixtralOptions withPooling(EmbeddingConfig.Pooling pooling) {
    Objects.requireNonNull(pooling, "pooling");
    return with(changed -> changed.pooling = pooling);
  }

  /** True for vectors of length 1. */
  public MixtralOptions withNormalized(boolean normalized) {
    return with(changed -> changed.normalized = normalized);
  }

  /** Quantises the weights while loading; a folder that is quantised already starts faster. */
  public MixtralOptions withQuantization(Recipe recipe) {
    Objects.requireNonNull(recipe, "recipe");
    return with(changed -> changed.quantization = recipe);
  }

  /**
   * Names a folder of each host that keeps weights as they are rearranged or quantised for loading,
   * as {@link LoadOptions#withTileCache}: executors of a host share the mapped pages.
   */
  public MixtralOptions withTileCache(String folder) {
    requireText("tile cache", folder);
    return with(changed -> changed.tileCache = folder);
  }

  /**
   * Sets the threads of an executor's model. By default as many as {@code spark.executor.cores}
   * names, or those that the container grants.
   *
   * @throws IllegalArgumentException if out of the range of {@link LoadOptions#withThreads}
   */
  public MixtralOptions withThreads(int threads) {
    LoadOptions.defaults().withThreads(threads);
    return with(changed -> changed.threads = threads);
  }

  /**
   * Sets how many rows of all tasks of an executor share the passes through its model, 16 by
   * default.
   *
   * @throws IllegalArgumentException if not positive
   */
  public MixtralOptions withMaxRequests(int maxRequests) {
    LoadOptions.defaults().withMaxRequests(maxRequests);
    return with(changed -> changed.maxRequests = maxRequests);
  }

  /**
   * Sets how many bytes the keys and values of an executor's rows may take.
   *
   * @throws IllegalArgumentException if not positive
   */
  public MixtralOptions withCacheBudget(long bytes) {
    LoadOptions.defaults().withCacheBudget(bytes);
    return with(changed -> changed.cacheBudget = bytes);
  }

  /** False to keep nothing of a prompt for others that begin in the same way. */
  public MixtralOptions withPrefixCache(boolean prefixCache) {
    return with(changed -> changed.prefixCache = prefixCache);
  }

  /**
   * Sets how many rows of a partition are computed at once, by default as many as {@link
   * #withMaxRequests} says. Four times as many are read ahead: memory is bounded by them, not by
   * the partition.
   *
   * @throws IllegalArgumentException if out of the range 1 … 1024
   */
  public MixtralOptions withRowsInFlight(int rows) {
    if (rows < 1 || rows > 1024) {
      throw new IllegalArgumentException(
          "rows in flight are %d, but must be 1 to 1024".formatted(rows));
    }
    return with(changed -> changed.rowsInFlight = rows);
  }

  /**
   * Sets how long an executor keeps the model when no task uses it, 10 minutes by default.
   *
   * @throws IllegalArgumentException if negative
   */
  public MixtralOptions withIdleTime(Duration time) {
    if (time.isNegative()) {
      throw new IllegalArgumentException("the idle time %s is negative".formatted(time));
    }
    return with(changed -> changed.idleTime = time);
  }

  /** With counts to watch; without, Spark's web interface shows counts of each call. */
  public MixtralOptions withProgress(MixtralProgress progress) {
    Objects.requireNonNull(progress, "progress");
    return with(changed -> changed.progress = progress);
  }

  String inputCol() {
    return values.inputCol;
  }

  String outputCol() {
    return values.outputCol;
  }

  String detailsCol() {
    return values.detailsCol;
  }

  String errorCol() {
    return values.errorCol;
  }

  @Nullable String idCol() {
    return values.idCol;
  }

  @Nullable ConstraintText constraint() {
    return values.constraint;
  }

  @Nullable MixtralProgress progress() {
    return values.progress;
  }

  /**
   * What executors receive.
   *
   * @throws IllegalArgumentException if the options do not fit the task
   */
  Job job(Task task) {
    boolean generates = task == Task.GENERATE || task == Task.CHAT;
    if (values.constraint != null && !generates) {
      throw new IllegalArgumentException(
          "%s generates nothing that a schema, expression or choice could constrain"
              .formatted(task.title()));
    }
    return new Job(
        task,
        new ModelSettings(
            values.model,
            task == Task.CLASSIFY,
            values.quantization,
            values.tileCache,
            values.threads,
            values.maxRequests,
            values.cacheBudget,
            values.prefixCache),
        values.settings,
        values.constraint,
        values.seed,
        values.logProbability,
        values.pooling,
        values.normalized,
        values.rowsInFlight == null ? Math.min(1024, values.maxRequests) : values.rowsInFlight,
        values.idleTime);
  }

  private static String requireText(String what, String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException("the name of the %s is empty".formatted(what));
    }
    return text;
  }

  @Override
  public String toString() {
    return "MixtralOptions[model=%s, inputCol=%s, outputCol=%s, settings=%s, seed=%d]"
        .formatted(values.model, values.inputCol, values.outputCol, values.settings, values.seed);
  }
}
