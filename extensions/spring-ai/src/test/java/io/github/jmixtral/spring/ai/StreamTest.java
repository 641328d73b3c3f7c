package io.github.jmixtral.spring.ai;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class StreamTest {
  private static final String QUESTION = "Write a story about a duck.";

  /** {@code -Djmixtral.cancellations=1000} tries more. */
  private static final int REPETITIONS = Integer.getInteger("jmixtral.cancellations", 200);

  private static MixtralForCausalLM mixtral;
  private static JmixtralChatModel chat;

  @BeforeAll
  static void load() {
    mixtral =
        MixtralForCausalLM.fromPretrained(
            Fixtures.storyteller(), LoadOptions.defaults().withMaxRequests(2));
    chat = JmixtralChatModel.builder(mixtral).modelName("storyteller").build();
  }

  @AfterAll
  static void close() {
    mixtral.close();
  }

  private static Flux<ChatResponse> stream(int tokens) {
    return chat.stream(
        new Prompt(QUESTION, JmixtralChatOptions.builder().maxTokens(tokens).build()));
  }

  private static String text(ChatResponse response) {
    return response.getResult().getOutput().getText();
  }

  private static void awaitNoRequest() throws InterruptedException {
    Waiting.until(() -> mixtral.runningRequestCount() + mixtral.waitingRequestCount() == 0);
  }

  @Test
  void thePartsJoinedAreTheAnswer() {
    List<ChatResponse> parts = stream(30).collectList().block();
    var whole =
        mixtral
            .request(io.github.jmixtral.generation.Prompt.chat(ChatMessage.user(QUESTION)))
            .withConfig(config -> config.withMaxNewTokens(30))
            .generate();
    assertThat(parts.stream().map(StreamTest::text).collect(Collectors.joining()))
        .isEqualTo(whole.text());
    assertThat(parts).hasSizeGreaterThan(20);
    assertThat(parts.stream().map(part -> part.getMetadata().getId()).distinct()).hasSize(1);
  }

  @Test
  void theLastPartHasTheEndAndTheUsage() {
    List<ChatResponse> parts = stream(12).collectList().block();
    ChatResponse last = parts.removeLast();
    assertThat(text(last)).isEmpty();
    assertThat(last.getMetadata().getUsage().getCompletionTokens()).isEqualTo(12);
    assertThat(last.getMetadata().getModel()).isEqualTo("storyteller");
    assertThat(parts)
        .allSatisfy(part -> assertThat(text(part)).isNotEmpty())
        .allSatisfy(part -> assertThat(part.getMetadata().getUsage().getTotalTokens()).isZero());
  }

  @Test
  void nothingIsComputedWithoutDemand() throws InterruptedException {
    long passes = mixtral.passCount();
    StepVerifier.create(stream(30), 0)
        .expectSubscription()
        .expectNoEvent(Duration.ofMillis(50))
        .thenRequest(1)
        .expectNextCount(1)
        .expectNoEvent(Duration.ofMillis(50))
        .then(() -> assertThat(mixtral.passCount() - passes).isBetween(1L, 4L))
        .thenCancel()
        .verify();
    awaitNoRequest();
  }

  @Test
  void aSlowReaderHoldsTheGenerationBack() {
    AtomicInteger most = new AtomicInteger();
    AtomicInteger read = new AtomicInteger();
    long passes = mixtral.passCount();
    stream(40)
        .limitRate(1)
        .doOnNext(
            _ -> {
              int ahead = (int) (mixtral.passCount() - passes) - read.incrementAndGet();
              most.accumulateAndGet(ahead, Math::max);
            })
        .delayElements(Duration.ofMillis(1))
        .blockLast();
    // The prompt is one pass; tokens without a text of their own are read with the next.
    assertThat(most.get()).isLessThan(8);
  }

  @Test
  void cancelledAfterThreeTokensItEndsWithinOneAndLeaksNothing() throws InterruptedException {
    stream(5).blockLast();
    awaitNoRequest();
    long cacheBytes = mixtral.cacheByteSize();
    int threads = Thread.activeCount();
    int running = 0;
    for (int i = 0; i < REPETITIONS; i++) {
      long passes = mixtral.passCount();
      List<ChatResponse> three = stream(300).limitRate(2).take(3).collectList().block();
      assertThat(three).hasSize(3);
      awaitNoRequest();
      // A pass for the prompt, one for each token that was read, and two ahead of the reader.
      running = Math.max(running, (int) (mixtral.passCount() - passes));
    }
    assertThat(running).isLessThanOrEqualTo(8);
    assertThat(mixtral.cacheByteSize()).isLessThanOrEqualTo(cacheBytes + 1_000_000);
    assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads + 4);
    assertThat(stream(10).collectList().block()).hasSizeGreaterThan(5);
  }

  @Test
  void cancellingFromAnotherThreadEndsTheGenerationWithinOneToken() throws InterruptedException {
    for (int i = 0; i < 50; i++) {
      AtomicInteger parts = new AtomicInteger();
      AtomicReference<Throwable> failure = new AtomicReference<>();
      BaseSubscriber<ChatResponse> subscriber =
          new BaseSubscriber<>() {
            @Override
            protected void hookOnNext(ChatResponse part) {
              parts.incrementAndGet();
            }

            @Override
            protected void hookOnError(Throwable thrown) {
              failure.set(thrown);
            }
          };
      stream(2000).subscribe(subscriber);
      Waiting.until(() -> parts.get() >= 3);
      long passes = mixtral.passCount();
      subscriber.cancel();
      awaitNoRequest();
      assertThat(mixtral.passCount() - passes).isLessThanOrEqualTo(2);
      assertThat(failure.get()).isNull();
    }
  }

  @Test
  void cancellingWithoutDemandEndsTheGenerationToo() throws InterruptedException {
    for (int i = 0; i < 50; i++) {
      AtomicInteger parts = new AtomicInteger();
      BaseSubscriber<ChatResponse> subscriber =
          new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
              subscription.request(1);
            }

            @Override
            protected void hookOnNext(ChatResponse part) {
              parts.incrementAndGet();
            }
          };
      stream(2000).subscribe(subscriber);
      Waiting.until(() -> parts.get() == 1);
      assertThat(mixtral.runningRequestCount()).isEqualTo(1);
      subscriber.cancel();
      awaitNoRequest();
    }
  }

  @Test
  void manySubscribersShareTheModel() {
    String expected = stream(15).map(StreamTest::text).collect(Collectors.joining()).block();
    List<String> texts =
        Flux.range(0, 24)
            .flatMap(
                _ ->
                    stream(15)
                        .publishOn(Schedulers.parallel(), 1)
                        .map(StreamTest::text)
                        .collect(Collectors.joining()),
                24)
            .collectList()
            .block();
    assertThat(texts).hasSize(24).containsOnly(expected);
  }

  @Test
  void eachSubscriptionGeneratesAnew() {
    Flux<ChatResponse> twice = stream(6);
    String first = twice.map(StreamTest::text).collect(Collectors.joining()).block();
    assertThat(twice.map(StreamTest::text).collect(Collectors.joining()).block()).isEqualTo(first);
  }

  @Test
  void aRefusalIsAnErrorOfTheStream() throws InterruptedException {
    StepVerifier.create(
            chat.stream(new Prompt(QUESTION, JmixtralChatOptions.builder().topP(2.0).build())))
        .expectErrorSatisfies(
            failure ->
                assertThat(failure)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("top_p"))
        .verify();
    awaitNoRequest();
  }

  @Test
  void closingTheModelEndsItsStreamsWithAnError() throws Exception {
    var own = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
    var failure =
        JmixtralChatModel.builder(own).build().stream(
                new Prompt(QUESTION, JmixtralChatOptions.builder().maxTokens(3000).build()))
            .doOnNext(
                _ -> {
                  if (own.runningRequestCount() == 1) {
                    Thread.startVirtualThread(own::close);
                  }
                })
            .ignoreElements()
            .toFuture()
            .handle((_, thrown) -> thrown)
            .get(20, TimeUnit.SECONDS);
    assertThat(failure).isInstanceOfAny(CancellationException.class, IllegalStateException.class);
  }
}
