package io.github.jmixtral.generation;

import io.github.jmixtral.constraint.Constraint;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a caller plugs into one generation beside its plain settings: who listens, who may cancel,
 * which processors and stopping criteria of their own take part, what the text may be. Immutable;
 * processors that keep state must not be shared by generations that run at the same time.
 */
public final class GenerationHooks {
  private static final GenerationHooks NONE =
      new GenerationHooks(
          Optional.empty(),
          Optional.empty(),
          List.of(),
          List.of(),
          Optional.empty(),
          Optional.empty());

  private final Optional<GenerationListener> listener;
  private final Optional<CancellationHandle> cancellation;
  private final List<LogitsProcessor> logitsProcessors;
  private final List<StoppingCriteria> stoppingCriteria;
  private final Optional<int[]> negativePromptIds;
  private final Optional<Constraint> constraint;

  private GenerationHooks(
      Optional<GenerationListener> listener,
      Optional<CancellationHandle> cancellation,
      List<LogitsProcessor> logitsProcessors,
      List<StoppingCriteria> stoppingCriteria,
      Optional<int[]> negativePromptIds,
      Optional<Constraint> constraint) {
    this.listener = listener;
    this.cancellation = cancellation;
    this.logitsProcessors = logitsProcessors;
    this.stoppingCriteria = stoppingCriteria;
    this.negativePromptIds = negativePromptIds;
    this.constraint = constraint;
  }

  /** Nothing plugged in. */
  public static GenerationHooks none() {
    return NONE;
  }

  /** The same hooks with this listener in place of any other. */
  public GenerationHooks withListener(GenerationListener listener) {
    return new GenerationHooks(
        Optional.of(listener),
        cancellation,
        logitsProcessors,
        stoppingCriteria,
        negativePromptIds,
        constraint);
  }

  /** The same hooks with this handle in place of any other. */
  public GenerationHooks withCancellation(CancellationHandle cancellation) {
    return new GenerationHooks(
        listener,
        Optional.of(cancellation),
        logitsProcessors,
        stoppingCriteria,
        negativePromptIds,
        constraint);
  }

  /**
   * The same hooks and one more processor. The caller's processors run in the order they were
   * added, after the penalties and bans of the configuration and before temperature and the cuts.
   */
  public GenerationHooks withLogitsProcessor(LogitsProcessor processor) {
    return new GenerationHooks(
        listener,
        cancellation,
        append(logitsProcessors, processor),
        stoppingCriteria,
        negativePromptIds,
        constraint);
  }

  /** The same hooks and one more reason to stop. */
  public GenerationHooks withStoppingCriteria(StoppingCriteria criteria) {
    return new GenerationHooks(
        listener,
        cancellation,
        logitsProcessors,
        append(stoppingCriteria, criteria),
        negativePromptIds,
        constraint);
  }

  /**
   * The same hooks with a text to move away from, for {@code guidance_scale}: the reference's
   * {@code negative_prompt_ids}. Without one, it is the prompt's last id alone.
   *
   * @throws IllegalArgumentException when there is no id
   */
  public GenerationHooks withNegativePromptIds(int... ids) {
    if (ids.length == 0) {
      throw new IllegalArgumentException(
          "negative_prompt_ids: expected at least one id, found none");
    }
    return new GenerationHooks(
        listener,
        cancellation,
        logitsProcessors,
        stoppingCriteria,
        Optional.of(ids.clone()),
        constraint);
  }

  /**
   * The same hooks with this constraint in place of any other: the generation can produce nothing
   * else and ends in time. It counts after all processors that ban and penalise, and wins: where
   * they leave nothing of what it allows, that becomes equally likely. Each generation of a batch
   * follows it by itself. Ending needs an end-of-sequence id and one token for it; a stop string, a
   * time limit or a cancellation may still cut a text short.
   */
  public GenerationHooks withConstraint(Constraint constraint) {
    return new GenerationHooks(
        listener,
        cancellation,
        logitsProcessors,
        stoppingCriteria,
        negativePromptIds,
        Optional.of(constraint));
  }

  public Optional<Constraint> constraint() {
    return constraint;
  }

  public Optional<int[]> negativePromptIds() {
    return negativePromptIds;
  }

  /** The same hooks with one more handle that cancels, beside the caller's. */
  public GenerationHooks andCancelledBy(CancellationHandle handle) {
    return withCancellation(
        cancellation.map(callers -> new CancellationHandle(callers, handle)).orElse(handle));
  }

  public Optional<GenerationListener> listener() {
    return listener;
  }

  public boolean isCancelled() {
    return cancellation.isPresent() && cancellation.get().isCancelled();
  }

  public List<LogitsProcessor> logitsProcessors() {
    return logitsProcessors;
  }

  public List<StoppingCriteria> stoppingCriteria() {
    return stoppingCriteria;
  }

  private static <T> List<T> append(List<T> list, T element) {
    return Stream.concat(list.stream(), Stream.of(Objects.requireNonNull(element))).toList();
  }
}
