package io.github.jmixtral.langchain4j.spi;

import io.github.jmixtral.langchain4j.JmixtralStreamingLanguageModel;
import java.util.function.Supplier;

/**
 * Makes the builders of {@link JmixtralStreamingLanguageModel#builder}.
 *
 * @since 0.1.0
 */
public interface JmixtralStreamingLanguageModelBuilderFactory
    extends Supplier<JmixtralStreamingLanguageModel.Builder> {}
