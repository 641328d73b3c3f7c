package io.github.jmixtral.langchain4j.spi;

import io.github.jmixtral.langchain4j.JmixtralLanguageModel;
import java.util.function.Supplier;

/**
 * Makes the builders of {@link JmixtralLanguageModel#builder}.
 *
 * @since 0.1.0
 */
public interface JmixtralLanguageModelBuilderFactory
    extends Supplier<JmixtralLanguageModel.Builder> {}
