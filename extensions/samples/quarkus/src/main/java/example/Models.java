package example;

import io.github.jmixtral.MixtralForCausalLM;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Loads the model with the first request for it, and closes it with the application. */
class Models {
  @Produces
  @Singleton
  MixtralForCausalLM mixtral(@ConfigProperty(name = "jmixtral.model") String model) {
    return MixtralForCausalLM.fromPretrained(model);
  }

  void close(@Disposes MixtralForCausalLM mixtral) {
    mixtral.close();
  }
}
