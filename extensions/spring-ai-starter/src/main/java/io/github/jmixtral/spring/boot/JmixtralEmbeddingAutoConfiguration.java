package io.github.jmixtral.spring.boot;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.spring.ai.JmixtralEmbeddingModel;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationConvention;
import org.springframework.ai.model.SpringAIModelProperties;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * The embedding model, unless {@code spring.ai.model.embedding} names another.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = JmixtralAutoConfiguration.class)
@ConditionalOnClass({MixtralForCausalLM.class, JmixtralEmbeddingModel.class})
@ConditionalOnProperty(
    name = SpringAIModelProperties.EMBEDDING_MODEL,
    havingValue = JmixtralAutoConfiguration.PROVIDER,
    matchIfMissing = true)
@EnableConfigurationProperties(JmixtralEmbeddingProperties.class)
public final class JmixtralEmbeddingAutoConfiguration {
  JmixtralEmbeddingAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean
  JmixtralEmbeddingModel jmixtralEmbeddingModel(
      MixtralForCausalLM mixtral,
      JmixtralProperties model,
      JmixtralEmbeddingProperties embedding,
      ObjectProvider<ObservationRegistry> observationRegistry,
      ObjectProvider<EmbeddingModelObservationConvention> observationConvention) {
    return JmixtralEmbeddingModel.builder(mixtral)
        .modelName(model.modelName())
        .options(embedding.options())
        .metadataMode(embedding.metadataMode())
        .observationRegistry(observationRegistry.getIfUnique(() -> ObservationRegistry.NOOP))
        .observationConvention(observationConvention.getIfAvailable())
        .build();
  }
}
