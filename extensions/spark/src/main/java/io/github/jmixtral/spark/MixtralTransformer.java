package io.github.jmixtral.spark;

import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.spark.internal.task.RowReader;
import io.github.jmixtral.spark.internal.task.Task;
import java.time.Duration;
import java.util.function.BiFunction;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/**
 * Mixtral as a stage of a pipeline of Spark ML, with which it is saved and loaded: what {@link
 * MixtralFunctions} do, with {@link MixtralOptions} as parameters. What is not set has the value
 * that the options document; {@code task} is {@code generate}.
 *
 * <pre>{@code
 * MixtralTransformer summaries =
 *     new MixtralTransformer()
 *         .setModel("/models/mixtral-q4")
 *         .setTask("chat")
 *         .setInputCol("question")
 *         .setOutputCol("answer")
 *         .setSettings("max_new_tokens=100", "temperature=0.7");
 * }</pre>
 *
 * <p>The saved stage names the model by its path: hosts that load the pipeline need the model at
 * that path.
 *
 * @since 0.1.0
 */
public final class MixtralTransformer extends Transformer implements DefaultParamsWritable {
  private static final long serialVersionUID = 1;

  private final String uid;
  // Made in the constructor: a parameter asks its parent for the uid.
  private final Param<String> task;
  private final Param<String> model;
  private final Param<String> inputCol;
  private final Param<String> outputCol;
  private final Param<String> detailsCol;
  private final Param<String> errorCol;
  private final Param<String> idCol;
  private final StringArrayParam settings;
  private final LongParam seed;
  private final Param<String> jsonSchema;
  private final Param<String> regex;
  private final StringArrayParam choices;
  private final BooleanParam logProbability;
  private final Param<String> pooling;
  private final BooleanParam normalized;
  private final Param<String> quantization;
  private final Param<String> tileCache;
  private final IntParam threads;
  private final IntParam maxRequests;
  private final LongParam cacheBudget;
  private final BooleanParam prefixCache;
  private final IntParam rowsInFlight;
  private final LongParam idleSeconds;

  /** A stage with a name of its own. */
  public MixtralTransformer() {
    this(Identifiable$.MODULE$.randomUID("mixtral"));
  }

  /** A stage of this name. */
  public MixtralTransformer(String uid) {
    this.uid = uid;
    task = text("task", "generate, chat, classify, embed or score");
    model = text("model", "path of the model, or its name in the Hub's cache");
    inputCol = text("inputCol", "column to read");
    outputCol = text("outputCol", "column of results");
    detailsCol = text("detailsCol", "column of finish reasons, counts and the like");
    errorCol = text("errorCol", "column that says what is wrong with a row");
    idCol = text("idCol", "column by which rows draw random numbers");
    settings = texts("settings", "name=value, as in generation_config.json");
    seed = number("seed", "seed of the run");
    jsonSchema = text("jsonSchema", "schema of the JSON to generate");
    regex = text("regex", "expression that generated texts match");
    choices = texts("choices", "texts of which one is generated");
    logProbability = truth("logProbability", "whether to sum up log probabilities");
    pooling = text("pooling", "which states vectors are made of: mean or last_token");
    normalized = truth("normalized", "whether vectors get the length 1");
    quantization = text("quantization", "recipe to quantise with while loading: q4, q8, …");
    tileCache = text("tileCache", "folder of a host that keeps rearranged weights");
    threads = count("threads", "threads of an executor's model");
    maxRequests = count("maxRequests", "rows of an executor that share passes");
    cacheBudget = number("cacheBudget", "bytes for keys and values");
    prefixCache = truth("prefixCache", "whether rows share what begins in the same way");
    rowsInFlight = count("rowsInFlight", "rows of a partition that are computed at once");
    idleSeconds = number("idleSeconds", "how long an unused model is kept");
    setDefault(task, Task.GENERATE.title());
  }

  private Param<String> text(String name, String description) {
    return new Param<>(this, name, description);
  }

  private StringArrayParam texts(String name, String description) {
    return new StringArrayParam(this, name, description);
  }

  private BooleanParam truth(String name, String description) {
    return new BooleanParam(this, name, description);
  }

  private IntParam count(String name, String description) {
    return new IntParam(this, name, description);
  }

  private LongParam number(String name, String description) {
    return new LongParam(this, name, description);
  }

  /** Reads a stage that was saved. */
  public static MLReader<MixtralTransformer> read() {
    return new DefaultParamsReader<>();
  }

  /** Reads a stage from a path. */
  public static MixtralTransformer load(String path) {
    return read().load(path);
  }

  @Override
  public String uid() {
    return uid;
  }

  @Override
  public Dataset<Row> transform(Dataset<?> dataset) {
    return MixtralFunctions.run(theTask(), dataset.toDF(), options());
  }

  @Override
  public StructType transformSchema(StructType schema) {
    MixtralOptions options = options();
    StructType after = MixtralFunctions.schema(theTask(), schema, options);
    RowReader.of(theTask(), schema, options.inputCol(), options.idCol());
    return after;
  }

