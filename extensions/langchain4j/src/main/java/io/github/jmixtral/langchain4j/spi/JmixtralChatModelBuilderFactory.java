package io.github.jmixtral.langchain4j.spi;

import io.github.jmixtral.langchain4j.JmixtralChatModel;
import java.util.function.Supplier;

/**
 * Makes the builders of {@link JmixtralChatModel#builder}.
 *
 * @since 0.1.0
 */
public interface JmixtralChatModelBuilderFactory extends Supplier<JmixtralChatModel.Builder> {}
