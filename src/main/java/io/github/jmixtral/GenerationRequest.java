package io.github.jmixtral;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.constraint.RecordBinding;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationListener;
import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.generation.StoppingCriteria;
import io.github.jmixtral.generation.ToolChoice;
import io.github.jmixtral.internal.decoding.ConfiguredPrompt;
import io.github.jmixtral.internal.decoding.GenerationHooks;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.DoubleConsumer;
import java.util.function.UnaryOperator;

/**
 * A prompt with its settings, ready to be generated from. Immutable: each {@code with…} returns a
 * new request. Nothing runs before one of the last methods is called; each call is a generation of
 * its own.
 *
 * <pre>{@code
 * Generation answer =
 *     model
 *         .request(Prompt.chat(ChatMessage.user("Why is the sky blue?")))
 *         .withConfig(config -> config.withMaxNewTokens(100).withDoSample(true))
 *         .onToken(token -> System.out.print(token.text()))
 *         .generate();
 * }</pre>
 *
 * <p>{@link #generate} and {@link #as} compute on the calling thread. {@link #stream}, {@link
 * #publisher} and {@link #generateAsync} compute on platform threads of the model, so that any
 * number of virtual threads may wait for them. A generation whose tokens are taken slowly keeps its
 * place among the requests that may run at once.
 *
 * @since 0.1.0
 */
public final class GenerationRequest {
  private final Generator generator;
  private final Engine engine;
  private final Prompt prompt;
  private final GenerationConfig config;
  private final GenerationHooks hooks;

  /**
   * @param engine of the model
   */
  GenerationRequest(Generator generator, Engine engine, Prompt prompt) {
    this(
        generator,
        engine,
        Objects.requireNonNull(prompt, "prompt"),
        GenerationConfig.inherit(),
        GenerationHooks.none());
  }

  private GenerationRequest(
      Generator generator,
      Engine engine,
      Prompt prompt,
      GenerationConfig config,
      GenerationHooks hooks) {
    this.generator = generator;
    this.engine = engine;
    this.prompt = prompt;
    this.config = config;
    this.hooks = hooks;
  }

  private GenerationRequest with(GenerationHooks changed) {
    return new GenerationRequest(generator, engine, prompt, config, changed);
  }

  /** With these settings in place of all others. What is unset is inherited from the model. */
  public GenerationRequest withConfig(GenerationConfig config) {
    return new GenerationRequest(
        generator, engine, prompt, Objects.requireNonNull(config, "config"), hooks);
  }

  /** With changed settings: {@code withConfig(config -> config.withMaxNewTokens(100))}. */
  public GenerationRequest withConfig(UnaryOperator<GenerationConfig> change) {
    Objects.requireNonNull(change, "change");
    return withConfig(change.apply(config));
  }

  /** With one more listener. It must not be combined with beams, which find the text at its end. */
  public GenerationRequest onToken(GenerationListener listener) {
    return with(hooks.withListener(listener));
  }

  /**
   * With one more listener to the computation of the prompt, which may take long before the first
   * token comes. It receives the fraction that is done, above 0 and at last 1, on the thread that
   * generates: after each layer of each chunk, or less often while other requests wait, too. It
   * must return soon and must not call the model.
   */
  public GenerationRequest onPrefill(DoubleConsumer listener) {
    return with(hooks.withPrefillListener(listener));
  }

  /** With one more handle that cancels the generation. */
  public GenerationRequest withCancellation(CancellationHandle cancellation) {
    return with(hooks.withCancellation(cancellation));
  }

  /**
   * With one more processor. Processors run in the order in which they were added, after the
   * penalties and bans of the settings and before temperature and cuts. One that keeps state must
   * not be shared by generations that run at the same time.
   */
  public GenerationRequest withLogitsProcessor(LogitsProcessor processor) {
    return with(hooks.withLogitsProcessor(processor));
  }

  /** With one more reason to stop. */
  public GenerationRequest withStoppingCriteria(StoppingCriteria criteria) {
    return with(hooks.withStoppingCriteria(criteria));
  }

  /**
   * With this constraint in place of any other: the text fits it and ends in time. It is applied
   * after all processors that ban and penalise, and prevails: if they leave nothing that it allows,
   * all that it allows becomes equally likely. Ending needs an end-of-sequence id and one token for
   * it; a stop string, a time limit or a cancellation may still cut a text short.
   */
  public GenerationRequest withConstraint(Constraint constraint) {
    return with(hooks.withConstraint(constraint));
  }

  /**
   * With this tool choice: what the model calls fits the schemas of the prompt's tools, and the
   * choice says whether it may, must or must not call. Without a choice the model is free, and
   * calls are read as it writes them.
   */
  public GenerationRequest withToolChoice(ToolChoice choice) {
    return with(hooks.withToolChoice(choice));
  }

