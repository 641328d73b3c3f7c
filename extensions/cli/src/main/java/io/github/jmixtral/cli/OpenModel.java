package io.github.jmixtral.cli;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.MixtralForSequenceClassification;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.openai.api.ServedModel;
import java.nio.file.Path;

/**
 * A model that answers requests until it is closed.
 *
 * @param served the model under its name
 * @param closing closes the model
 */
record OpenModel(ServedModel served, Runnable closing) implements AutoCloseable {
  private static final String CLASSIFIER = "MixtralForSequenceClassification";

  /** Loads a model that generates, or one that classifies. */
  static OpenModel load(Path folder, String name, LoadOptions options) {
    if (MixtralConfig.fromPretrained(folder).architectures().contains(CLASSIFIER)) {
      var model = MixtralForSequenceClassification.fromPretrained(folder, options);
      return new OpenModel(ServedModel.of(name, model), model::close);
    }
    var model = MixtralForCausalLM.fromPretrained(folder, options);
    return new OpenModel(ServedModel.of(name, model), model::close);
  }

  @Override
  public void close() {
    closing.run();
  }
}
