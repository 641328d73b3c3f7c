package io.github.jmixtral.spring.boot;

import io.github.jmixtral.generation.GenerationMetrics;
import io.github.jmixtral.spring.ai.JmixtralChatModel;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import org.springframework.ai.chat.metadata.Usage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.observation.ChatModelObservationContext;

/** Counts the tokens of chats, and measures how long their first tokens take. */
final class ChatMeterObservationHandler implements ObservationHandler<ChatModelObservationContext> {
  private final MeterRegistry registry;

  ChatMeterObservationHandler(MeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public boolean supportsContext(Observation.Context context) {
    return context instanceof ChatModelObservationContext chat
        && chat.getOperationMetadata().provider().equals(JmixtralChatModel.PROVIDER);
  }

  @Override
  public void onStart(ChatModelObservationContext context) {
    context.put(Timer.Sample.class, Timer.start(registry));
  }

  @Override
  public void onEvent(Observation.Event event, ChatModelObservationContext context) {
    Timer.Sample sample = context.get(Timer.Sample.class);
    if (event.equals(JmixtralChatModel.FIRST_TOKEN) && sample != null) {
      sample.stop(
          Timer.builder("jmixtral.time.to.first.token")
              .description("From a chat's request to the first token of its answer.")
              .tag("model", model(context))
              .register(registry));
    }
  }

  @Override
  public void onStop(ChatModelObservationContext context) {
    ChatResponse response = context.getResponse();
    if (response == null) {
      return;
    }
    Usage usage = response.getMetadata().getUsage();
    if (usage.getNativeUsage() instanceof GenerationMetrics metrics) {
      count(context, "prompt.tokens", "Tokens of prompts.", usage.getPromptTokens());
      count(
          context, "generation.tokens", "Tokens that were generated.", usage.getCompletionTokens());
      count(
          context,
          "prefix.cache.hits",
          "Tokens of prompts that were found in the cache and not computed.",
          metrics.cachedTokenCount());
    }
  }

  private void count(
      ChatModelObservationContext context, String name, String description, int tokens) {
    Counter.builder("jmixtral." + name)
        .description(description)
        .tag("model", model(context))
        .register(registry)
        .increment(tokens);
  }

  private static String model(ChatModelObservationContext context) {
    var options = context.getRequest().getOptions();
    return options == null || options.getModel() == null ? "" : options.getModel();
  }
}
