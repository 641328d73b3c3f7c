package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the front page shows, run as it stands there: {@link PagesTest} compares the texts. */
@RunsOnce
class ReadmeExamplesTest {
  @RegisterExtension final CapturedOutput output = new CapturedOutput();

  @Test
  void aModelContinuesATextAndAnswers() {
    // README.md begins
    try (var model = MixtralForCausalLM.fromPretrained(Path.of("models/storyteller"))) {
      System.out.println(model.generate("Once upon a time").text());

      Generation answer =
          model
              .request(Prompt.chat(ChatMessage.user("Write a story about a duck.")))
              .withConfig(config -> config.withMaxNewTokens(100).withDoSample(true))
              .onToken(token -> System.out.print(token.text()))
              .generate();
      System.out.println(answer.finishReason());
    }
    // README.md ends
    assertTrue(output.text().startsWith("there was a sleepy turtle"), output.text());
    assertTrue(output.text().strip().matches("(?s).*(EOS|LENGTH)"), output.text());
  }
}
