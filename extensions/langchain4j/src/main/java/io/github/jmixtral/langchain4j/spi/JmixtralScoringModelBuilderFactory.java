package io.github.jmixtral.langchain4j.spi;

import io.github.jmixtral.langchain4j.JmixtralScoringModel;
import java.util.function.Supplier;

/**
 * Makes the builders of {@link JmixtralScoringModel#builder}.
 *
 * @since 0.1.0
 */
public interface JmixtralScoringModelBuilderFactory
    extends Supplier<JmixtralScoringModel.Builder> {}
