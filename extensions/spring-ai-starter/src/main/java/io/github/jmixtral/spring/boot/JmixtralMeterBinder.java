package io.github.jmixtral.spring.boot;

import io.github.jmixtral.MixtralForCausalLM;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.function.ToDoubleFunction;

/** What the model is doing, asked for whenever the metrics are. */
final class JmixtralMeterBinder implements MeterBinder {
  private final MixtralForCausalLM mixtral;
  private final String modelName;

  JmixtralMeterBinder(MixtralForCausalLM mixtral, String modelName) {
    this.mixtral = mixtral;
    this.modelName = modelName;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    show(
        registry,
        "requests.running",
        "Requests that are computed.",
        MixtralForCausalLM::runningRequestCount);
    show(
        registry,
        "requests.waiting",
        "Requests that wait for a place or for memory.",
        MixtralForCausalLM::waitingRequestCount);
    show(registry, "cache.bytes", "Bytes of keys and values.", MixtralForCausalLM::cacheByteSize);
    FunctionCounter.builder("jmixtral.passes", mixtral, MixtralForCausalLM::passCount)
        .description("Passes over the weights that all requests have taken together.")
        .tag("model", modelName)
        .register(registry);
  }

  private void show(
      MeterRegistry registry,
      String name,
      String description,
      ToDoubleFunction<MixtralForCausalLM> figure) {
    Gauge.builder("jmixtral." + name, mixtral, figure)
        .description(description)
        .tag("model", modelName)
        .register(registry);
  }
}
