package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.CacheMemory;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.network.SequenceStep;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

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
  private final PrefixCache prefixes;
  private final Optional<Tokenizer> tokenizer;
  private final ConstraintRules constraints;
  private final Admission admission;
  private final ContextWarning warning;

  /**
   * A loop around a model, which stays the caller's to close.
   *
   * @param scheduler of the model's passes
   * @param prefixes what its requests have computed
   * @param tokenizer turns ids into text; without one texts stay empty
   * @param admission how many calls may have caches of their own at once
   */
  public DecodingLoop(
      LanguageModel model,
      PassScheduler scheduler,
      PrefixCache prefixes,
      Optional<Tokenizer> tokenizer,
      Admission admission) {
    this.model = model;
    this.scheduler = scheduler;
    this.prefixes = prefixes;
    this.tokenizer = tokenizer;
    constraints = new ConstraintRules(tokenizer, model.config().vocabSize());
    this.admission = admission;
    warning = new ContextWarning(model.config().maxPositionEmbeddings());
  }

  /**
   * Generates after several prompts at once, each on a cache of its own. What a prompt becomes is
   * what it becomes alone: on quantised weights bit for bit, otherwise except for rounding. Prompts
   * whose caches do not fit into the memory together go in groups, one after the other.
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
    List<Generation> generations = new ArrayList<>();
    int from = 0;
    for (int to : ends(prompts)) {
      generations.addAll(runTogether(prompts.subList(from, to)));
      from = to;
    }
    return generations;
  }

  /** Where groups of prompts end whose caches fit into the memory together. */
  private List<Integer> ends(List<ConfiguredPrompt> prompts) {
    List<Integer> ends = new ArrayList<>();
    long bytes = 0;
    for (int i = 0; i < prompts.size(); i++) {
      PromptRules.check(prompts.get(i).promptIds(), 0, model.config().vocabSize());
      long needed = cacheBytes(prompts.get(i));
      admission.requirePossible(needed);
      if (i > 0 && needed > model.cacheMemory().budget() - bytes) {
        ends.add(i);
        bytes = 0;
      }
      bytes += needed;
    }
    ends.add(prompts.size());
    return ends;
  }

  private List<Generation> runTogether(List<ConfiguredPrompt> prompts) {
    long bytes = prompts.stream().mapToLong(this::cacheBytes).sum();
    try (Admission.Place place =
        admission.enter(bytes, cancellations(prompts), () -> isCancelled(prompts)).orElse(null)) {
      List<BlockCache> caches = new ArrayList<>();
      try {
        List<PromptRun> runs = new ArrayList<>();
        for (ConfiguredPrompt prompt : prompts) {
          caches.add(open(prompt, place));
          runs.add(
              new PromptRun(
                  model, prefixes, tokenizer, constraints, caches.getLast(), true, prompt));
        }
        return runAll(runs);
      } finally {
        caches.forEach(BlockCache::close);
      }
    }
  }

  private BlockCache open(ConfiguredPrompt prompt, Admission.@Nullable Place place) {
    // Cancelled while it waits, a call comes in without a place and ends at once.
    CacheMemory.Reservation reservation = place == null ? null : place.reservation();
    if (place == null || OutputSettings.of(prompt.config()).states()) {
      // States of the whole prompt are asked for.
      BlockCache cache = model.newCache();
      cache.takeFrom(reservation);
      return cache;
    }
    return prefixes.open(prompt.promptIds(), numExperts(prompt), reservation);
  }

  private int numExperts(ConfiguredPrompt prompt) {
    return prompt
        .config()
        .setting("num_experts_per_tok", Integer.class)
        .orElse(model.config().numExpertsPerTok());
  }

  private static List<CancellationHandle> cancellations(List<ConfiguredPrompt> prompts) {
    return prompts.stream().flatMap(prompt -> prompt.hooks().cancellations().stream()).toList();
  }

  private static boolean isCancelled(List<ConfiguredPrompt> prompts) {
    return prompts.stream().allMatch(prompt -> prompt.hooks().isCancelled());
  }

  /** Bytes that the caches of a prompt and all its texts may need. */
  private long cacheBytes(ConfiguredPrompt prompt) {
    GenerationConfig config = prompt.config();
    int promptLength = prompt.promptIds().length;
    int newLength = PromptRules.maxLength(promptLength, config) - promptLength;
    long bytes = cacheBytes(promptLength, newLength, config);
    return prompt.isGuided()
        ? bytes + cacheBytes(prompt.unconditionalIds(tokenizer).length, newLength, config)
        : bytes;
  }

  /** The same for a prompt of this length, without guidance. */
  public long cacheBytes(int promptLength, int newLength, GenerationConfig config) {
    BeamSettings beams = BeamSettings.of(config);
    int texts = Math.max(beams.numBeams(), beams.numReturnSequences());
    int length = (int) Math.min((long) promptLength + newLength, Integer.MAX_VALUE);
    return model.mostCacheBytes(texts == 1 ? 0 : promptLength, length, texts);
  }

  /**
   * Generates one text after a prompt whose first ids are computed already, beside the requests
   * that have places. The cache stays the caller's; afterwards it holds prompt and new ids, as a
   * rule without the last chosen id, which nothing needed computed. After a beam search it holds
   * the prompt.
   *
   * @param cache of this loop's model; holds the first {@link BlockCache#length()} ids of the
   *     prompt, of which at least the last must be left to compute
   * @param prompt for one text
   * @throws IllegalArgumentException as for {@link #run(List)}, and when the cache holds the whole
   *     prompt
   */
  public Generation run(BlockCache cache, ConfiguredPrompt prompt) {
    List<ConfiguredPrompt> prompts = List.of(prompt);
    long bytes = Math.max(0, cacheBytes(prompt) - cache.lastingBytes());
    try (Admission.Place place =
        admission.join(bytes, cancellations(prompts), () -> isCancelled(prompts)).orElse(null)) {
      cache.takeFrom(place == null ? null : place.reservation());
      return runAll(
              List.of(new PromptRun(model, prefixes, tokenizer, constraints, cache, false, prompt)))
          .getFirst();
    } finally {
      cache.takeFrom(null);
    }
  }

  private List<Generation> runAll(List<PromptRun> prompts) {
    List<CancellationHandle> handles =
        prompts.stream().flatMap(run -> run.hooks().cancellations().stream()).toList();
    PassScheduler.Seat seat = scheduler.newSeat(handles, () -> areHandlesUsed(prompts));
    try (DecodingRun run = new DecodingRun(seat, warning, prompts)) {
      return run.run().stream().flatMap(List::stream).toList();
    }
  }

  /** Allocates nothing: passes ask after each layer. */
  private static boolean areHandlesUsed(List<PromptRun> prompts) {
    for (int i = 0; i < prompts.size(); i++) {
      if (!prompts.get(i).hooks().isHandleUsed()) {
        return false;
      }
    }
    return true;
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
    long bytes = model.mostCacheBytes(0, promptIds.length, 1) - cache.lastingBytes();
    try (Admission.Place place = admission.join(bytes);
        PassScheduler.Seat seat = scheduler.newSeat(List.of())) {
      cache.takeFrom(place.reservation());
      seat.computeAll(List.of(step));
    } catch (CancellationException interrupt) {
      throw new CancellationException(
          "interrupted after %d of %d ids".formatted(cache.length(), promptIds.length));
    } finally {
      cache.takeFrom(null);
    }
  }
}
