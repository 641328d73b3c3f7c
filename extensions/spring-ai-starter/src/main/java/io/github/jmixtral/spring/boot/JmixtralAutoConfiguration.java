package io.github.jmixtral.spring.boot;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.config.LoadOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.ai.model.SpringAIModelProperties;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;

/**
 * Loads the model where chats or embeddings are its own, and closes it with the application.
 *
 * @since 0.1.0
 */
@AutoConfiguration
@ConditionalOnClass(MixtralForCausalLM.class)
@Conditional(JmixtralAutoConfiguration.OnAnyUse.class)
@EnableConfigurationProperties(JmixtralProperties.class)
public final class JmixtralAutoConfiguration {
  /** The value of {@code spring.ai.model.chat} and {@code spring.ai.model.embedding}. */
  static final String PROVIDER = "jmixtral";

  private static final Logger LOG = LoggerFactory.getLogger(JmixtralAutoConfiguration.class);

  JmixtralAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean
  LoadOptions jmixtralLoadOptions(JmixtralProperties properties) {
    return properties.load().options(JmixtralAutoConfiguration::logPreload);
  }

  @Bean(destroyMethod = "close")
  @ConditionalOnMissingBean
  MixtralForCausalLM mixtral(JmixtralProperties properties, LoadOptions options) {
    String model = properties.model();
    if (model == null || model.isBlank()) {
      throw new MissingModelException();
    }
    SlowRuntime.current()
        .ifPresent(
            slow -> {
              if (properties.requireVectors()) {
                throw new SlowRuntimeException(slow);
              }
              LOG.warn("{} {}", slow.cause(), slow.remedy());
            });
    MixtralForCausalLM mixtral = MixtralForCausalLM.fromPretrained(model, options);
    if (properties.warmUp()) {
      mixtral.warmUp();
    }
    return mixtral;
  }

  private static void logPreload(long bytes, long total) {
    LOG.debug("{} % of the weights are in memory", total == 0 ? 100 : 100 * bytes / total);
  }

  /** Chats or embeddings, or both. */
  static final class OnAnyUse extends AnyNestedCondition {
    OnAnyUse() {
      super(ConfigurationPhase.REGISTER_BEAN);
    }

    @ConditionalOnProperty(
        name = SpringAIModelProperties.CHAT_MODEL,
        havingValue = PROVIDER,
        matchIfMissing = true)
    static final class OnChat {
      OnChat() {}
    }

    @ConditionalOnProperty(
        name = SpringAIModelProperties.EMBEDDING_MODEL,
        havingValue = PROVIDER,
        matchIfMissing = true)
    static final class OnEmbedding {
      OnEmbedding() {}
    }
  }
}
