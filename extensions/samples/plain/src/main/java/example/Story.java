package example;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import java.nio.file.Path;

/** Tells a story with the model in the folder or file {@code arguments[0]}. */
public final class Story {
  private Story() {}

  /** A character of the story. */
  record Animal(String name, int age) {}

  public static void main(String[] arguments) {
    try (MixtralForCausalLM model = MixtralForCausalLM.fromPretrained(Path.of(arguments[0]))) {
      String beginning = "Once upon a time";
      System.out.print(beginning + " ");
      Generation story =
          model
              .request(Prompt.text(beginning))
              .withConfig(config -> config.withMaxNewTokens(60))
              .onToken(token -> System.out.print(token.text()))
              .generate();
      System.out.println();

      Animal animal =
          model
              .request(Prompt.text(beginning + " " + story.text() + "\nThe animal of the story:\n"))
              .withConfig(config -> config.withMaxNewTokens(60))
              .as(Animal.class);
      System.out.println(animal);
    }
  }
}
