package io.github.jmixtral.spring.ai;

import io.github.jmixtral.GenerationRequest;
import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationListener;
import io.github.jmixtral.generation.ToolChoice;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.observation.ChatModelObservationContext;
import org.springframework.ai.chat.observation.ChatModelObservationConvention;
import org.springframework.ai.chat.observation.ChatModelObservationDocumentation;
import org.springframework.ai.chat.observation.DefaultChatModelObservationConvention;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.tool.definition.ToolDefinition;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SynchronousSink;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * A Mixtral of this process as a chat model of Spring AI. Thread-safe; threads that call at the
 * same time share the model's passes.
 *
 * <pre>{@code
 * try (var mixtral = MixtralForCausalLM.fromPretrained("mistralai/Mixtral-8x7B-Instruct-v0.1")) {
 *   ChatModel chat = JmixtralChatModel.builder(mixtral).build();
 *   System.out.println(chat.call("Why is the sky blue?"));
 * }
 * }</pre>
 *
 * <p>The model computes on threads of its own: any number of virtual threads may wait for answers.
 * Interrupting a thread that waits, or cancelling a stream, ends the generation within one token.
 * The caller closes the Mixtral. Prompts with options of their own must be built from {@link
 * #getOptions} as {@code ChatClient} does, or be of another type than {@link JmixtralChatOptions};
 * those are laid over the model's.
 *
 * @since 0.1.0
 */
public final class JmixtralChatModel implements ChatModel {
  /** The provider in observations. */
  public static final String PROVIDER = "jmixtral";

  /** Happens in a chat's observation when the first token of the answer is there. */
  public static final Observation.Event FIRST_TOKEN =
      Observation.Event.of("jmixtral.first.token", "first token");

  private static final ChatModelObservationConvention DEFAULT_CONVENTION =
      new DefaultChatModelObservationConvention();

  private final MixtralForCausalLM model;
  private final String modelName;
  private final JmixtralChatOptions options;
  private final ToolCallingManager toolCallingManager;
  private final ObservationRegistry observationRegistry;
  private final @Nullable ChatModelObservationConvention observationConvention;
  private final OutputSchemas schemas = new OutputSchemas();

  /** Waits for tokens of the model's threads, without a thread of the system. */
  private final Scheduler readers = Schedulers.fromExecutor(Thread::startVirtualThread);

  private JmixtralChatModel(Builder builder) {
    model = builder.model;
    modelName = builder.modelName;
    options =
        builder.options.getModel() == null
            ? builder.options.mutate().model(modelName).build()
            : builder.options;
    toolCallingManager = builder.toolCallingManager;
    observationRegistry = builder.observationRegistry;
    observationConvention = builder.observationConvention;
  }

  /**
   * A builder.
   *
   * @param model stays the caller's, who closes it
   */
  public static Builder builder(MixtralForCausalLM model) {
    return new Builder(model);
  }

  /** The options of prompts that have none. */
  @Override
  public ChatOptions getOptions() {
    return options;
  }

  /**
   * Answers.
   *
   * @throws IllegalArgumentException if the model's chat format does not have such a conversation,
   *     or an option is not valid
   * @throws CancellationException if this thread is interrupted, whose flag stays set
   * @throws java.util.concurrent.RejectedExecutionException if too many requests wait already
   */
  @Override
  public ChatResponse call(Prompt prompt) {
    Prompt asked = withOptions(prompt);
    ChatModelObservationContext context = context(asked, false);
    Observation observation = observation(context);
    return Objects.requireNonNull(
        observation.observe(
            () -> {
              ChatResponse response =
                  new Answers(modelName).whole(generate(request(asked, observation)));
              context.setResponse(response);
              return response;
            }));
  }

  /**
   * Answers piece by piece. The last piece has no text, but the calls of tools, the reason of the
   * end, and the usage. Nothing is computed before a subscriber asks for it, and at most two tokens
   * before it asks for more.
   */
  @Override
  public Flux<ChatResponse> stream(Prompt prompt) {
    return Flux.deferContextual(
        view -> {
          Prompt asked = withOptions(prompt);
          ChatModelObservationContext context = context(asked, true);
          Observation observation = observation(context);
          Observation parent = view.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
          observation.parentObservation(parent).start();
          return parts(asked, context, observation)
              .doOnError(observation::error)
              .doFinally(_ -> observation.stop())
              .contextWrite(
                  subscriber -> subscriber.put(ObservationThreadLocalAccessor.KEY, observation));
        });
  }

  private Flux<ChatResponse> parts(
      Prompt asked, ChatModelObservationContext context, Observation observation) {
    CancellationHandle cancellation = new CancellationHandle();
    return Flux.generate(
            () ->
                new AnswerStream(
                    request(asked, observation).withCancellation(cancellation).stream(),
                    new Answers(modelName),
                    cancellation,
                    context::setResponse),
            (AnswerStream answer, SynchronousSink<ChatResponse> sink) -> {
              answer.send(sink);
              return answer;
            },
            AnswerStream::close)
        // Closing waits for the end of the token under way, which no event loop should.
        .cancelOn(readers)
        .doOnCancel(cancellation::cancel)
        .subscribeOn(readers);
  }

  private Prompt withOptions(Prompt prompt) {
    ChatOptions given = prompt.getOptions();
    JmixtralChatOptions used =
        switch (given) {
          case null -> options;
          case JmixtralChatOptions whole -> whole;
          default -> options.mutate().combineWith(given.mutate()).build();
        };
    String asked = used.getModel();
    if (asked == null) {
      used = used.mutate().model(modelName).build();
    } else if (!asked.equals(modelName)) {
      throw new IllegalArgumentException(
          "the options ask for the model '%s', but this chat model is '%s'; leave the model out of the options"
              .formatted(asked, modelName));
    }
    return used == given ? prompt : new Prompt(prompt.getInstructions(), used);
  }

  private ChatModelObservationContext context(Prompt asked, boolean streaming) {
    return ChatModelObservationContext.builder()
        .prompt(asked)
        .provider(PROVIDER)
        .streaming(streaming)
        .build();
  }

  private Observation observation(ChatModelObservationContext context) {
    return ChatModelObservationDocumentation.CHAT_MODEL_OPERATION.observation(
        observationConvention, DEFAULT_CONVENTION, () -> context, observationRegistry);
  }

  private GenerationRequest request(Prompt asked, Observation observation) {
    JmixtralChatOptions used = (JmixtralChatOptions) Objects.requireNonNull(asked.getOptions());
    List<ToolDefinition> tools = toolCallingManager.resolveToolDefinitions(used);
    io.github.jmixtral.generation.Prompt prompt =
        Conversation.prompt(asked.getInstructions(), tools, model.tokenizer());
    GenerationConfig config = Settings.of(used, room(prompt, used));
    GenerationRequest request = model.request(prompt).withConfig(config);
    ToolChoice choice = used.getToolChoice();
    if (!tools.isEmpty()) {
      request = request.withToolChoice(choice == null ? ToolChoice.auto() : choice);
    } else if (choice != null && choice.isRequired()) {
      throw new IllegalArgumentException(
          "the options have the tool choice %s, but no tools".formatted(choice));
    }
    String schema = used.getOutputSchema();
    Constraint constraint = schema == null ? used.getConstraint() : schemas.constraint(schema);
    if (constraint != null) {
      request = request.withConstraint(constraint);
    }
    boolean hasBeams = config.over(model.generationConfig()).numBeams().orElse(1) > 1;
    return observation.isNoop() || hasBeams ? request : request.onToken(firstToken(observation));
  }

  /** Only a limit needs the room, and encoding takes time. */
  private int room(io.github.jmixtral.generation.Prompt prompt, JmixtralChatOptions used) {
    return used.getMaxTokens() == null
        ? 0
        : model.config().maxPositionEmbeddings() - prompt.encode(model::tokenizer).length;
  }

  private static GenerationListener firstToken(Observation observation) {
    AtomicBoolean came = new AtomicBoolean();
    return _ -> {
      if (!came.getPlain() && came.compareAndSet(false, true)) {
        observation.event(FIRST_TOKEN);
      }
    };
  }

  /** On a thread of the model, so that a virtual thread can wait here. */
  private static Generation generate(GenerationRequest request) {
    CompletableFuture<Generation> future = request.generateAsync();
    try {
      Generation generation = future.get();
      if (generation.finishReason() == FinishReason.CANCELLED) {
        throw new CancellationException("the generation was cancelled");
      }
      return generation;
    } catch (InterruptedException _) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      throw new CancellationException("the thread that waited for the answer was interrupted");
    } catch (ExecutionException failure) {
      switch (failure.getCause()) {
        case RuntimeException refusal -> throw refusal;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(failure.getCause());
      }
    }
  }

  @Override
  public String toString() {
    return "JmixtralChatModel[" + modelName + "]";
  }

  /** Builds a chat model. */
  public static final class Builder {
    private final MixtralForCausalLM model;
    private String modelName = "mixtral";
    private JmixtralChatOptions options = JmixtralChatOptions.builder().build();
    private ToolCallingManager toolCallingManager = ToolCallingManager.builder().build();
    private ObservationRegistry observationRegistry = ObservationRegistry.NOOP;
    private @Nullable ChatModelObservationConvention observationConvention;

    private Builder(MixtralForCausalLM model) {
      this.model = Objects.requireNonNull(model, "model");
    }

    /** The model's name in responses and observations; {@code mixtral} by default. */
    public Builder modelName(String modelName) {
      this.modelName = Objects.requireNonNull(modelName, "modelName");
      return this;
    }

    /** The options of prompts that have none. */
    public Builder options(JmixtralChatOptions options) {
      this.options = Objects.requireNonNull(options, "options");
      return this;
    }

    /** Finds the definitions of tools. */
    public Builder toolCallingManager(ToolCallingManager toolCallingManager) {
      this.toolCallingManager = Objects.requireNonNull(toolCallingManager, "toolCallingManager");
      return this;
    }

    /** Hears of every chat; by default nothing does. */
    public Builder observationRegistry(ObservationRegistry observationRegistry) {
      this.observationRegistry = Objects.requireNonNull(observationRegistry, "observationRegistry");
      return this;
    }

    /** Names what is observed; null for Spring AI's own names. */
    public Builder observationConvention(@Nullable ChatModelObservationConvention convention) {
      this.observationConvention = convention;
      return this;
    }

    /** The chat model. */
    public JmixtralChatModel build() {
      return new JmixtralChatModel(this);
    }
  }
}
