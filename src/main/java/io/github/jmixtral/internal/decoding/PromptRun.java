package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationListener;
import io.github.jmixtral.generation.GenerationMetrics;
import io.github.jmixtral.generation.GenerationOutputs;
import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.sampling.IdSequence;
import io.github.jmixtral.internal.sampling.LogitsProcessors;
import io.github.jmixtral.internal.sampling.Sampler;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** One prompt of a call on its way: checked, computed, then grown into one text or several. */
final class PromptRun implements AutoCloseable {
  /** Most ids that get room before they exist: a limit may be far beyond the text's end. */
  private static final int MAX_INITIAL_ROOM = 4096;

  private final LanguageModel model;
  private final PrefixCache prefixes;
  private final Optional<Tokenizer> tokenizer;
  private final GenerationConfig config;
  private final ToolUse toolUse;
  private final GenerationHooks hooks;
  private final int maxLength;
  private final int[] promptIds;
  private final Branch branch;
  private final int numExpertsBefore;
  private final List<LogitsProcessor[]> processors = new ArrayList<>();
  private final List<StoppingRules> stoppingRules = new ArrayList<>();
  private final long startNanos = System.nanoTime();

  /** Ids of the prompt that were known. */
  private int cached;

  /** Of the cache, for what was known. */
  private long[][] expertCountsBefore;

  /** Of the prefix cache, when it was last looked at. */
  private int additions = -1;

  private int computed;
  private long prefilledNanos;

  /**
   * Checks a prompt and its settings.
   *
   * @param prefixes keeps what is computed on a cache of the prompt's own
   * @param constraints of the tokenizer
   * @param cache of the prompt's first ids
   * @param ownsCache whether to close it at the end
   * @throws IllegalArgumentException when prompt, settings and hooks do not fit each other or the
   *     model
   */
  PromptRun(
      LanguageModel model,
      PrefixCache prefixes,
      Optional<Tokenizer> tokenizer,
      ConstraintRules constraints,
      BlockCache cache,
      boolean ownsCache,
      ConfiguredPrompt prompt) {
    this.model = model;
    this.prefixes = prefixes;
    this.tokenizer = tokenizer;
    config = prompt.config();
    toolUse = prompt.toolUse();
    hooks = prompt.hooks();
    promptIds = prompt.promptIds();
    PromptRules.check(promptIds, cache.length(), model.config().vocabSize());
    PromptRules.check(config, hooks);
    maxLength = PromptRules.maxLength(promptIds.length, config);
    cached = cache.length();
    int room = Math.min(maxLength - promptIds.length, MAX_INITIAL_ROOM);
    branch =
        new Branch(
            new IdSequence(promptIds, room),
            cache,
            ownsCache,
            model.config().vocabSize(),
            OutputSettings.of(config),
            prompt.isGuided() ? unconditional(prompt, cache, room) : null);
    expertCountsBefore = cache.expertCounts();
    numExpertsBefore = cache.numExpertsPerTok();
    setNumExperts(config.setting("num_experts_per_tok", Integer.class).orElse(numExpertsBefore));
    // What can't be built is known before anything is computed.
    for (int text = 0; text < BeamSettings.of(config).numReturnSequences(); text++) {
      processors.add(newProcessors(constraints, prompt));
      stoppingRules.add(
          StoppingRules.of(
              config, tokenizer, toolUse, maxLength, hooks.stoppingCriteria(), startNanos));
    }
  }

  /** The text without the prompt, or after the negative prompt. */
  private Branch unconditional(ConfiguredPrompt prompt, BlockCache beside, int room) {
    int[] ids = prompt.unconditionalIds(tokenizer);
    int vocabSize = model.config().vocabSize();
    PromptRules.check(ids, 0, vocabSize);
    return new Branch(
        new IdSequence(ids, room),
        beside.newCache(),
        true,
        vocabSize,
        OutputSettings.of(GenerationConfig.inherit()),
        null);
  }

  Branch branch() {
    return branch;
  }

  GenerationConfig config() {
    return config;
  }

  Optional<Tokenizer> tokenizer() {
    return tokenizer;
  }

  /** Most ids of prompt and new text. */
  int maxLength() {
    return maxLength;
  }

  /** What the texts are written to. */
  Transcript newTranscript(List<GenerationListener> listeners, int sequenceIndex) {
    IdSequence ids = branch.sequence();
    int[] promptIds = Arrays.copyOf(ids.array(), ids.promptLength());
    boolean hides = !config.setting("include_stop_string", Boolean.class).orElse(true);
    List<String> hidden = hides ? config.stopStrings().orElse(List.of()) : List.of();
    return new Transcript(
        tokenizer, toolUse.reader(tokenizer, promptIds), listeners, hidden, sequenceIndex);
  }

  /** What the caller added, for all texts of the prompt. */
  GenerationHooks hooks() {
    return hooks;
  }

  boolean isCancelled() {
    return hooks.isCancelled();
  }

