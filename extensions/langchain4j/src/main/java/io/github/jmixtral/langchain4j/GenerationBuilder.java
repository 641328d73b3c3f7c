package io.github.jmixtral.langchain4j;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.constraint.Constraint;
import java.util.List;

/**
 * What the builders of all models that generate have in common, beside the model: how they
 * generate. What is not set is as the model's own {@code generation_config.json} has it.
 *
 * @param <B> the builder
 * @since 0.1.0
 */
public abstract sealed class GenerationBuilder<B extends GenerationBuilder<B>>
    extends ModelBuilder<B>
    permits ChatBuilder, JmixtralLanguageModel.Builder, JmixtralStreamingLanguageModel.Builder {
  final JmixtralChatRequestParameters.Builder parameters = JmixtralChatRequestParameters.builder();

  GenerationBuilder() {}

  /** How even the choice among tokens is; 0 takes the likeliest. */
  public B temperature(Double temperature) {
    parameters.temperature(temperature);
    return self();
  }

  /** Chooses among the likeliest tokens whose probabilities add up to this. */
  public B topP(Double topP) {
    parameters.topP(topP);
    return self();
  }

  /** Chooses among this number of likeliest tokens. */
  public B topK(Integer topK) {
    parameters.topK(topK);
    return self();
  }

  /** Chooses among tokens that are at least this fraction as likely as the likeliest. */
  public B minP(Double minP) {
    parameters.minP(minP);
    return self();
  }

  /** Makes tokens less likely each time they occur. */
  public B frequencyPenalty(Double frequencyPenalty) {
    parameters.frequencyPenalty(frequencyPenalty);
    return self();
  }

  /** Makes tokens less likely that have occurred. */
  public B presencePenalty(Double presencePenalty) {
    parameters.presencePenalty(presencePenalty);
    return self();
  }

  /** The most tokens of an answer. */
  public B maxOutputTokens(Integer maxOutputTokens) {
    parameters.maxOutputTokens(maxOutputTokens);
    return self();
  }

  /** Texts that end an answer and are not part of it. */
  public B stopSequences(List<String> stopSequences) {
    parameters.stopSequences(stopSequences);
    return self();
  }

  /** Makes answers repeatable. */
  public B seed(Long seed) {
    parameters.seed(seed);
    return self();
  }

  /** What answers must fit. */
  public B constraint(Constraint constraint) {
    parameters.constraint(constraint);
    return self();
  }

  /** Any other setting of the library; those above prevail over it. */
  public B generationConfig(GenerationConfig generationConfig) {
    parameters.generationConfig(generationConfig);
    return self();
  }
}
