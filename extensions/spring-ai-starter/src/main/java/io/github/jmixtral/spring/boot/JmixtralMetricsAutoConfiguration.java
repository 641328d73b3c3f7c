package io.github.jmixtral.spring.boot;

import io.github.jmixtral.MixtralForCausalLM;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * The library's metrics, where the application has a registry of meters.
 *
 * @since 0.1.0
 */
@AutoConfiguration(
    after = JmixtralAutoConfiguration.class,
    afterName =
        "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean({MeterRegistry.class, MixtralForCausalLM.class})
public final class JmixtralMetricsAutoConfiguration {
  JmixtralMetricsAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean
  JmixtralMeterBinder jmixtralMeterBinder(
      MixtralForCausalLM mixtral, JmixtralProperties properties) {
    return new JmixtralMeterBinder(mixtral, properties.modelName());
  }

  @Bean
  @ConditionalOnMissingBean
  ChatMeterObservationHandler jmixtralChatMeterObservationHandler(MeterRegistry registry) {
    return new ChatMeterObservationHandler(registry);
  }
}
