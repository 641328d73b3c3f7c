package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.network.SequenceStep;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * Drives a language model: prompts in, then process the logits, choose an id, stop or go on. One
 * loop serves one model and any number of threads: everything that changes while it runs is local
 * to a call. Once warm, a token allocates next to nothing here but what a listener receives.
 */
public final class DecodingLoop {
  /** New tokens when no setting limits the length. */
  public static final int DEFAULT_MAX_NEW_TOKENS = 256;

  private final LanguageModel model;
  private final PassScheduler scheduler;
  private final Optional<Tokenizer> tokenizer;
  private final ConstraintRules constraints;
  private final Admission admission;
  private final ContextWarning warning;

  /**
   * A loop around a model, which stays the caller's to close.
   *
   * @param scheduler of the model's passes
   * @param tokenizer turns ids into text; without one texts stay empty
   * @param admission how many calls may have caches of their own at once
   */
  public DecodingLoop(PassScheduler scheduler, Optional<Tokenizer> tokenizer, Admission admission) {
    this.scheduler = scheduler;
    model = scheduler.model();
    this.tokenizer = tokenizer;
    constraints = new ConstraintRules(tokenizer);
    this.admission = admission;
    warning = new ContextWarning(model.config().maxPositionEmbeddings());
  }

  /**
   * Generates after several prompts at once, each on a cache of its own. What a prompt becomes is
   * what it becomes alone: on quantised weights bit for bit, otherwise except for rounding.
   *
   * @param prompts without a length, {@link #DEFAULT_MAX_NEW_TOKENS} count
   * @return the texts of the first prompt, {@code num_return_sequences} of them, then those of the
   *     next; a beam search that finds fewer gives fewer
   * @throws IllegalArgumentException for an empty prompt, an id outside the vocabulary, a prompt
   *     that leaves no room within {@code max_length}, stop strings without a tokenizer, a listener
   *     with beams, more sequences than beams or, without sampling, more than one, or settings out
   *     of range that sampling needs
   */
  public List<Generation> run(List<ConfiguredPrompt> prompts) {
    // Cancelled while it waits, a call comes in without a place and ends at once.
    List<CancellationHandle> handles =
        prompts.stream().flatMap(prompt -> prompt.hooks().cancellations().stream()).toList();
    BooleanSupplier isCancelled =
        () -> prompts.stream().allMatch(prompt -> prompt.hooks().isCancelled());
    try (Admission.Place _ = admission.enter(handles, isCancelled).orElse(Admission.Place.NONE)) {
      List<PromptRun> runs = new ArrayList<>();
      try {
        for (ConfiguredPrompt prompt : prompts) {
          runs.add(new PromptRun(model, tokenizer, constraints, model.newCache(), true, prompt));
        }
      } catch (RuntimeException | Error failure) {
        runs.forEach(PromptRun::close);
        throw failure;
      }
      return runAll(runs);
    }
  }

  /**
   * Generates one text after a prompt whose first ids are computed already. The cache stays the
   * caller's; afterwards it holds prompt and new ids, as a rule without the last chosen id, which
   * nothing needed computed. After a beam search it holds the prompt.
   *
   * @param cache of this loop's model; holds the first {@link BlockCache#length()} ids of the
   *     prompt, of which at least the last must be left to compute
   * @param prompt for one text
   * @throws IllegalArgumentException as for {@link #run(List)}, and when the cache holds the whole
   *     prompt
   */
  public Generation run(BlockCache cache, ConfiguredPrompt prompt) {
    return runAll(List.of(new PromptRun(model, tokenizer, constraints, cache, false, prompt)))
        .getFirst();
  }

  private List<Generation> runAll(List<PromptRun> prompts) {
    List<CancellationHandle> handles =
        prompts.stream().flatMap(prompt -> prompt.hooks().cancellations().stream()).toList();
    try (DecodingRun run = new DecodingRun(scheduler.newSeat(handles), warning, prompts)) {
      return run.run().stream().flatMap(List::stream).toList();
    }
  }

  /**
   * Computes a prompt and generates nothing: for continuations that begin with it.
   *
   * @param cache of this loop's model; holds the first {@link BlockCache#length()} ids
   * @param promptIds the whole prompt, what the cache holds included
   * @throws IllegalArgumentException for an id outside the vocabulary
   * @throws CancellationException when the thread is interrupted; the cache holds what was computed
   */
  public void prefill(BlockCache cache, int[] promptIds) {
    int held = cache.length();
    if (held == promptIds.length) {
      return;
    }
    PendingStep step =
        PendingStep.ofPrompt(new SequenceStep(cache, promptIds, held, promptIds.length - held));
    try (PassScheduler.Seat seat = scheduler.newSeat(List.of())) {
      seat.compute(List.of(step));
    }
    if (!step.isDone()) {
      throw new CancellationException(
          "interrupted after %d of %d ids".formatted(cache.length(), promptIds.length));
    }
  }
}
