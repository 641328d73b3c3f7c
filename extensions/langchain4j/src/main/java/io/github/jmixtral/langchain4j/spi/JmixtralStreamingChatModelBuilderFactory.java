package io.github.jmixtral.langchain4j.spi;

import io.github.jmixtral.langchain4j.JmixtralStreamingChatModel;
import java.util.function.Supplier;

/**
 * Makes the builders of {@link JmixtralStreamingChatModel#builder}.
 *
 * @since 0.1.0
 */
public interface JmixtralStreamingChatModelBuilderFactory
    extends Supplier<JmixtralStreamingChatModel.Builder> {}
