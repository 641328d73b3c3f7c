package example;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.Prompt;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.smallrye.mutiny.Multi;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;

@Path("/story")
public class Stories {
  @Inject MixtralForCausalLM mixtral;

  @GET
  @RunOnVirtualThread
  public String story(@QueryParam("begin") String begin) {
    return mixtral
        .request(Prompt.text(begin))
        .withConfig(config -> config.withMaxNewTokens(50))
        .generateAsync()
        .join()
        .text();
  }

  @GET
  @Path("/stream")
  public Multi<String> stream(@QueryParam("begin") String begin) {
    return Multi.createFrom()
        .publisher(
            mixtral
                .request(Prompt.text(begin))
                .withConfig(config -> config.withMaxNewTokens(50))
                .publisher())
        .map(GeneratedToken::text);
  }
}
