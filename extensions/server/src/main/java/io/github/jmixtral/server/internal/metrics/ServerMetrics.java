package io.github.jmixtral.server.internal.metrics;

import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.server.internal.http.RequestListener;
import io.github.jmixtral.server.internal.http.ServedRequest;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/** All figures of a server. Thread-safe. */
public final class ServerMetrics implements RequestListener {
  private static final String PREFIX = "jmixtral.";

  /** Upper bounds of a histogram's buckets, in seconds. */
  private static final double[] FIRST_TOKEN = {
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40,
    80, 160, 640, 2560
  };

  private static final double[] BETWEEN_TOKENS = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5
  };

  private static final double[] WHOLE = {
    0.01, 0.05, 0.1, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480,
    960, 1920, 7680
  };

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Counter promptTokens;
  private final Counter generationTokens;
  private final Counter prefixQueries;
  private final Counter prefixHits;
  private final Timer firstToken;
  private final Timer betweenTokens;
  private final Timer whole;

  /**
   * @param model the name that all figures bear
   */
  public ServerMetrics(String model) {
    registry.config().commonTags("model_name", model);
    promptTokens = counter("prompt.tokens", "Tokens of prompts.");
    generationTokens = counter("generation.tokens", "Tokens that were generated.");
    prefixQueries =
        counter("prefix.cache.queries", "Tokens of prompts that were looked for in the cache.");
    prefixHits =
        counter("prefix.cache.hits", "Tokens of prompts that were found there and not computed.");
    firstToken = timer("time.to.first.token", "From a request to its first token.", FIRST_TOKEN);
    betweenTokens =
        timer("inter.token.latency", "From one token of an answer to the next.", BETWEEN_TOKENS);
    whole = timer("e2e.request.latency", "From a request to the end of its answer.", WHOLE);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
  }

  private Counter counter(String name, String description) {
    return Counter.builder(PREFIX + name).description(description).register(registry);
  }

  private Timer timer(String name, String description, double... seconds) {
    return Timer.builder(PREFIX + name)
        .description(description)
        .serviceLevelObjectives(
            DoubleStream.of(seconds)
                .mapToObj(bound -> Duration.ofNanos(Math.round(bound * 1e9)))
                .toArray(Duration[]::new))
        .register(registry);
  }

  /** Shows a figure of something, asked for whenever the figures are. */
  public <T> void show(String name, String description, T of, ToDoubleFunction<T> figure) {
    Gauge.builder(PREFIX + name, of, figure)
        .description(description)
        .strongReference(true)
        .register(registry);
  }

  /** Shows what a model computes, what waits for it, and what that takes. */
  public <T> void showLoad(
      T model,
      ToDoubleFunction<T> running,
      ToDoubleFunction<T> waiting,
      ToDoubleFunction<T> cacheBytes) {
    show("requests.running", "Requests that are computed.", model, running);
    show("requests.waiting", "Requests that wait for a place or for memory.", model, waiting);
    show("cache.bytes", "Bytes of keys and values.", model, cacheBytes);
  }

  /** Shows a count of something that only grows, asked for whenever the figures are. */
  public <T> void count(String name, String description, T of, ToDoubleFunction<T> count) {
    FunctionCounter.builder(PREFIX + name, of, count).description(description).register(registry);
  }

  /** Counts a request of whatever kind, by its route and status. */
  @Override
  public void ended(ServedRequest request) {
    Timer.builder(PREFIX + "http.request.duration")
        .description("Requests of all kinds, from their headers to their ends.")
        .tag("route", request.route())
        .tag("method", known(request.method()))
        .tag("status", Integer.toString(request.status()))
        .register(registry)
        .record(request.time());
  }

  /** Methods are words of clients, who may think of many. */
  private static String known(String method) {
    return List.of("GET", "HEAD", "POST", "OPTIONS").contains(method) ? method : "other";
  }

  /** Begins to time a generation. */
  public GenerationTimer begin() {
    return new GenerationTimer(this);
  }

  void firstToken(Duration time) {
    firstToken.record(time);
  }

  void nextToken(Duration time) {
    betweenTokens.record(time);
  }

  void ended(Duration time, List<Generation> generations) {
    whole.record(time);
    for (Generation generation : generations) {
      int prompt = generation.promptTokenCount();
      promptTokens.increment(prompt);
      generationTokens.increment(generation.newTokenCount());
      prefixQueries.increment(prompt);
      prefixHits.increment(generation.metrics().cachedTokenCount());
      Counter.builder(PREFIX + "request.success")
          .description("Generations that ended, by why.")
          .tag("finished_reason", generation.finishReason().name().toLowerCase(Locale.ROOT))
          .register(registry)
          .increment();
      countExperts(generation.metrics().expertCounts());
    }
  }

  /**
   * @param counts [layer][expert]
   */
  private void countExperts(long[][] counts) {
    for (int layer = 0; layer < counts.length; layer++) {
      for (int expert = 0; expert < counts[layer].length; expert++) {
        Counter.builder(PREFIX + "expert.tokens")
            .description("Tokens that an expert computed.")
            .tag("layer", Integer.toString(layer))
            .tag("expert", Integer.toString(expert))
            .register(registry)
            .increment(counts[layer][expert]);
      }
    }
  }

  /** All figures in Prometheus' text format. */
  public String text() {
    return registry.scrape();
  }
}
