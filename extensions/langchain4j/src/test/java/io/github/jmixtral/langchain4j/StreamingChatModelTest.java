package io.github.jmixtral.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.PartialToolCallContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.testkit.Fixtures;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class StreamingChatModelTest {
  private static final String QUESTION = "Write a story about a duck.";

  /** {@code -Djmixtral.cancellations=1000} tries more. */
  private static final int REPETITIONS = Integer.getInteger("jmixtral.cancellations", 200);

  private static MixtralForCausalLM mixtral;

  @BeforeAll
  static void load() {
    mixtral =
        MixtralForCausalLM.fromPretrained(
            Fixtures.storyteller(), LoadOptions.defaults().withMaxRequests(2));
  }

  @AfterAll
  static void close() {
    mixtral.close();
  }

  private static JmixtralStreamingChatModel model(int tokens) {
    return JmixtralStreamingChatModel.builder().model(mixtral).maxOutputTokens(tokens).build();
  }

  /** Keeps what it hears, and cancels at a part. */
  private static final class Recorder implements StreamingChatResponseHandler {
    final int cancelAt;
    final List<String> texts = new ArrayList<>();
    final List<PartialToolCall> calls = new ArrayList<>();
    final CompletableFuture<ChatResponse> response = new CompletableFuture<>();
    final CompletableFuture<Void> cancelled = new CompletableFuture<>();
    final AtomicInteger ends = new AtomicInteger();

    Recorder(int cancelAt) {
      this.cancelAt = cancelAt;
    }

    ChatResponse await() throws Exception {
      return response.get(20, TimeUnit.SECONDS);
    }

    @Override
    public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
      texts.add(part.text());
      if (texts.size() == cancelAt) {
        context.streamingHandle().cancel();
        cancelled.complete(null);
      }
    }

    @Override
    public void onPartialToolCall(PartialToolCall part, PartialToolCallContext context) {
      calls.add(part);
      if (calls.size() == cancelAt) {
        context.streamingHandle().cancel();
        cancelled.complete(null);
      }
    }

    @Override
    public void onCompleteResponse(ChatResponse whole) {
      ends.incrementAndGet();
      response.complete(whole);
    }

    @Override
    public void onError(Throwable error) {
      ends.incrementAndGet();
      response.completeExceptionally(error);
    }
  }

  private static void awaitNoRequest() throws InterruptedException {
    Waiting.until(() -> mixtral.runningRequestCount() + mixtral.waitingRequestCount() == 0);
  }

  @Test
  void thePartsJoinedAreTheAnswer() throws Exception {
    Recorder recorder = new Recorder(0);
    model(30).chat(QUESTION, recorder);
    ChatResponse streamed = recorder.await();
    ChatResponse whole =
        JmixtralChatModel.builder()
            .model(mixtral)
            .maxOutputTokens(30)
            .build()
            .chat(UserMessage.from(QUESTION));
    assertThat(streamed.aiMessage()).isEqualTo(whole.aiMessage());
    assertThat(streamed.tokenUsage()).isEqualTo(whole.tokenUsage());
    assertThat(String.join("", recorder.texts)).isEqualTo(whole.aiMessage().text());
    assertThat(recorder.texts).hasSizeGreaterThan(20);
  }

  @Test
  void cancelledAfterThreeTokensItEndsWithinOneAndLeaksNothing() throws Exception {
    Recorder first = new Recorder(0);
    model(5).chat(QUESTION, first);
    first.await();
    awaitNoRequest();
    long cacheBytes = mixtral.cacheByteSize();
    int threads = Thread.activeCount();
    int most = 0;
    for (int i = 0; i < REPETITIONS; i++) {
      long passes = mixtral.passCount();
      Recorder recorder = new Recorder(3);
      model(300).chat(QUESTION, recorder);
      recorder.cancelled.get(20, TimeUnit.SECONDS);
      awaitNoRequest();
      assertThat(recorder.texts).hasSize(3);
      assertThat(recorder.ends).hasValue(0);
      most = Math.max(most, (int) (mixtral.passCount() - passes));
    }
    // A pass for the prompt, one for each token; a token may lack a text of its own.
    assertThat(most).isLessThanOrEqualTo(6);
    assertThat(mixtral.cacheByteSize()).isLessThanOrEqualTo(cacheBytes + 1_000_000);
    assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads + 4);
  }

  @Test
  void cancellingFromAnotherThreadEndsTheGenerationWithinOneToken() throws Exception {
    for (int i = 0; i < 50; i++) {
      CompletableFuture<dev.langchain4j.model.chat.response.StreamingHandle> handle =
          new CompletableFuture<>();
      AtomicInteger ends = new AtomicInteger();
      model(3000)
          .chat(
              QUESTION,
              new StreamingChatResponseHandler() {
                @Override
                public void onPartialResponse(
                    PartialResponse part, PartialResponseContext context) {
                  handle.complete(context.streamingHandle());
                }

                @Override
                public void onCompleteResponse(ChatResponse whole) {
                  ends.incrementAndGet();
                }

                @Override
                public void onError(Throwable error) {
                  ends.incrementAndGet();
                }
              });
      var streaming = handle.get(20, TimeUnit.SECONDS);
      streaming.cancel();
      long passes = mixtral.passCount();
      awaitNoRequest();
      assertThat(mixtral.passCount() - passes).isLessThanOrEqualTo(1);
      assertThat(streaming.isCancelled()).isTrue();
      assertThat(ends).hasValue(0);
    }
  }

  @Test
  void thePartsOfCallsJoinedAreTheirArguments() throws Exception {
    try (MixtralForCausalLM caller = Mixtrals.withTools()) {
      JmixtralStreamingChatModel calling =
          JmixtralStreamingChatModel.builder().model(caller).maxOutputTokens(500).build();
      for (long seed = 0; seed < 20; seed++) {
        Recorder recorder = new Recorder(0);
        calling.chat(toolRequest(seed), recorder);
        var requests = recorder.await().aiMessage().toolExecutionRequests();
        assertThat(requests).isNotEmpty();
        for (int i = 0; i < requests.size(); i++) {
          int place = i;
          List<PartialToolCall> parts =
              recorder.calls.stream().filter(part -> part.index() == place).toList();
          assertThat(parts).allMatch(part -> part.id().equals(requests.get(place).id()));
          assertThat(parts).allMatch(part -> part.name().equals(requests.get(place).name()));
          StringBuilder joined = new StringBuilder();
          parts.forEach(part -> joined.append(part.partialArguments()));
          assertThat(joined).hasToString(requests.get(place).arguments());
        }
      }
      Recorder cancelling = new Recorder(3);
      calling.chat(toolRequest(1), cancelling);
      cancelling.cancelled.get(20, TimeUnit.SECONDS);
      Waiting.until(() -> caller.runningRequestCount() == 0);
      assertThat(cancelling.calls).hasSize(3);
      assertThat(cancelling.ends).hasValue(0);
    }
  }

  private static ChatRequest toolRequest(long seed) {
    return ChatRequest.builder()
        .messages(UserMessage.from("How warm is it?"))
        .parameters(
            JmixtralChatRequestParameters.builder()
                .toolSpecifications(
                    ToolSpecification.builder()
                        .name("weather")
                        .parameters(
                            JsonObjectSchema.builder()
                                .addStringProperty("city")
                                .addIntegerProperty("day")
                                .required("city", "day")
                                .build())
                        .build())
                .toolChoice(ToolChoice.REQUIRED)
                .temperature(1.0)
                .seed(seed)
                .build())
        .build();
  }

  @Test
  void aRefusalGoesToTheHandlerOnAnotherThread() throws Exception {
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    CompletableFuture<Throwable> failure = new CompletableFuture<>();
    JmixtralStreamingChatModel.builder()
        .model(mixtral)
        .topP(2.0)
        .build()
        .chat(
            QUESTION,
            new StreamingChatResponseHandler() {
              @Override
              public void onCompleteResponse(ChatResponse whole) {}

              @Override
              public void onError(Throwable error) {
                thread.complete(Thread.currentThread());
                failure.complete(error);
              }
            });
    assertThat(failure.get(20, TimeUnit.SECONDS)).isInstanceOf(InvalidRequestException.class);
    assertThat(thread.get()).isNotSameAs(Thread.currentThread());
  }

  @Test
  void closingTheModelEndsItsStreamsWithAnError() throws Exception {
    MixtralForCausalLM own = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
    Recorder recorder = new Recorder(0);
    JmixtralStreamingChatModel streaming =
        JmixtralStreamingChatModel.builder().model(own).maxOutputTokens(3000).build();
    streaming.chat(QUESTION, recorder);
    Waiting.until(() -> own.runningRequestCount() == 1);
    own.close();
    assertThat(recorder.response.handle((_, thrown) -> thrown).get(20, TimeUnit.SECONDS))
        .isInstanceOfAny(CancellationException.class, IllegalStateException.class);
    Recorder late = new Recorder(0);
    streaming.chat(QUESTION, late);
    assertThat(late.response).failsWithin(20, TimeUnit.SECONDS);
  }
}
