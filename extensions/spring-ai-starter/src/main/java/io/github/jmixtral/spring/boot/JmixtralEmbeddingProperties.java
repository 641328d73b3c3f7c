package io.github.jmixtral.spring.boot;

import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.spring.ai.JmixtralEmbeddingOptions;
import org.springframework.ai.document.MetadataMode;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Options of embeddings.
 *
 * @param pooling How the states of a text's tokens become one vector.
 * @param normalized Whether vectors have the length 1.
 * @param metadataMode Which metadata of a document are embedded with its text.
 * @since 0.1.0
 */
@ConfigurationProperties("spring.ai.jmixtral.embedding")
public record JmixtralEmbeddingProperties(
    @DefaultValue("mean") EmbeddingConfig.Pooling pooling,
    @DefaultValue("true") boolean normalized,
    @DefaultValue("embed") MetadataMode metadataMode) {

  /** The options of an embedding model. */
  JmixtralEmbeddingOptions options() {
    return JmixtralEmbeddingOptions.builder()
        .embeddingConfig(EmbeddingConfig.defaults().withPooling(pooling).withNormalized(normalized))
        .build();
  }
}
