package io.github.jmixtral.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.generation.ToolChoice;
import io.github.jmixtral.spring.ai.JmixtralChatModel;
import io.github.jmixtral.spring.ai.JmixtralChatOptions;
import io.github.jmixtral.spring.ai.JmixtralEmbeddingModel;
import io.github.jmixtral.testkit.Fixtures;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.document.MetadataMode;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.model.chat.client.autoconfigure.ChatClientAutoConfiguration;
import org.springframework.ai.model.chat.memory.autoconfigure.ChatMemoryAutoConfiguration;
import org.springframework.ai.model.chat.observation.autoconfigure.ChatObservationAutoConfiguration;
import org.springframework.ai.model.tool.autoconfigure.ToolCallingAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.autoconfigure.contributor.HealthContributorAutoConfiguration;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class AutoConfigurationTest {
  private static final String MODEL = "spring.ai.jmixtral.model=" + Fixtures.storyteller();

  private final ApplicationContextRunner runner =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  ToolCallingAutoConfiguration.class,
                  JmixtralAutoConfiguration.class,
                  JmixtralChatAutoConfiguration.class,
                  JmixtralEmbeddingAutoConfiguration.class,
                  JmixtralHealthAutoConfiguration.class,
                  JmixtralMetricsAutoConfiguration.class,
                  ChatClientAutoConfiguration.class,
                  ChatMemoryAutoConfiguration.class));

  private ApplicationContextRunner withModel(String... properties) {
    return runner.withPropertyValues(MODEL).withPropertyValues(properties);
  }

  private static JmixtralChatOptions options(ChatModel model) {
    return (JmixtralChatOptions) model.getOptions();
  }

  @Test
  void aModelIsEnoughForChatsAndEmbeddings() {
    withModel("spring.ai.jmixtral.chat.max-tokens=5")
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(context).hasSingleBean(MixtralForCausalLM.class);
              assertThat(context).hasSingleBean(ChatModel.class);
              assertThat(context).hasSingleBean(EmbeddingModel.class);
              assertThat(context).hasSingleBean(ChatMemory.class);
              assertThat(context.getBean(ChatModel.class).call("Write a story.")).isNotEmpty();
              assertThat(context.getBean(EmbeddingModel.class).embed("A duck.")).hasSize(128);
              String content =
                  context
                      .getBean(ChatClient.Builder.class)
                      .build()
                      .prompt("Write a story.")
                      .call()
                      .content();
              assertThat(content).isNotEmpty();
            });
  }

  @Test
  void theModelClosesWithTheContext() {
    AtomicReference<MixtralForCausalLM> model = new AtomicReference<>();
    withModel().run(context -> model.set(context.getBean(MixtralForCausalLM.class)));
    assertThatThrownBy(() -> model.get().generate("Once"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void anotherProviderOfChatsLeavesEmbeddings() {
    withModel("spring.ai.model.chat=ollama")
        .run(
            context -> {
              assertThat(context).doesNotHaveBean(ChatModel.class);
              assertThat(context).hasSingleBean(JmixtralEmbeddingModel.class);
              assertThat(context).hasSingleBean(MixtralForCausalLM.class);
            });
  }

  @Test
  void anotherProviderOfEmbeddingsLeavesChats() {
    withModel("spring.ai.model.embedding=none", "spring.ai.model.chat=jmixtral")
        .run(
            context -> {
              assertThat(context).hasSingleBean(JmixtralChatModel.class);
              assertThat(context).doesNotHaveBean(EmbeddingModel.class);
            });
  }

  @Test
  void noModelIsLoadedThatNothingUses() {
    runner
        .withPropertyValues("spring.ai.model.chat=none", "spring.ai.model.embedding=none")
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(context).doesNotHaveBean(MixtralForCausalLM.class);
              assertThat(context).doesNotHaveBean(HealthIndicator.class);
            });
  }

  @Test
  void nothingIsConfiguredWithoutTheLibrary() {
    withModel()
        .withClassLoader(new FilteredClassLoader(MixtralForCausalLM.class))
        .run(
            context -> {
              assertThat(context).doesNotHaveBean(JmixtralAutoConfiguration.class);
              assertThat(context).doesNotHaveBean(JmixtralHealthAutoConfiguration.class);
            });
  }

  @Test
  void theApplicationsOwnBeansTakePrecedence() {
    runner
        .withUserConfiguration(OwnModel.class)
        .run(
            context -> {
              assertThat(context).hasSingleBean(MixtralForCausalLM.class);
              assertThat(context.getBean(MixtralForCausalLM.class))
                  .isSameAs(context.getBean("own"));
              assertThat(context).hasSingleBean(JmixtralChatModel.class);
            });
    withModel()
        .withBean("fewer", LoadOptions.class, () -> LoadOptions.defaults().withMaxRequests(1))
        .run(context -> assertThat(context.getBean(LoadOptions.class).maxRequests()).isEqualTo(1));
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnModel {
    @Bean
    MixtralForCausalLM own() {
      return MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
    }
  }

  @Test
  void loadPropertiesBecomeLoadOptions() {
    withModel(
            "spring.ai.jmixtral.load.threads=1",
            "spring.ai.jmixtral.load.sliding-window=64",
            "spring.ai.jmixtral.load.chunk-tokens=32",
            "spring.ai.jmixtral.load.activations=f32",
            "spring.ai.jmixtral.load.cache-format=f16",
            "spring.ai.jmixtral.load.quantization=q4-all",
            "spring.ai.jmixtral.load.inexact-weights=q4",
            "spring.ai.jmixtral.load.tile-cache=target/tiles",
            "spring.ai.jmixtral.load.preload=true",
            "spring.ai.jmixtral.load.max-requests=3",
            "spring.ai.jmixtral.load.max-waiting=4",
            "spring.ai.jmixtral.load.cache-budget=64MB",
            "spring.ai.jmixtral.load.prefix-cache=false",
            "spring.ai.jmixtral.load.parse-special-tokens=true",
            "spring.ai.jmixtral.warm-up=true")
        .run(
            context -> {
              LoadOptions options = context.getBean(LoadOptions.class);
              assertThat(options.preload()).isPresent();
              assertThat(options)
                  .isEqualTo(
                      LoadOptions.defaults()
                          .withThreads(1)
                          .withSlidingWindow(64)
                          .withChunkTokens(32)
                          .withActivations(LoadOptions.Activations.F32)
                          .withCacheFormat(LoadOptions.CacheFormat.F16)
                          .withQuantization(Recipe.Q4_ALL)
                          .withInexactWeights(LoadOptions.InexactWeights.Q4)
                          .withTileCache(Path.of("target/tiles"))
                          .withPreload(options.preload().orElseThrow())
                          .withMaxRequests(3)
                          .withMaxWaiting(4)
                          .withCacheBudget(64 << 20)
                          .withPrefixCache(false)
                          .withParseSpecialTokens(true));
              assertThat(context.getBean(ChatModel.class).call("Hello")).isNotNull();
            });
  }

  @Test
  void withoutPropertiesTheOptionsAreTheLibrarysOwn() {
    withModel()
        .run(
            context -> {
              assertThat(context.getBean(LoadOptions.class)).isEqualTo(LoadOptions.defaults());
              assertThat(options(context.getBean(ChatModel.class)))
                  .isEqualTo(JmixtralChatOptions.builder().model("storyteller").build());
            });
  }

  @Test
  void chatPropertiesBecomeOptions() {
    withModel(
            "spring.ai.jmixtral.name=duck",
            "spring.ai.jmixtral.chat.max-tokens=20",
            "spring.ai.jmixtral.chat.temperature=0.7",
            "spring.ai.jmixtral.chat.top-k=40",
            "spring.ai.jmixtral.chat.top-p=0.9",
            "spring.ai.jmixtral.chat.min-p=0.05",
            "spring.ai.jmixtral.chat.frequency-penalty=0.1",
            "spring.ai.jmixtral.chat.presence-penalty=0.2",
            "spring.ai.jmixtral.chat.repetition-penalty=1.1",
            "spring.ai.jmixtral.chat.stop-sequences=end,stop",
            "spring.ai.jmixtral.chat.seed=42",
            "spring.ai.jmixtral.chat.output-schema={\"type\": \"string\"}",
            "spring.ai.jmixtral.chat.tool-choice=required",
            "spring.ai.jmixtral.chat.parallel-tool-calls=false",
            "spring.ai.jmixtral.chat.settings.no-repeat-ngram-size=3")
        .run(
            context ->
                assertThat(options(context.getBean(ChatModel.class)))
                    .isEqualTo(
                        JmixtralChatOptions.builder()
                            .model("duck")
                            .maxTokens(20)
                            .temperature(0.7)
                            .topK(40)
                            .topP(0.9)
                            .frequencyPenalty(0.1)
                            .presencePenalty(0.2)
                            .stopSequences(List.of("end", "stop"))
                            .outputSchema("{\"type\": \"string\"}")
                            .toolChoice(ToolChoice.required().withParallelCalls(false))
                            .generationConfig(
                                config ->
                                    config
                                        .withNoRepeatNgramSize(3)
                                        .withMinP(0.05)
                                        .withRepetitionPenalty(1.1)
                                        .withSeed(42))
                            .build()));
  }

  @Test
  void toolChoicesHaveNames() {
    withModel("spring.ai.jmixtral.chat.tool-choice=none")
        .run(
            context ->
                assertThat(options(context.getBean(ChatModel.class)).getToolChoice())
                    .isEqualTo(ToolChoice.none()));
    withModel("spring.ai.jmixtral.chat.tool-choice=weather")
        .run(
            context ->
                assertThat(options(context.getBean(ChatModel.class)).getToolChoice())
                    .isEqualTo(ToolChoice.tool("weather")));
    withModel("spring.ai.jmixtral.chat.parallel-tool-calls=false")
        .run(
            context ->
                assertThat(options(context.getBean(ChatModel.class)).getToolChoice())
                    .isEqualTo(ToolChoice.auto().withParallelCalls(false)));
  }

  @Test
  void aSettingThatDoesNotExistIsRefused() {
    withModel("spring.ai.jmixtral.chat.settings.no-such-setting=3")
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .rootCause()
                    .hasMessageContaining("no_such_setting"));
  }

  @Test
  void embeddingPropertiesBecomeOptions() {
    withModel(
            "spring.ai.jmixtral.embedding.pooling=last-token",
            "spring.ai.jmixtral.embedding.normalized=false",
            "spring.ai.jmixtral.embedding.metadata-mode=none")
        .run(
            context -> {
              MixtralForCausalLM mixtral = context.getBean(MixtralForCausalLM.class);
              assertThat(context.getBean(EmbeddingModel.class).embed("A duck."))
                  .isEqualTo(
                      mixtral
                          .embed(
                              Prompt.texts("A duck."),
                              EmbeddingConfig.defaults()
                                  .withPooling(EmbeddingConfig.Pooling.LAST_TOKEN))[0]);
              assertThat(context.getBean(JmixtralEmbeddingProperties.class).metadataMode())
                  .isEqualTo(MetadataMode.NONE);
            });
  }

  @Test
  void healthShowsWhatTheModelDoes() {
    withModel()
        .withConfiguration(AutoConfigurations.of(HealthContributorAutoConfiguration.class))
        .run(
            context -> {
              HealthIndicator indicator = context.getBean(JmixtralHealthIndicator.class);
              var health = indicator.health();
              assertThat(health.getStatus()).isEqualTo(Status.UP);
              assertThat(health.getDetails())
                  .containsEntry("model", "storyteller")
                  .containsEntry("runningRequests", 0)
                  .containsEntry("waitingRequests", 0)
                  .containsKey("cacheBytes");
            });
  }

  @Test
  void healthCanBeSwitchedOff() {
    withModel("management.health.jmixtral.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean(JmixtralHealthIndicator.class));
    withModel()
        .withClassLoader(new FilteredClassLoader(HealthIndicator.class))
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(context).doesNotHaveBean(JmixtralHealthIndicator.class);
            });
  }

  @Test
  void metricsCountTokensAndTimeTheFirst() {
    withModel("spring.ai.jmixtral.chat.max-tokens=6")
        .withConfiguration(
            AutoConfigurations.of(
                MetricsAutoConfiguration.class,
                CompositeMeterRegistryAutoConfiguration.class,
                SimpleMetricsExportAutoConfiguration.class,
                ObservationAutoConfiguration.class,
                ChatObservationAutoConfiguration.class))
        .run(
            context -> {
              ChatModel chat = context.getBean(ChatModel.class);
              chat.call("Write a story.");
              chat.stream("Write a story.").then().block();
              MeterRegistry meters = context.getBean(MeterRegistry.class);
              await(() -> meters.get("jmixtral.generation.tokens").counter().count() == 12);
              assertThat(
                      meters
                          .get("jmixtral.time.to.first.token")
                          .tag("model", "storyteller")
                          .timer()
                          .count())
                  .isEqualTo(2);
              assertThat(meters.get("jmixtral.prompt.tokens").counter().count()).isPositive();
              assertThat(meters.get("jmixtral.prefix.cache.hits").counter().count())
                  .isNotNegative();
              assertThat(meters.get("jmixtral.requests.running").gauge().value()).isZero();
              assertThat(meters.get("jmixtral.requests.waiting").gauge().value()).isZero();
              assertThat(meters.get("jmixtral.cache.bytes").gauge().value()).isNotNegative();
              assertThat(meters.get("jmixtral.passes").functionCounter().count()).isPositive();
              // Spring AI's own.
              assertThat(meters.get("gen_ai.client.token.usage").counters()).isNotEmpty();
              assertThat(meters.get("gen_ai.client.operation").timer().count()).isEqualTo(2);
            });
  }

  @Test
  void withoutARegistryThereAreNoMetrics() {
    withModel().run(context -> assertThat(context).doesNotHaveBean(JmixtralMeterBinder.class));
    withModel()
        .withClassLoader(new FilteredClassLoader(MeterRegistry.class))
        .run(
            context -> assertThat(context).doesNotHaveBean(JmixtralMetricsAutoConfiguration.class));
  }

  @Test
  void vectorsCanBeRequired() {
    // Tests have the module; SlowRuntimeTest shows what happens without.
    withModel("spring.ai.jmixtral.require-vectors=true")
        .run(context -> assertThat(context).hasNotFailed());
  }

  private static void await(java.util.function.BooleanSupplier condition)
      throws InterruptedException {
    for (int waited = 0; !condition.getAsBoolean(); waited++) {
      assertThat(waited).isLessThan(10_000);
      Thread.sleep(1);
    }
  }
}
