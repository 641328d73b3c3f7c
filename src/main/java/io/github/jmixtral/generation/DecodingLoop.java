package io.github.jmixtral.generation;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.model.KeyValueCache;
import io.github.jmixtral.model.LanguageModel;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives a language model: prompt in, then process the logits, choose an id, stop or go on. One
 * loop serves one model and any number of threads: everything that changes while it runs is local
 * to {@link #run}. Once warm, a token allocates nothing here but what a listener is told.
 */
public final class DecodingLoop {
  private static final Logger LOGGER = LoggerFactory.getLogger(DecodingLoop.class);

  /** New tokens when no setting limits the length. */
  public static final int DEFAULT_MAX_NEW_TOKENS = 256;

  /** Most ids that get room before they exist: a limit may be far beyond the text's end. */
  private static final int MAX_INITIAL_ROOM = 4096;

  private final LanguageModel model;
  private final Optional<Tokenizer> tokenizer;
  private final int prefillChunk;
  private final Admission admission;
  private final AtomicBoolean warnedOfContext = new AtomicBoolean();

  /**
   * A loop around a model, which stays the caller's to close.
   *
   * @param tokenizer turns ids into text; without one texts stay empty
   * @param prefillChunk ids of a prompt between two looks at the cancellation; between them other
   *     threads get their turn, too. The model's own chunk, so that none is cut short
   * @param admission how many generations may have caches of their own at once
   */
  public DecodingLoop(
      LanguageModel model, Optional<Tokenizer> tokenizer, int prefillChunk, Admission admission) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.prefillChunk = prefillChunk;
    this.admission = admission;
  }

  /**
   * Generates after a prompt, on a cache of its own.
   *
   * @param promptIds at least one id, each inside the vocabulary
   * @param config the settings with everything inherited already: what is unset is off, without a
   *     length {@link #DEFAULT_MAX_NEW_TOKENS}
   * @param hooks what the caller plugged in
   * @throws IllegalArgumentException for an empty prompt, an id outside the vocabulary, a prompt
   *     that leaves no room within {@code maxLength}, stop strings without a tokenizer, or settings
   *     out of range that sampling needs
   */
  public Generation run(int[] promptIds, GenerationConfig config, GenerationHooks hooks) {
    // Cancelled while it waits, a generation comes in without a place and ends at once.
    try (Admission.Place _ = admission.enter(() -> isCancelled(hooks));
        KeyValueCache cache = model.newCache()) {
      return run(cache, promptIds, config, hooks);
    }
  }

  /**
   * Generates after a prompt whose first ids are computed already. The cache stays the caller's;
   * afterwards it holds prompt and new ids, but for the last chosen id as a rule, which nothing
   * needed computed.
   *
   * @param cache of this loop's model; holds the first {@link KeyValueCache#length()} ids of the
   *     prompt, of which at least the last must be left to compute
   * @param promptIds the whole prompt, what the cache holds included
   * @param config as for {@link #run(int[], GenerationConfig, GenerationHooks)}
   * @throws IllegalArgumentException as for {@link #run(int[], GenerationConfig, GenerationHooks)},
   *     and when the cache holds the whole prompt
   */
  public Generation run(
      KeyValueCache cache, int[] promptIds, GenerationConfig config, GenerationHooks hooks) {
    long startNanos = System.nanoTime();
    int vocabSize = model.config().vocabSize();
    checkPrompt(promptIds, vocabSize);
    if (cache.length() >= promptIds.length) {
      throw new IllegalArgumentException(
          "cache: expected fewer ids than the %d of the prompt, found %d"
              .formatted(promptIds.length, cache.length()));
    }
    config.requireValidForSampling();
    int maxLength = maxLength(promptIds.length, config);
    int room = Math.min(maxLength - promptIds.length, MAX_INITIAL_ROOM);
    var sequence = new TokenSequence(promptIds, room);
    LogitsProcessor[] processors =
        LogitsProcessors.of(
                config, promptIds.length, maxLength, vocabSize, hooks.logitsProcessors())
            .toArray(LogitsProcessor[]::new);
    var stoppingRules =
        StoppingRules.of(
            config, tokenizer, promptIds, maxLength, hooks.stoppingCriteria(), startNanos);
    var sampler = Sampler.of(config, vocabSize);
    var transcript = new Transcript(tokenizer, hooks.listener());
    float[] logits = new float[vocabSize];

    int prefilled = prefill(cache, sequence, logits, hooks);
    long prefilledNanos = System.nanoTime();
    FinishReason reason = null;
    while (reason == null && !isCancelled(hooks)) {
      for (LogitsProcessor processor : processors) {
        processor.process(sequence, logits);
      }
      sequence.append(sampler.sample(logits));
      reason = stoppingRules.reasonAfter(sequence);
      transcript.append(sequence.last(), reason != null);
      if (reason == null && !isCancelled(hooks)) {
        warnOnceBeyondContext(sequence.length());
        model.nextTokenLogits(cache, sequence.array(), sequence.length() - 1, 1, logits);
      }
    }
    long endNanos = System.nanoTime();
    if (reason == null) {
      reason = FinishReason.CANCELLED;
    }
    return new Generation(
        transcript.finish(sequence, reason),
        sequence.newIds(),
        reason,
        promptIds,
        prefilled,
        prefilledNanos - startNanos,
        endNanos - prefilledNanos);
  }

  /**
   * Computes the prompt chunk by chunk; a cancellation leaves the rest and the logits undone.
   *
   * @return how many ids were computed
   */
  private int prefill(
      KeyValueCache cache, TokenSequence sequence, float[] logits, GenerationHooks hooks) {
    warnOnceBeyondContext(sequence.length());
    int promptLength = sequence.promptLength();
    int computed = cache.length();
    int length;
    for (int start = computed; start < promptLength; start += length) {
      if (isCancelled(hooks)) {
        return start - computed;
      }
      length = Math.min(prefillChunk, promptLength - start);
      model.nextTokenLogits(cache, sequence.array(), start, length, logits);
    }
    return promptLength - computed;
  }

  /**
   * Computes a prompt and generates nothing: for continuations that begin with it. Between two
   * chunks other threads get their turn.
   *
   * @param cache of this loop's model; holds the first {@link KeyValueCache#length()} ids
   * @param promptIds the whole prompt, what the cache holds included
   * @throws IllegalArgumentException for an id outside the vocabulary
   */
  public void prefill(KeyValueCache cache, int[] promptIds) {
    while (cache.length() < promptIds.length) {
      int start = cache.length();
      int count = Math.min(prefillChunk, promptIds.length - start);
      // Nobody wants the logits.
      model.nextTokensLogits(cache, promptIds, start, count, new float[count][]);
    }
  }

  private static boolean isCancelled(GenerationHooks hooks) {
    // Leaves the flag set: the thread's owner wants to see it too.
    return Thread.currentThread().isInterrupted() || hooks.isCancelled();
  }

  private void warnOnceBeyondContext(int length) {
    int context = model.config().maxPositionEmbeddings();
    if (length > context && warnedOfContext.compareAndSet(false, true)) {
      LOGGER.warn(
          "A text of {} ids passes max_position_embeddings {}: the model was not trained for it"
              + " and may lose the thread",
          length,
          context);
    }
  }

  /** Most ids of prompt and new text; {@code max_new_tokens} wins over {@code max_length}. */
  private static int maxLength(int promptLength, GenerationConfig config) {
    if (config.maxNewTokens().isEmpty() && config.maxLength().isPresent()) {
      int maxLength = config.maxLength().getAsInt();
      if (maxLength <= promptLength) {
        throw new IllegalArgumentException(
            "max_length: expected more than the "
                + promptLength
                + " ids of the prompt, found "
                + maxLength);
      }
      return maxLength;
    }
    long maxNewTokens = config.maxNewTokens().orElse(DEFAULT_MAX_NEW_TOKENS);
    return (int) Math.min(promptLength + maxNewTokens, Integer.MAX_VALUE);
  }

  private static void checkPrompt(int[] promptIds, int vocabSize) {
    if (promptIds.length == 0) {
      throw new IllegalArgumentException("prompt: expected at least one id, found none");
    }
    for (int position = 0; position < promptIds.length; position++) {
      int id = promptIds[position];
      if (id < 0 || id >= vocabSize) {
        throw new IllegalArgumentException(
            "prompt: expected ids 0 … "
                + (vocabSize - 1)
                + ", found "
                + id
                + " at position "
                + position);
      }
    }
  }
}
