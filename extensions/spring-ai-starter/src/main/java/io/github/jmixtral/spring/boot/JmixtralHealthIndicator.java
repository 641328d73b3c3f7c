package io.github.jmixtral.spring.boot;

import io.github.jmixtral.MixtralForCausalLM;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Shows what the model is doing. It computes nothing: under load, a check that did would wait
 * behind the requests.
 */
final class JmixtralHealthIndicator extends AbstractHealthIndicator {
  private final MixtralForCausalLM mixtral;
  private final String modelName;

  JmixtralHealthIndicator(MixtralForCausalLM mixtral, String modelName) {
    super("the model cannot be asked");
    this.mixtral = mixtral;
    this.modelName = modelName;
  }

  @Override
  protected void doHealthCheck(Health.Builder builder) {
    builder
        .up()
        .withDetail("model", modelName)
        .withDetail("runningRequests", mixtral.runningRequestCount())
        .withDetail("waitingRequests", mixtral.waitingRequestCount())
        .withDetail("cacheBytes", mixtral.cacheByteSize());
  }
}