  @Override
  public MixtralTransformer copy(ParamMap extra) {
    return defaultCopy(extra);
  }

  private Task theTask() {
    return Task.named($(task));
  }

  /**
   * What the parameters say.
   *
   * @throws IllegalArgumentException if the model is not set, or a value is not valid
   */
  private MixtralOptions options() {
    if (!isDefined(model)) {
      throw new IllegalArgumentException("%s: the model is not set".formatted(uid));
    }
    MixtralOptions options = MixtralOptions.of($(model));
    options = with(options, inputCol, MixtralOptions::withInputCol);
    options = with(options, outputCol, MixtralOptions::withOutputCol);
    options = with(options, detailsCol, MixtralOptions::withDetailsCol);
    options = with(options, errorCol, MixtralOptions::withErrorCol);
    options = with(options, idCol, MixtralOptions::withIdCol);
    options = with(options, settings, MixtralTransformer::withSettings);
    options = with(options, seed, (o, value) -> o.withSeed((Long) value));
    options = with(options, jsonSchema, MixtralOptions::withJsonSchema);
    options = with(options, regex, MixtralOptions::withRegex);
    options = with(options, choices, MixtralOptions::withChoices);
    options = with(options, logProbability, (o, value) -> o.withLogProbability((Boolean) value));
    options = with(options, pooling, (o, value) -> o.withPooling(poolingNamed(value)));
    options = with(options, normalized, (o, value) -> o.withNormalized((Boolean) value));
    options = with(options, quantization, (o, value) -> o.withQuantization(recipeNamed(value)));
    options = with(options, tileCache, MixtralOptions::withTileCache);
    options = with(options, threads, (o, value) -> o.withThreads((Integer) value));
    options = with(options, maxRequests, (o, value) -> o.withMaxRequests((Integer) value));
    options = with(options, cacheBudget, (o, value) -> o.withCacheBudget((Long) value));
    options = with(options, prefixCache, (o, value) -> o.withPrefixCache((Boolean) value));
    options = with(options, rowsInFlight, (o, value) -> o.withRowsInFlight((Integer) value));
    return with(
        options, idleSeconds, (o, value) -> o.withIdleTime(Duration.ofSeconds((Long) value)));
  }

  private <T> MixtralOptions with(
      MixtralOptions options,
      Param<T> param,
      BiFunction<MixtralOptions, T, MixtralOptions> wither) {
    return isDefined(param) ? wither.apply(options, $(param)) : options;
  }

  private static MixtralOptions withSettings(MixtralOptions options, String[] settings) {
    for (String setting : settings) {
      int sign = setting.indexOf('=');
      if (sign < 1) {
        throw new IllegalArgumentException(
            "settings: '%s' is not of the form name=value".formatted(setting));
      }
      options =
          options.withSetting(
              setting.substring(0, sign).strip(), setting.substring(sign + 1).strip());
    }
    return options;
  }

  private static EmbeddingConfig.Pooling poolingNamed(String name) {
    return switch (name) {
      case "mean" -> EmbeddingConfig.Pooling.MEAN;
      case "last_token" -> EmbeddingConfig.Pooling.LAST_TOKEN;
      default ->
          throw new IllegalArgumentException(
              "pooling is '%s', but must be mean or last_token".formatted(name));
    };
  }

