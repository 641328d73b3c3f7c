package io.github.jmixtral.langchain4j;

import static dev.langchain4j.spi.ServiceHelper.loadFactories;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.config.LoadOptions;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the builders of all models have in common: which Mixtral they use. Either the caller's,
 * given to {@link #model}, which the caller closes; or one that {@code build()} opens and the built
 * model closes: a file or folder, given to {@link #modelPath}, or else a name in the cache of the
 * Hub, given to {@link #modelName}.
 *
 * @param <B> the builder
 * @since 0.1.0
 */
public abstract sealed class ModelBuilder<B extends ModelBuilder<B>>
    permits GenerationBuilder, JmixtralEmbeddingModel.Builder, JmixtralScoringModel.Builder {
  private @Nullable MixtralForCausalLM model;
  private @Nullable Path modelPath;
  private @Nullable String modelName;
  private LoadOptions loadOptions = LoadOptions.defaults();

  ModelBuilder() {}

  /** This builder. */
  abstract B self();

  /** A builder of a factory that is a service of this type, or else a plain one. */
  static <B> B find(Class<? extends Supplier<B>> factory, Supplier<B> plain) {
    for (Supplier<B> found : loadFactories(factory)) {
      return found.get();
    }
    return plain.get();
  }

  /**
   * A model that stays the caller's, who closes it. Models of all kinds can share one, and so share
   * its weights and the passes through them.
   */
  public B model(MixtralForCausalLM model) {
    this.model = Objects.requireNonNull(model, "model");
    return self();
  }

  /** A folder with a checkpoint, or a GGUF file. */
  public B modelPath(Path modelPath) {
    this.modelPath = Objects.requireNonNull(modelPath, "modelPath");
    return self();
  }

  /**
   * The model's name in responses and for listeners; without a path or a model of the caller's also
   * which model of the Hub's cache it is, such as {@code mistralai/Mixtral-8x7B-Instruct-v0.1}. By
   * default a model is named after its file or folder, and one of the caller's {@code mixtral}.
   */
  public B modelName(String modelName) {
    this.modelName = Objects.requireNonNull(modelName, "modelName");
    return self();
  }

  /** How a model is loaded; of no effect on one of the caller's. */
  public B loadOptions(LoadOptions loadOptions) {
    this.loadOptions = Objects.requireNonNull(loadOptions, "loadOptions");
    return self();
  }

  /**
   * Takes or opens the model, and closes what it opened if the rest fails.
   *
   * @throws IllegalArgumentException if there is both a model and a path, or neither nor a name
   */
  final <M> M open(Function<ModelHolder, M> rest) {
    ModelHolder holder = open();
    try {
      return rest.apply(holder);
    } catch (RuntimeException failure) {
      holder.close();
      throw failure;
    }
  }

  private ModelHolder open() {
    if (model != null) {
      if (modelPath != null) {
        throw new IllegalArgumentException(
            "the builder has both a model and a path; give it one of them");
      }
      return new ModelHolder(model, modelName == null ? "mixtral" : modelName, false);
    }
    if (modelPath != null) {
      String name = modelName == null ? String.valueOf(modelPath.getFileName()) : modelName;
      return new ModelHolder(MixtralForCausalLM.fromPretrained(modelPath, loadOptions), name, true);
    }
    if (modelName != null) {
      return new ModelHolder(
          MixtralForCausalLM.fromPretrained(modelName, loadOptions), modelName, true);
    }
    throw new IllegalArgumentException(
        "the builder has no model; give it a model, a path or the name of a model of the Hub");
  }
}
