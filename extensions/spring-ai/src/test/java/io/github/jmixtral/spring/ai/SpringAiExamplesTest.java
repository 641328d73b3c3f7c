package io.github.jmixtral.spring.ai;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.ToolChoice;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.ToolCallingModel;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.ai.tool.annotation.ToolParam;

class SpringAiExamplesTest {
  /** The page names its paths from the project's root. */
  private static final class Path {
    static java.nio.file.Path of(String path) {
      return Fixtures.project().resolve(path);
    }
  }

  // docs/spring-ai.md begins
  static class WeatherTools {
    @Tool(description = "The weather at a place.")
    String weather(@ToolParam(description = "A city") String city) {
      return "{\"celsius\": 21}";
    }
  }

  // docs/spring-ai.md ends

  @Test
  void theModelsWorkWithoutSpringBoot() {
    PrintStream usual = System.out;
    var printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      // docs/spring-ai.md begins
      try (var mixtral = MixtralForCausalLM.fromPretrained(Path.of("models/storyteller"))) {
        ChatModel chat = JmixtralChatModel.builder(mixtral).modelName("storyteller").build();
        EmbeddingModel embeddings = JmixtralEmbeddingModel.builder(mixtral).build();
        System.out.println(chat.call("Tell me a story."));
        System.out.println(embeddings.embed("A duck swims.").length);
      }
      // docs/spring-ai.md ends
    } finally {
      System.setOut(usual);
    }
    assertThat(printed.toString(StandardCharsets.UTF_8)).endsWith("128" + System.lineSeparator());
  }

  @Test
  void optionsBeyondSpringAisOwn() {
    try (var mixtral = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      ChatModel chat = JmixtralChatModel.builder(mixtral).build();
      // docs/spring-ai.md begins
      var options =
          JmixtralChatOptions.builder()
              .maxTokens(40)
              .temperature(0.7)
              .generationConfig(config -> config.withSeed(42).withMinP(0.05))
              .constraint(Constraint.regex("Once upon a time, [a-z ,]+\\."))
              .build();
      String story =
          chat.call(new Prompt("Tell me a story.", options)).getResult().getOutput().getText();
      // docs/spring-ai.md ends
      assertThat(story).startsWith("Once upon a time, ").endsWith(".");
    }
  }

  @Test
  void aToolIsCalledAndItsResultAnswered(@TempDir java.nio.file.Path folder) {
    try (var mixtral = MixtralForCausalLM.fromPretrained(ToolCallingModel.write(folder))) {
      ChatModel chat = JmixtralChatModel.builder(mixtral).build();
      // docs/spring-ai.md begins
      String answer =
          ChatClient.create(chat)
              .prompt("How warm is it in Paris?")
              .tools(new WeatherTools())
              .options(JmixtralChatOptions.builder().maxTokens(200).toolChoice(ToolChoice.auto()))
              .call()
              .content();
      // docs/spring-ai.md ends
      assertThat(answer).isNotNull();
    }
  }
}
