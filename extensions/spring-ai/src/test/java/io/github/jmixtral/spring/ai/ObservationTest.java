package io.github.jmixtral.spring.ai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.generation.GenerationMetrics;
import io.github.jmixtral.testkit.Fixtures;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.observation.ChatModelObservationContext;
import org.springframework.ai.chat.observation.DefaultChatModelObservationConvention;
import org.springframework.ai.chat.prompt.Prompt;

class ObservationTest {
  private static final Prompt QUESTION =
      new Prompt("Write a story about a duck.", JmixtralChatOptions.builder().maxTokens(8).build());

  private static MixtralForCausalLM mixtral;

  private final TestObservationRegistry registry = TestObservationRegistry.create();
  private final List<String> events = new CopyOnWriteArrayList<>();
  private JmixtralChatModel chat;

  @BeforeAll
  static void load() {
    mixtral = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
  }

  @AfterAll
  static void close() {
    mixtral.close();
  }

  @BeforeEach
  void observe() {
    chat =
        JmixtralChatModel.builder(mixtral)
            .modelName("storyteller")
            .observationRegistry(registry)
            .build();
    registry
        .observationConfig()
        .observationHandler(
            new ObservationHandler<ChatModelObservationContext>() {
              @Override
              public void onStart(ChatModelObservationContext context) {
                events.add("start");
              }

              @Override
              public void onEvent(Observation.Event event, ChatModelObservationContext context) {
                events.add(event.getName());
              }

              @Override
              public void onStop(ChatModelObservationContext context) {
                var response = context.getResponse();
                events.add(
                    response != null
                            && response.getMetadata().getUsage().getNativeUsage()
                                instanceof GenerationMetrics
                        ? "stop"
                        : "stop without response");
              }

              @Override
              public boolean supportsContext(Observation.Context context) {
                return context instanceof ChatModelObservationContext;
              }
            });
  }

  /** A stream's observation ends behind its last signal. */
  private void awaitEnd() throws InterruptedException {
    long begun = events.stream().filter("start"::equals).count();
    Waiting.until(() -> events.stream().filter(event -> event.startsWith("stop")).count() == begun);
  }

  private void assertObserved(String finishReason) {
    TestObservationRegistryAssert.assertThat(registry)
        .doesNotHaveAnyRemainingCurrentObservation()
        .hasObservationWithNameEqualTo("gen_ai.client.operation")
        .that()
        .hasContextualNameEqualTo("chat storyteller")
        .hasLowCardinalityKeyValue("gen_ai.operation.name", "chat")
        .hasLowCardinalityKeyValue("gen_ai.system", "jmixtral")
        .hasLowCardinalityKeyValue("gen_ai.response.model", "storyteller")
        .hasHighCardinalityKeyValue("gen_ai.request.max_tokens", "8")
        .hasHighCardinalityKeyValue("gen_ai.usage.output_tokens", "8")
        .hasHighCardinalityKeyValue("gen_ai.response.finish_reasons", finishReason)
        .hasBeenStarted()
        .hasBeenStopped();
  }

  @Test
  void aCallIsObservedWithItsFirstToken() {
    chat.call(QUESTION);
    assertObserved("[\"LENGTH\"]");
    assertThat(events).containsExactly("start", "jmixtral.first.token", "stop");
  }

  @Test
  void aStreamIsObservedWithItsFirstToken() throws InterruptedException {
    chat.stream(QUESTION).blockLast();
    awaitEnd();
    assertObserved("[\"LENGTH\"]");
    assertThat(events).containsExactly("start", "jmixtral.first.token", "stop");
  }

  @Test
  void aStreamBelongsToTheObservationOfItsSubscriber() throws InterruptedException {
    Observation parent = Observation.start("parent", registry);
    chat.stream(QUESTION)
        .contextWrite(context -> context.put(ObservationThreadLocalAccessor.KEY, parent))
        .blockLast();
    awaitEnd();
    parent.stop();
    TestObservationRegistryAssert.assertThat(registry)
        .hasObservationWithNameEqualTo("gen_ai.client.operation")
        .that()
        .hasParentObservationEqualTo(parent);
  }

  @Test
  void aCancelledStreamEndsItsObservation() throws InterruptedException {
    chat.stream(QUESTION).take(2).blockLast();
    awaitEnd();
    assertThat(events).containsExactly("start", "jmixtral.first.token", "stop without response");
  }

  @Test
  void failuresAreObserved() throws InterruptedException {
    Prompt wrong = new Prompt("Hello", JmixtralChatOptions.builder().topP(2.0).build());
    assertThatThrownBy(() -> chat.call(wrong)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> chat.stream(wrong).blockLast())
        .isInstanceOf(IllegalArgumentException.class);
    awaitEnd();
    TestObservationRegistryAssert.assertThat(registry)
        .hasNumberOfObservationsWithNameEqualTo("gen_ai.client.operation", 2)
        .hasObservationWithNameEqualTo("gen_ai.client.operation")
        .that()
        .hasError()
        .hasBeenStopped();
  }

  @Test
  void aConventionNamesTheObservation() {
    JmixtralChatModel named =
        JmixtralChatModel.builder(mixtral)
            .observationRegistry(registry)
            .observationConvention(
                new DefaultChatModelObservationConvention() {
                  @Override
                  public String getName() {
                    return "duck.stories";
                  }
                })
            .build();
    named.call(QUESTION);
    TestObservationRegistryAssert.assertThat(registry)
        .hasObservationWithNameEqualTo("duck.stories");
  }

  @Test
  void anEmbeddingIsObserved() {
    JmixtralEmbeddingModel.builder(mixtral)
        .modelName("storyteller")
        .observationRegistry(registry)
        .build()
        .embed("A duck.");
    TestObservationRegistryAssert.assertThat(registry)
        .hasObservationWithNameEqualTo("gen_ai.client.operation")
        .that()
        .hasContextualNameEqualTo("embedding storyteller")
        .hasLowCardinalityKeyValue("gen_ai.operation.name", "embedding")
        .hasHighCardinalityKeyValue("gen_ai.request.embedding.dimensions", "128");
  }
}
