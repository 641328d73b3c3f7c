package io.github.jmixtral.langchain4j.spi;

import io.github.jmixtral.langchain4j.JmixtralEmbeddingModel;
import java.util.function.Supplier;

/**
 * Makes the builders of {@link JmixtralEmbeddingModel#builder}.
 *
 * @since 0.1.0
 */
public interface JmixtralEmbeddingModelBuilderFactory
    extends Supplier<JmixtralEmbeddingModel.Builder> {}
