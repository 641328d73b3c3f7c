package io.github.jmixtral.spring.ai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.GenerationMetrics;
import io.github.jmixtral.generation.ToolChoice;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.messages.AbstractMessage;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.MessageType;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.content.Media;
import org.springframework.util.MimeTypeUtils;
import tools.jackson.core.json.PackageVersion;

class ChatModelTest {
  private static final String QUESTION = "Write a story about a duck.";

  private static MixtralForCausalLM mixtral;
  private static JmixtralChatModel chat;

  @BeforeAll
  static void load() {
    mixtral = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
    chat =
        JmixtralChatModel.builder(mixtral)
            .modelName("storyteller")
            .options(JmixtralChatOptions.builder().maxTokens(20).build())
            .build();
  }

  @AfterAll
  static void close() {
    mixtral.close();
  }

  private static String expected(int tokens) {
    return mixtral
        .request(
            io.github.jmixtral.generation.Prompt.chat(
                ChatMessage.system("Be kind."), ChatMessage.user(QUESTION)))
        .withConfig(config -> config.withMaxNewTokens(tokens))
        .generate()
        .text();
  }

  private static ChatResponse call(ChatOptions options) {
    return chat.call(
        new Prompt(List.of(new SystemMessage("Be kind."), new UserMessage(QUESTION)), options));
  }

  private static JmixtralChatOptions.Builder options() {
    return JmixtralChatOptions.builder();
  }

  private static String text(ChatResponse response) {
    return response.getResult().getOutput().getText();
  }

  @Test
  void theJacksonOfSpringBootIsOlderThanTheLibrarysOwn() {
    assertThat(PackageVersion.VERSION.toString()).startsWith("3.1.");
  }

  @Test
  void anAnswerIsWhatTheLibraryGenerates() {
    assertThat(text(call(options().maxTokens(20).build()))).isEqualTo(expected(20));
  }

  @Test
  void promptsWithoutOptionsHaveThoseOfTheModel() {
    assertThat(text(call(null))).isEqualTo(expected(20));
  }

  @Test
  void plainOptionsAreLaidOverThoseOfTheModel() {
    assertThat(text(call(ChatOptions.builder().temperature(0.0).build()))).isEqualTo(expected(20));
    assertThat(text(call(ChatOptions.builder().maxTokens(7).build()))).isEqualTo(expected(7));
  }

  @Test
  void ownOptionsStandAloneAsChatClientBuildsThem() {
    JmixtralChatOptions own = (JmixtralChatOptions) chat.getOptions();
    assertThat(text(call(own.mutate().maxTokens(9).build()))).isEqualTo(expected(9));
  }

  @Test
  void usageCountsTokensAndHoldsTheLibrarysFigures() {
    ChatResponse response = call(options().maxTokens(20).build());
    var usage = response.getMetadata().getUsage();
    int prompt =
        io.github.jmixtral.generation.Prompt.chat(
                ChatMessage.system("Be kind."), ChatMessage.user(QUESTION))
            .encode(mixtral::tokenizer)
            .length;
    assertThat(usage.getPromptTokens()).isEqualTo(prompt);
    assertThat(usage.getCompletionTokens()).isEqualTo(20);
    assertThat(usage.getTotalTokens()).isEqualTo(prompt + 20);
    assertThat(usage.getCacheReadInputTokens()).isNotNull();
    assertThat(usage.getNativeUsage()).isInstanceOf(GenerationMetrics.class);
  }

  @Test
  void responsesHaveIdsOfTheirOwnAndTheModelsName() {
    ChatResponse first = call(null);
    ChatResponse second = call(null);
    assertThat(first.getMetadata().getId()).isNotEmpty();
    assertThat(first.getMetadata().getId()).isNotEqualTo(second.getMetadata().getId());
    assertThat(first.getMetadata().getModel()).isEqualTo("storyteller");
  }

  @Test
  void theFinishReasonIsInTheMetadata() {
    ChatResponse cut = call(options().maxTokens(5).build());
    assertThat(cut.getResult().getMetadata().getFinishReason()).isEqualTo("LENGTH");
    ChatResponse chosen = call(options().constraint(Constraint.oneOf("duck", "goose")).build());
    assertThat(chosen.getResult().getMetadata().getFinishReason()).isEqualTo("STOP");
  }

  @Test
  void aStopSequenceEndsTheTextAndIsNoPartOfIt() {
    String whole = expected(20);
    String stop = whole.substring(8, 12);
    ChatResponse stopped = call(options().maxTokens(20).stopSequences(List.of(stop)).build());
    assertThat(text(stopped)).isEqualTo(whole.substring(0, whole.indexOf(stop)));
    assertThat(stopped.getResult().getMetadata().getFinishReason()).isEqualTo("STOP");
  }

  @Test
  void aConstraintHoldsTheText() {
    assertThat(text(call(options().constraint(Constraint.oneOf("duck", "goose")).build())))
        .isIn("duck", "goose");
  }