  /** With what {@code guidance_scale} leads away from, in place of an empty prompt. */
  public GenerationRequest withNegativePrompt(Prompt prompt) {
    return with(hooks.withNegativePrompt(prompt));
  }

  /**
   * Generates on this thread; an interrupt cancels, and the interrupt flag stays set.
   *
   * @return a text with its ids, counts and times; the part generated so far if it was cancelled
   * @throws io.github.jmixtral.error.MissingFileException if the prompt needs a tokenizer and the
   *     model has none
   * @throws IllegalArgumentException if prompt, settings and the rest do not fit each other or the
   *     model, or {@code num_return_sequences} is above 1
   * @throws IllegalStateException if the model or session is closed
   */
  public Generation generate() {
    return generator.generate(prompt, config, hooks);
  }

  /**
   * Generates the JSON of a record and reads it; {@link RecordBinding} lists what records may
   * contain. The record takes the place of any other constraint.
   *
   * @throws IllegalArgumentException also if the record is not supported, the settings leave less
   *     room than the shortest text takes, or the record's constructor refuses its components
   * @throws IllegalStateException also if the text was cut short by a cancellation, a time limit or
   *     a stop string
   */
  public <T extends Record> T as(Class<T> type) {
    Objects.requireNonNull(type, "type");
    RecordBinding<T> binding = engine.binding(type);
    Generation generation = withConstraint(binding.constraint()).generate();
    if (generation.finishReason() != FinishReason.EOS) {
      throw new IllegalStateException(
          ("%s: the text ended early (%s) and is no whole record; remove the stop string, time"
                  + " limit or cancellation that ended it")
              .formatted(type.getSimpleName(), generation.finishReason()));
    }
    return binding.read(generation.text());
  }

  /** The tokens one by one, computed as they are asked for; close what is not read to its end. */
  public TokenStream stream() {
    return new TokenStream(inBackground(), engine.threads());
  }

  /**
   * A publisher that generates anew for each subscriber, from its first request on, and waits when
   * there is no demand, at most one token ahead. Cancelling the subscription stops the generation
   * within one token. It follows Reactive Streams 1.0.4; all signals except {@code onSubscribe}
   * come from a thread of the model.
   */
  public Flow.Publisher<GeneratedToken> publisher() {
    return subscriber ->
        new TokenSubscription(
                Objects.requireNonNull(subscriber, "subscriber"), inBackground(), engine.threads())
            .begin();
  }

  /**
   * Generates on another thread. Cancelling the future, or completing it in any other way such as
   * {@link CompletableFuture#orTimeout}, stops the generation within one token; dependent stages do
   * not pass their cancellation on. A generation that a {@link CancellationHandle} cancelled
   * completes normally, with {@link FinishReason#CANCELLED}.
   *
   * @throws IllegalStateException if the model is closed
   */
  public CompletableFuture<Generation> generateAsync() {
    var future = new CompletableFuture<Generation>();
    var cancellation = new CancellationHandle();
    future.whenComplete((_, _) -> cancellation.cancel());
    GenerationRequest cancellable = inBackground().withCancellation(cancellation);
    engine
        .threads()
        .execute(
            () -> {
              if (future.isDone()) {
                return;
              }
              try {
                future.complete(cancellable.generate());
              } catch (Throwable failure) {
                future.completeExceptionally(failure);
              }
            },
            cancellable.cancellations());
    return future;
  }

  /** Ends when the model is closed, as its reader may never come back. */
  private GenerationRequest inBackground() {
    return withCancellation(engine.threads().closing());
  }

  /**
   * Generates for a receiver that may let a token wait for its reader.
   *
   * @param cancellation the receiver's own, beside those of the request
   * @param wake runs when the request is cancelled: the receiver must not wait any longer
   */
  Generation generateFor(
      GenerationListener receiver, CancellationHandle cancellation, Runnable wake) {
    List<Runnable> registrations =
        hooks.cancellations().stream().map(handle -> handle.onCancel(wake)).toList();
    try {
      return onToken(receiver).withCancellation(cancellation).generate();
    } finally {
      registrations.forEach(Runnable::run);
    }
  }

  /** The handles that cancel the generation. */
  List<CancellationHandle> cancellations() {
    return hooks.cancellations();
  }

  /** Whether a handle of the request is cancelled. */
  boolean isCancelled() {
    return hooks.cancellations().stream().anyMatch(CancellationHandle::isCancelled);
  }

  /**
   * The request as part of a batch of a model.
   *
   * @throws IllegalArgumentException if it belongs to another model or to a session
   */
  ConfiguredPrompt inBatchOf(Engine batching) {
    if (generator != batching) {
      throw new IllegalArgumentException(
          "a batch takes requests of its own model only, not of a session or another model");
    }
    return engine.configuredForAll(prompt, config, hooks);
  }

  @Override
  public String toString() {
    return "GenerationRequest[prompt=" + prompt + ", config=" + config + "]";
  }
}