  private LogitsProcessor[] newProcessors(ConstraintRules constraints, ConfiguredPrompt prompt) {
    int promptLength = branch.sequence().promptLength();
    int vocabSize = model.config().vocabSize();
    return LogitsProcessors.of(
            config,
            promptLength,
            maxLength,
            vocabSize,
            constraints.processors(prompt, maxLength, vocabSize))
        .toArray(LogitsProcessor[]::new);
  }

  /** The processors of one of the prompt's texts, its own. */
  LogitsProcessor[] processors(int text) {
    return processors.get(text);
  }

  /** The stopping rules of one of the prompt's texts, its own. */
  StoppingRules stoppingRules(int text) {
    return stoppingRules.get(text);
  }

  Sampler newSampler(int text) {
    return Sampler.of(config, text, model.config().vocabSize());
  }

  RandomGenerator newRandom() {
    return Sampler.random(config, 0);
  }

  /** The prompt's texts, which go on from here; the prompt is computed, or cancelled. */
  List<Search> searches() {
    prefilledNanos = System.nanoTime();
    computed = branch.cache().length() - cached;
    // Whole blocks: the last one goes on changing.
    keep(branch, branch.cache().length() / BlockCache.BLOCK * BlockCache.BLOCK);
    BeamSettings beams = BeamSettings.of(config);
    if (beams.numBeams() > 1) {
      // The caller's cache stays at the prompt: the winning beam is not known yet.
      return List.of(new BeamSearch(this, branch.ownsCache() ? branch : branch.fork()));
    }
    List<Search> searches = new ArrayList<>();
    for (int text = 0; text < beams.numReturnSequences(); text++) {
      boolean isLast = text == beams.numReturnSequences() - 1;
      searches.add(search(new Strand(this, isLast ? branch : branch.fork(), text)));
    }
    return searches;
  }

  /** Goes on from what other prompts with the same beginning have computed meanwhile. */
  void lookAgain() {
    int now = prefixes.additions();
    if (additions == now || !branch.ownsCache() || OutputSettings.of(config).states()) {
      return;
    }
    additions = now;
    BlockCache longer = prefixes.openLonger(promptIds, branch.cache());
    if (longer != null) {
      long[][] own = since(expertCountsBefore, branch.cache().expertCounts());
      expertCountsBefore = since(own, longer.expertCounts());
      cached += longer.length() - branch.cache().length();
      branch.goOnWith(longer);
    }
  }

  /** Keeps the first ids of a text for other prompts. */
  void keep(Branch text, int length) {
    if (text.ownsCache()) {
      prefixes.keep(text.sequence().array(), length, text.cache());
    }
  }

  private Search search(Strand strand) {
    int guesses = config.setting("prompt_lookup_num_tokens", Integer.class).orElse(0);
    // Guidance has a second text to compute, and states come with plain steps only.
    boolean isPlain = strand.branch().unconditional() != null || OutputSettings.of(config).states();
    return guesses == 0 || isPlain
        ? strand
        : new PromptLookup(
            strand,
            guesses,
            config.setting("max_matching_ngram_size", Integer.class).orElse(2),
            maxLength);
  }

  /**
   * A result without a listener.
   *
   * @param expertCounts of the text's cache [layers, experts]
   */
  Generation result(
      IdSequence sequence,
      FinishReason reason,
      long endNanos,
      int passes,
      GenerationOutputs outputs,
      long[][] expertCounts) {
    return result(
        newTranscript(List.of(), 0), sequence, reason, endNanos, passes, outputs, expertCounts);
  }

  /**
   * A text of the prompt as the call returns it.
   *
   * @param expertCounts of the text's cache [layers, experts]
   */
  Generation result(
      Transcript transcript,
      IdSequence sequence,
      FinishReason reason,
      long endNanos,
      int passes,
      GenerationOutputs outputs,
      long[][] expertCounts) {
    String text = transcript.finish(sequence, reason);
    return new Generation(
        text,
        sequence.newIds(),
        reason,
        Arrays.copyOf(sequence.array(), sequence.promptLength()),
        new GenerationMetrics(
            sequence.newLength(),
            cached,
            computed,
            Duration.ofNanos(prefilledNanos - startNanos),
            passes,
            Duration.ofNanos(endNanos - prefilledNanos),
            since(expertCountsBefore, expertCounts)),
        outputs,
        transcript.toolCalls());
  }

  /** The counts without those that the caller's cache came with. */
  private static long[][] since(long[][] before, long[][] now) {
    long[][] counts = new long[now.length][];
    for (int layer = 0; layer < now.length; layer++) {
      counts[layer] = now[layer].clone();
      for (int expert = 0; expert < now[layer].length; expert++) {
        counts[layer][expert] -= before[layer][expert];
      }
    }
    return counts;
  }

  private void setNumExperts(int count) {
    branch.cache().setNumExpertsPerTok(count);
    if (branch.unconditional() != null) {
      branch.unconditional().cache().setNumExpertsPerTok(count);
    }
  }

  /** Gives the memory of the prompt's own caches back, and the caller's cache as it was set. */
  @Override
  public void close() {
    setNumExperts(numExpertsBefore);
    branch.close();
  }
}
