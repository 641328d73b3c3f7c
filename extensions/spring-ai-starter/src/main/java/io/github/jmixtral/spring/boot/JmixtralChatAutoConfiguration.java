package io.github.jmixtral.spring.boot;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.spring.ai.JmixtralChatModel;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.ai.chat.observation.ChatModelObservationConvention;
import org.springframework.ai.model.SpringAIModelProperties;
import org.springframework.ai.model.chat.client.autoconfigure.ChatClientAutoConfiguration;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.model.tool.autoconfigure.ToolCallingAutoConfiguration;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * The chat model, unless {@code spring.ai.model.chat} names another.
 *
 * @since 0.1.0
 */
@AutoConfiguration(
    after = {JmixtralAutoConfiguration.class, ToolCallingAutoConfiguration.class},
    before = ChatClientAutoConfiguration.class)
@ConditionalOnClass({MixtralForCausalLM.class, JmixtralChatModel.class})
@ConditionalOnProperty(
    name = SpringAIModelProperties.CHAT_MODEL,
    havingValue = JmixtralAutoConfiguration.PROVIDER,
    matchIfMissing = true)
@EnableConfigurationProperties(JmixtralChatProperties.class)
public final class JmixtralChatAutoConfiguration {
  JmixtralChatAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean
  JmixtralChatModel jmixtralChatModel(
      MixtralForCausalLM mixtral,
      JmixtralProperties model,
      JmixtralChatProperties chat,
      ToolCallingManager toolCallingManager,
      ObjectProvider<ObservationRegistry> observationRegistry,
      ObjectProvider<ChatModelObservationConvention> observationConvention) {
    return JmixtralChatModel.builder(mixtral)
        .modelName(model.modelName())
        .options(chat.options())
        .toolCallingManager(toolCallingManager)
        .observationRegistry(observationRegistry.getIfUnique(() -> ObservationRegistry.NOOP))
        .observationConvention(observationConvention.getIfAvailable())
        .build();
  }
}
