package io.github.jmixtral.spring.boot;

import io.github.jmixtral.MixtralForCausalLM;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.autoconfigure.contributor.HealthContributorAutoConfiguration;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/**
 * The model's health, where the application shows such.
 *
 * @since 0.1.0
 */
@AutoConfiguration(
    after = JmixtralAutoConfiguration.class,
    before = HealthContributorAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean(MixtralForCausalLM.class)
@ConditionalOnEnabledHealthIndicator("jmixtral")
public final class JmixtralHealthAutoConfiguration {
  JmixtralHealthAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean
  JmixtralHealthIndicator jmixtralHealthIndicator(
      MixtralForCausalLM mixtral, JmixtralProperties properties) {
    return new JmixtralHealthIndicator(mixtral, properties.modelName());
  }
}
