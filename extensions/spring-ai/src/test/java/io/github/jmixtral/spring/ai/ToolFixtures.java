package io.github.jmixtral.spring.ai;

import java.util.function.Function;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.function.FunctionToolCallback;

/** Tools that tests offer. */
final class ToolFixtures {
  private ToolFixtures() {}

  /** A place. */
  public record Place(String city) {}

  /** The weather at a place. */
  static ToolCallback weather() {
    return weather(place -> "{\"celsius\": " + place.city().length() + "}");
  }

  /** The weather at a place, from somewhere. */
  static ToolCallback weather(Function<Place, String> source) {
    return FunctionToolCallback.builder("weather", source)
        .description("The weather at a place.")
        .inputType(Place.class)
        .build();
  }
}
