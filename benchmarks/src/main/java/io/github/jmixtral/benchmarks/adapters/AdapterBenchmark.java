package io.github.jmixtral.benchmarks.adapters;

import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import io.github.jmixtral.GenerationRequest;
import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.TokenStream;
import io.github.jmixtral.cli.synthesis.SyntheticCheckpoint;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.langchain4j.JmixtralChatModel;
import io.github.jmixtral.langchain4j.JmixtralStreamingChatModel;
import io.github.jmixtral.spring.ai.JmixtralChatOptions;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Microseconds a token of whole answers, by the library and by the adapters over it. An adapter
 * costs what it takes longer than the library does in the same way: {@code whole}, to a {@code
 * listener}, or as a {@code stream} that is read. The model is one narrow layer of random weights,
 * so that the difference is not lost in what a model computes.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@State(Scope.Benchmark)
@OperationsPerInvocation(AdapterBenchmark.TOKENS)
public class AdapterBenchmark {
  static final int TOKENS = 200;

  private static final String QUESTION = "Write a story about a duck.";
  private static final GenerationConfig CONFIG =
      GenerationConfig.inherit().withDoSample(false).withEosTokenIds();

  /** Threads that compute; one leaves a processor to those that read. */
  @Param("1")
  public int threads;

  private static final Path STORYTELLER = Path.of("models/storyteller");
  private static final Path FOLDER = Path.of("benchmarks/target/narrow");

  private MixtralForCausalLM mixtral;
  private JmixtralChatModel langchain4j;
  private JmixtralStreamingChatModel langchain4jStreaming;
  private io.github.jmixtral.spring.ai.JmixtralChatModel springAi;

  /** Loads the model, which is written when it is missing. */
  @Setup
  public void load() {
    if (!Files.exists(FOLDER)) {
      new SyntheticCheckpoint(narrow(), Optional.empty(), 1)
          .write(FOLDER, AdapterBenchmark::addTokenizer, _ -> {});
    }
    mixtral =
        MixtralForCausalLM.fromPretrained(FOLDER, LoadOptions.defaults().withThreads(threads));
    langchain4j =
        JmixtralChatModel.builder()
            .model(mixtral)
            .generationConfig(CONFIG)
            .maxOutputTokens(TOKENS)
            .build();
    langchain4jStreaming =
        JmixtralStreamingChatModel.builder()
            .model(mixtral)
            .generationConfig(CONFIG)
            .maxOutputTokens(TOKENS)
            .build();
    springAi =
        io.github.jmixtral.spring.ai.JmixtralChatModel.builder(mixtral)
            .options(
                JmixtralChatOptions.builder().generationConfig(CONFIG).maxTokens(TOKENS).build())
            .build();
  }

  /** Closes it. */
  @TearDown
  public void close() {
    mixtral.close();
  }

  /** With the storyteller's vocabulary. */
  private static MixtralConfig narrow() {
    return MixtralConfig.fromPretrained(STORYTELLER)
        .with(
            Map.of(
                "hidden_size", 32,
                "intermediate_size", 32,
                "num_hidden_layers", 1,
                "num_attention_heads", 1,
                "num_key_value_heads", 1));
  }

  private static void addTokenizer(Path folder) {
    try {
      Files.copy(STORYTELLER.resolve("tokenizer.model"), folder.resolve("tokenizer.model"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private GenerationRequest request() {
    return mixtral
        .request(Prompt.chat(ChatMessage.user(QUESTION)))
        .withConfig(CONFIG.withMaxNewTokens(TOKENS));
  }

  private static long all(long characters, int tokens) {
    if (tokens != TOKENS) {
      throw new IllegalStateException("expected " + TOKENS + " tokens, found " + tokens);
    }
    return characters;
  }

  /** The library's whole answer. */
  @Benchmark
  public long libraryWhole() {
    var generation = request().generateAsync().join();
    return all(generation.text().length(), generation.newTokenCount());
  }

  /** LangChain4j's whole answer. */
  @Benchmark
  public long langchain4jWhole() {
    ChatResponse response = langchain4j.chat(UserMessage.from(QUESTION));
    return all(response.aiMessage().text().length(), response.tokenUsage().outputTokenCount());
  }

  /** Spring AI's whole answer. */
  @Benchmark
  public long springAiWhole() {
    var response = springAi.call(new org.springframework.ai.chat.prompt.Prompt(QUESTION));
    return all(
        response.getResult().getOutput().getText().length(),
        response.getMetadata().getUsage().getCompletionTokens());
  }

  /** The library's answer to a listener. */
  @Benchmark
  public long libraryListener() {
    LongAdder characters = new LongAdder();
    var generation =
        request().onToken(token -> characters.add(token.text().length())).generateAsync().join();
    return all(characters.sum(), generation.newTokenCount());
  }

  /** LangChain4j's answer to a handler. */
  @Benchmark
  public long langchain4jListener() {
    LongAdder characters = new LongAdder();
    CompletableFuture<ChatResponse> end = new CompletableFuture<>();
    langchain4jStreaming.chat(
        QUESTION,
        new StreamingChatResponseHandler() {
          @Override
          public void onPartialResponse(String part) {
            characters.add(part.length());
          }

          @Override
          public void onCompleteResponse(ChatResponse whole) {
            end.complete(whole);
          }

          @Override
          public void onError(Throwable failure) {
            end.completeExceptionally(failure);
          }
        });
    int tokens = end.join().tokenUsage().outputTokenCount();
    return all(characters.sum(), tokens);
  }

  /** The library's answer as a stream, read by a virtual thread as Spring AI's is. */
  @Benchmark
  public long libraryStream() {
    CompletableFuture<Long> end = new CompletableFuture<>();
    Thread.startVirtualThread(
        () -> {
          try {
            end.complete(read());
          } catch (RuntimeException failure) {
            end.completeExceptionally(failure);
          }
        });
    return end.join();
  }

  private long read() {
    try (TokenStream tokens = request().stream()) {
      long characters = 0;
      while (tokens.hasNext()) {
        characters += tokens.next().text().length();
      }
      return all(characters, tokens.generation().newTokenCount());
    }
  }

  /** Spring AI's answer as a flux. */
  @Benchmark
  public long springAiStream() {
    LongAdder characters = new LongAdder();
    var last =
        springAi.stream(new org.springframework.ai.chat.prompt.Prompt(QUESTION))
            .doOnNext(part -> characters.add(part.getResult().getOutput().getText().length()))
            .blockLast();
    return all(characters.sum(), last.getMetadata().getUsage().getCompletionTokens());
  }
}