  @Test
  void settingsOfTheLibraryReachIt() {
    JmixtralChatOptions sampled =
        options()
            .maxTokens(20)
            .temperature(1.5)
            .generationConfig(config -> config.withSeed(42))
            .build();
    String first = text(call(sampled));
    assertThat(text(call(sampled))).isEqualTo(first).isNotEqualTo(expected(20));
    assertThat(text(call(sampled.mutate().generationConfig(config -> config.withSeed(43)).build())))
        .isNotEqualTo(first);
  }

  @Test
  void topPWithoutATemperatureSamples() {
    JmixtralChatOptions.Builder sampled =
        options().maxTokens(20).topP(1.0).generationConfig(config -> config.withSeed(7));
    String first = text(call(sampled.build()));
    assertThat(first).isNotEqualTo(expected(20));
    assertThat(text(call(sampled.temperature(0.0).build()))).isEqualTo(expected(20));
  }

  @Test
  void aLimitBeyondTheContextIsTheRoomThatIsLeft() {
    JmixtralChatOptions limited = options().maxTokens(1000).build();
    assertThat(Settings.of(limited, 60).maxNewTokens()).hasValue(60);
    assertThat(Settings.of(limited, 5000).maxNewTokens()).hasValue(1000);
    assertThat(Settings.of(options().build(), 60).maxNewTokens()).isEmpty();
    // The library warns of a conversation that is longer than the context.
    assertThat(Settings.of(limited, -3).maxNewTokens()).hasValue(1000);
  }

  @Test
  void logProbabilitiesComeWithTheAnswer() {
    ChatResponse response =
        call(options().maxTokens(4).generationConfig(config -> config.withTopLogprobs(2)).build());
    List<?> steps = response.getResult().getMetadata().get("logProbabilities");
    assertThat(steps).hasSize(4);
  }

  @Test
  void beamsSearchForTheAnswer() {
    ChatResponse response =
        call(options().maxTokens(12).generationConfig(config -> config.withNumBeams(3)).build());
    assertThat(text(response)).isNotEmpty();
  }

  @Test
  void theModelContinuesAnOpenMessageOfTheAssistant() {
    AssistantMessage open =
        AssistantMessage.builder()
            .content("Once upon a time, a duck")
            .properties(Map.of("prefix", true))
            .build();
    ChatResponse response = chat.call(new Prompt(List.of(new UserMessage(QUESTION), open)));
    String continued =
        mixtral
            .request(
                io.github.jmixtral.generation.Prompt.chat(
                    ChatMessage.user(QUESTION),
                    ChatMessage.assistant("Once upon a time, a duck").asPrefix()))
            .withConfig(config -> config.withMaxNewTokens(20))
            .generate()
            .text();
    assertThat(text(response)).isEqualTo(continued);
  }

  @Test
  void wrongValuesAreRefusedInTheLibrarysWords() {
    assertThatThrownBy(() -> call(options().topP(2.0).build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("top_p");
    assertThatThrownBy(() -> call(options().outputSchema("{\"type\": 7}").build()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anotherModelsNameIsRefused() {
    assertThatThrownBy(() -> call(options().model("other").build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the options ask for the model 'other', but this chat model is 'storyteller'; leave the"
                + " model out of the options");
    assertThat(text(call(options().model("storyteller").maxTokens(3).build())))
        .isEqualTo(expected(3));
  }

  @Test
  void picturesAreRefused() {
    UserMessage picture =
        UserMessage.builder()
            .text("What is this?")
            .media(new Media(MimeTypeUtils.IMAGE_PNG, URI.create("https://example.org/duck.png")))
            .build();
    assertThatThrownBy(() -> chat.call(new Prompt(picture)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a message holds media of type image/png, but Mixtral reads text only; leave them out");
  }

  @Test
  void messagesOfOtherKindsAreRefused() {
    class Note extends AbstractMessage {
      Note() {
        super(MessageType.USER, "note", Map.of());
      }
    }
    Message note = new Note();
    assertThatThrownBy(() -> chat.call(new Prompt(note)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cannot be put into a prompt");
  }

  @Test
  void toolsAreRefusedWhereTheChatFormatHasNone() {
    assertThatThrownBy(
            () ->
                call(
                    options()
                        .toolCallbacks(ToolFixtures.weather())
                        .toolChoice(ToolChoice.auto())
                        .build()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anInterruptEndsTheGeneration() throws Exception {
    CompletableFuture<Throwable> outcome = new CompletableFuture<>();
    Thread caller =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    chat.call(new Prompt(QUESTION, options().maxTokens(400).build()));
                    outcome.complete(new AssertionError("answered"));
                  } catch (CancellationException expected) {
                    outcome.complete(
                        Thread.currentThread().isInterrupted()
                            ? expected
                            : new AssertionError("the flag is gone"));
                  }
                });
    Waiting.until(() -> mixtral.runningRequestCount() == 1);
    caller.interrupt();
    assertThat(outcome.get(10, TimeUnit.SECONDS)).isInstanceOf(CancellationException.class);
    Waiting.until(() -> mixtral.runningRequestCount() == 0);
  }
}