  private static Recipe recipeNamed(String name) {
    return Recipe.of(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "quantization is '%s', which is no recipe such as q4".formatted(name)));
  }

  /** The parameter {@code task}. */
  public Param<String> task() {
    return task;
  }

  /**
   * Sets the task: {@code generate}, {@code chat}, {@code classify}, {@code embed} or {@code
   * score}.
   */
  public MixtralTransformer setTask(String value) {
    set(task, value);
    return this;
  }

  /** The parameter {@code model}. */
  public Param<String> model() {
    return model;
  }

  /** Sets the model, as {@link MixtralOptions#of}. */
  public MixtralTransformer setModel(String value) {
    set(model, value);
    return this;
  }

  /** The parameter {@code inputCol}. */
  public Param<String> inputCol() {
    return inputCol;
  }

  /** Sets what {@link MixtralOptions#withInputCol} says. */
  public MixtralTransformer setInputCol(String value) {
    set(inputCol, value);
    return this;
  }

  /** The parameter {@code outputCol}. */
  public Param<String> outputCol() {
    return outputCol;
  }

  /** Sets what {@link MixtralOptions#withOutputCol} says. */
  public MixtralTransformer setOutputCol(String value) {
    set(outputCol, value);
    return this;
  }

  /** The parameter {@code detailsCol}. */
  public Param<String> detailsCol() {
    return detailsCol;
  }

  /** Sets what {@link MixtralOptions#withDetailsCol} says. */
  public MixtralTransformer setDetailsCol(String value) {
    set(detailsCol, value);
    return this;
  }

  /** The parameter {@code errorCol}. */
  public Param<String> errorCol() {
    return errorCol;
  }

  /** Sets what {@link MixtralOptions#withErrorCol} says. */
  public MixtralTransformer setErrorCol(String value) {
    set(errorCol, value);
    return this;
  }

  /** The parameter {@code idCol}. */
  public Param<String> idCol() {
    return idCol;
  }

  /** Sets what {@link MixtralOptions#withIdCol} says. */
  public MixtralTransformer setIdCol(String value) {
    set(idCol, value);
    return this;
  }

  /** The parameter {@code settings}. */
  public StringArrayParam settings() {
    return settings;
  }

  /**
   * Sets settings of generation, each {@code name=value}, as {@link MixtralOptions#withSetting}.
   */
  public MixtralTransformer setSettings(String... value) {
    set(settings, value);
    return this;
  }

  /** The parameter {@code seed}. */
  public LongParam seed() {
    return seed;
  }

  /** Sets what {@link MixtralOptions#withSeed} says. */
  public MixtralTransformer setSeed(long value) {
    set(seed, value);
    return this;
  }

  /** The parameter {@code jsonSchema}. */
  public Param<String> jsonSchema() {
    return jsonSchema;
  }

  /** Sets what {@link MixtralOptions#withJsonSchema} says. */
  public MixtralTransformer setJsonSchema(String value) {
    set(jsonSchema, value);
    return this;
  }

  /** The parameter {@code regex}. */
  public Param<String> regex() {
    return regex;
  }

  /** Sets what {@link MixtralOptions#withRegex} says. */
  public MixtralTransformer setRegex(String value) {
    set(regex, value);
    return this;
  }

  /** The parameter {@code choices}. */
  public StringArrayParam choices() {
    return choices;
  }

  /** Sets what {@link MixtralOptions#withChoices} says. */
  public MixtralTransformer setChoices(String... value) {
    set(choices, value);
    return this;
  }

  /** The parameter {@code logProbability}. */
  public BooleanParam logProbability() {
    return logProbability;
  }

  /** Sets what {@link MixtralOptions#withLogProbability} says. */
  public MixtralTransformer setLogProbability(boolean value) {
    set(logProbability, value);
    return this;
  }

  /** The parameter {@code pooling}. */
  public Param<String> pooling() {
    return pooling;
  }

  /** Sets {@code mean} or {@code last_token}, as {@link MixtralOptions#withPooling}. */
  public MixtralTransformer setPooling(String value) {
    set(pooling, value);
    return this;
  }

  /** The parameter {@code normalized}. */
  public BooleanParam normalized() {
    return normalized;
  }

  /** Sets what {@link MixtralOptions#withNormalized} says. */
  public MixtralTransformer setNormalized(boolean value) {
    set(normalized, value);
    return this;
  }

  /** The parameter {@code quantization}. */
  public Param<String> quantization() {
    return quantization;
  }

  /** Sets a recipe such as {@code q4}, as {@link MixtralOptions#withQuantization}. */
  public MixtralTransformer setQuantization(String value) {
    set(quantization, value);
    return this;
  }

  /** The parameter {@code tileCache}. */
  public Param<String> tileCache() {
    return tileCache;
  }

  /** Sets what {@link MixtralOptions#withTileCache} says. */
  public MixtralTransformer setTileCache(String value) {
    set(tileCache, value);
    return this;
  }

  /** The parameter {@code threads}. */
  public IntParam threads() {
    return threads;
  }

  /** Sets what {@link MixtralOptions#withThreads} says. */
  public MixtralTransformer setThreads(int value) {
    set(threads, value);
    return this;
  }

  /** The parameter {@code maxRequests}. */
  public IntParam maxRequests() {
    return maxRequests;
  }

  /** Sets what {@link MixtralOptions#withMaxRequests} says. */
  public MixtralTransformer setMaxRequests(int value) {
    set(maxRequests, value);
    return this;
  }

  /** The parameter {@code cacheBudget}. */
  public LongParam cacheBudget() {
    return cacheBudget;
  }

  /** Sets what {@link MixtralOptions#withCacheBudget} says. */
  public MixtralTransformer setCacheBudget(long value) {
    set(cacheBudget, value);
    return this;
  }

  /** The parameter {@code prefixCache}. */
  public BooleanParam prefixCache() {
    return prefixCache;
  }

  /** Sets what {@link MixtralOptions#withPrefixCache} says. */
  public MixtralTransformer setPrefixCache(boolean value) {
    set(prefixCache, value);
    return this;
  }

  /** The parameter {@code rowsInFlight}. */
  public IntParam rowsInFlight() {
    return rowsInFlight;
  }

  /** Sets what {@link MixtralOptions#withRowsInFlight} says. */
  public MixtralTransformer setRowsInFlight(int value) {
    set(rowsInFlight, value);
    return this;
  }

  /** The parameter {@code idleSeconds}. */
  public LongParam idleSeconds() {
    return idleSeconds;
  }

  /** Sets how many seconds an unused model is kept, as {@link MixtralOptions#withIdleTime}. */
  public MixtralTransformer setIdleSeconds(long value) {
    set(idleSeconds, value);
    return this;
  }
}
