package example;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import java.nio.file.Path;

/** An application: continues a text with the model in folder {@code arguments[0]}. */
public final class Story {
  private Story() {}

  public static void main(String[] arguments) {
    try (var model = MixtralForCausalLM.fromPretrained(Path.of(arguments[0]))) {
      Generation story =
          model.generate(
              Prompt.text("Once upon a time"),
              GenerationConfig.inherit().withMaxNewTokens(16).withDoSample(false));
      System.out.println(story.text());
      String expected = "there was a sleepy turtle named Jack.";
      if (!story.text().strip().startsWith(expected)) {
        throw new IllegalStateException("expected " + expected + ", found " + story.text());
      }
    }
  }
}
