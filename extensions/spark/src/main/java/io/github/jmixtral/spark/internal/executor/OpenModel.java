package io.github.jmixtral.spark.internal.executor;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.MixtralForSequenceClassification;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.hub.HubCache;
import io.github.jmixtral.spark.internal.task.ConstraintText;
import io.github.jmixtral.spark.internal.task.ModelSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkEnv;
import org.apache.spark.SparkFiles;

/** A model that is loaded. */
public sealed interface OpenModel extends AutoCloseable {
  /** One that generates, embeds and scores. */
  final class Language implements OpenModel {
    private final MixtralForCausalLM model;

    /** Made once for all tasks: a model remembers what it has worked out for a constraint. */
    private final Map<ConstraintText, Constraint> constraints = new ConcurrentHashMap<>();

    private Language(MixtralForCausalLM model) {
      this.model = model;
    }

    /** The library's model. */
    public MixtralForCausalLM model() {
      return model;
    }

    Constraint constraint(ConstraintText text) {
      return constraints.computeIfAbsent(text, ConstraintText::compile);
    }

    @Override
    public void close() {
      model.close();
    }
  }

  /** One that classifies. */
  record Classifier(MixtralForSequenceClassification model) implements OpenModel {
    @Override
    public void close() {
      model.close();
    }
  }

  @Override
  void close();

  /**
   * Loads a model.
   *
   * @throws io.github.jmixtral.error.JmixtralException if it is missing, damaged or not supported
   */
  static OpenModel load(ModelSettings settings) {
    Path path = locate(settings.path());
    LoadOptions options = settings.options(executorCores());
    return settings.isClassifier()
        ? new Classifier(MixtralForSequenceClassification.fromPretrained(path, options))
        : new Language(MixtralForCausalLM.fromPretrained(path, options));
  }

  /** A path as it is, or of what {@code --files} and {@code addFile} have brought, or a name. */
  private static Path locate(String pathOrName) {
    if (!Files.exists(Path.of(pathOrName)) && SparkEnv.get() != null) {
      Path brought = Path.of(SparkFiles.get(pathOrName));
      if (Files.exists(brought)) {
        return brought;
      }
    }
    return HubCache.ofEnvironment(System.getenv()).locate(pathOrName);
  }

  /** How many threads the executor was given; 0 where Spark does not say. */
  private static int executorCores() {
    SparkEnv environment = SparkEnv.get();
    return environment == null || environment.executorId().equals("driver")
        ? 0
        : environment.conf().getInt("spark.executor.cores", 0);
  }
}
