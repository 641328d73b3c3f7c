package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.GenerationListener;
import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.generation.StoppingCriteria;
import io.github.jmixtral.generation.ToolChoice;
import java.util.List;
import java.util.Objects;
import java.util.function.DoubleConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a caller adds to a request beside its settings. Immutable.
 *
 * @param listeners receive each token, in this order
 * @param prefillListeners receive the fraction of the prompt that is computed, 0 … 1
 * @param cancellations any of them cancels
 * @param logitsProcessors run in this order, after the penalties and bans of the settings and
 *     before temperature and cuts
 * @param stoppingCriteria any of them ends a text
 * @param negativePrompt what guidance leads away from, or null for an empty prompt
 * @param constraint what the text may be, or null
 * @param toolChoice which tools must or must not be called, or null
 */
public record GenerationHooks(
    List<GenerationListener> listeners,
    List<DoubleConsumer> prefillListeners,
    List<CancellationHandle> cancellations,
    List<LogitsProcessor> logitsProcessors,
    List<StoppingCriteria> stoppingCriteria,
    @Nullable Prompt negativePrompt,
    @Nullable Constraint constraint,
    @Nullable ToolChoice toolChoice) {
  private static final GenerationHooks NONE =
      new GenerationHooks(List.of(), List.of(), List.of(), List.of(), List.of(), null, null, null);

  /** Nothing added. */
  public static GenerationHooks none() {
    return NONE;
  }

  /** One more listener. */
  public GenerationHooks withListener(GenerationListener listener) {
    return new GenerationHooks(
        append(listeners, listener, "listener"),
        prefillListeners,
        cancellations,
        logitsProcessors,
        stoppingCriteria,
        negativePrompt,
        constraint,
        toolChoice);
  }

  /** One more listener to the computation of the prompt. */
  public GenerationHooks withPrefillListener(DoubleConsumer listener) {
    return new GenerationHooks(
        listeners,
        append(prefillListeners, listener, "listener"),
        cancellations,
        logitsProcessors,
        stoppingCriteria,
        negativePrompt,
        constraint,
        toolChoice);
  }

  /** One more handle that cancels. */
  public GenerationHooks withCancellation(CancellationHandle cancellation) {
    return new GenerationHooks(
        listeners,
        prefillListeners,
        append(cancellations, cancellation, "cancellation"),
        logitsProcessors,
        stoppingCriteria,
        negativePrompt,
        constraint,
        toolChoice);
  }

  /** One more processor. */
  public GenerationHooks withLogitsProcessor(LogitsProcessor processor) {
    return new GenerationHooks(
        listeners,
        prefillListeners,
        cancellations,
        append(logitsProcessors, processor, "processor"),
        stoppingCriteria,
        negativePrompt,
        constraint,
        toolChoice);
  }

  /** One more reason to stop. */
  public GenerationHooks withStoppingCriteria(StoppingCriteria criteria) {
    return new GenerationHooks(
        listeners,
        prefillListeners,
        cancellations,
        logitsProcessors,
        append(stoppingCriteria, criteria, "criteria"),
        negativePrompt,
        constraint,
        toolChoice);
  }

  /** Another negative prompt. */
  public GenerationHooks withNegativePrompt(Prompt prompt) {
    return new GenerationHooks(
        listeners,
        prefillListeners,
        cancellations,
        logitsProcessors,
        stoppingCriteria,
        Objects.requireNonNull(prompt, "prompt"),
        constraint,
        toolChoice);
  }

  /** Another constraint. */
  public GenerationHooks withConstraint(Constraint constraint) {
    return new GenerationHooks(
        listeners,
        prefillListeners,
        cancellations,
        logitsProcessors,
        stoppingCriteria,
        negativePrompt,
        Objects.requireNonNull(constraint, "constraint"),
        toolChoice);
  }

  /** Another tool choice. */
  public GenerationHooks withToolChoice(ToolChoice choice) {
    return new GenerationHooks(
        listeners,
        prefillListeners,
        cancellations,
        logitsProcessors,
        stoppingCriteria,
        negativePrompt,
        constraint,
        Objects.requireNonNull(choice, "choice"));
  }

  /** Whether a handle was used or the thread interrupted, whose flag stays set for its owner. */
  boolean isCancelled() {
    return Thread.currentThread().isInterrupted() || isHandleUsed();
  }

  /** Whether a handle was used. */
  boolean isHandleUsed() {
    for (int i = 0; i < cancellations.size(); i++) {
      if (cancellations.get(i).isCancelled()) {
        return true;
      }
    }
    return false;
  }

  private static <T> List<T> append(List<T> list, T element, String name) {
    return Stream.concat(list.stream(), Stream.of(Objects.requireNonNull(element, name))).toList();
  }
}
