package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.SequenceBias;
import io.github.jmixtral.generation.LogitsProcessor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Builds the processors that a configuration asks for, in the reference's order: biases and
 * penalties, bans, lengths, forced and suppressed ids; then the caller's own; then, when sampling,
 * temperature and the cuts of the tail; normalisation last. A setting at its neutral value (penalty
 * 1, top-k 0 …) adds nothing.
 */
public final class LogitsProcessors {
  private final GenerationConfig config;
  private final int promptLength;
  private final int maxLength;
  private final int vocabSize;
  private final List<LogitsProcessor> processors = new ArrayList<>();

  private LogitsProcessors(
      GenerationConfig config, int promptLength, int maxLength, int vocabSize) {
    this.config = config;
    this.promptLength = promptLength;
    this.maxLength = maxLength;
    this.vocabSize = vocabSize;
  }

  /**
   * The processors of one generation.
   *
   * @param config nothing is inherited any more: what is unset is off
   * @param promptLength ids of the prompt
   * @param maxLength most ids that prompt and new text may have
   * @param vocabSize entries of a logits row
   * @param custom the caller's own
   */
  public static List<LogitsProcessor> of(
      GenerationConfig config,
      int promptLength,
      int maxLength,
      int vocabSize,
      List<LogitsProcessor> custom) {
    var builder = new LogitsProcessors(config, promptLength, maxLength, vocabSize);
    builder.addPenaltiesAndBans();
    builder.addLengths();
    builder.addSuppressed();
    builder.processors.addAll(custom);
    if (config.doSample().orElse(false)) {
      builder.addWarpers();
    }
    if (config.setting("renormalize_logits", Boolean.class).orElse(false)) {
      builder.processors.add(new Rescalings.Normalization());
    }
    return List.copyOf(builder.processors);
  }

  private void addPenaltiesAndBans() {
    config.setting("sequence_bias", SequenceBias[].class).ifPresent(this::addBiases);
    double penalty = config.setting("repetition_penalty", Double.class).orElse(1.0);
    if (penalty != 1) {
      processors.add(new Penalties.Repetition(penalty, vocabSize));
    }
    double frequency = config.setting("frequency_penalty", Double.class).orElse(0.0);
    double presence = config.setting("presence_penalty", Double.class).orElse(0.0);
    if (frequency != 0 || presence != 0) {
      processors.add(new Penalties.Occurrence(frequency, presence, vocabSize));
    }
    int ngramSize = config.setting("no_repeat_ngram_size", Integer.class).orElse(0);
    if (ngramSize > 0) {
      processors.add(new Bans.NoRepeatNgram(ngramSize));
    }
    config.setting("bad_words_ids", int[][].class).ifPresent(this::addBannedWords);
  }

  private void addBiases(SequenceBias[] biases) {
    Stream.of(biases).forEach(bias -> requireInVocabulary("sequence_bias", bias.ids()));
    processors.add(new Penalties.Bias(biases));
  }

  private void addBannedWords(int[][] badWords) {
    Stream.of(badWords).forEach(ids -> requireInVocabulary("bad_words_ids", ids));
    processors.add(Penalties.Bias.banning(badWords, eosTokenIds()));
  }

  private void addLengths() {
    // A minimum of new tokens takes the place of one of all ids.
    int minLength =
        config.setting("min_new_tokens", Integer.class).isPresent()
            ? 0
            : config.setting("min_length", Integer.class).orElse(0);
    if (minLength > 0) {
      processors.add(new Bans.MinLength(minLength, eosTokenIds()));
    }
    int minNewTokens = config.setting("min_new_tokens", Integer.class).orElse(0);
    if (minNewTokens > 0) {
      int minTotal = (int) Math.min((long) promptLength + minNewTokens, Integer.MAX_VALUE);
      processors.add(new Bans.MinLength(minTotal, eosTokenIds()));
    }
    config
        .setting("forced_bos_token_id", Integer.class)
        .ifPresent(id -> addForced("forced_bos_token_id", 1, new int[] {id}));
    config
        .setting("forced_eos_token_id", int[].class)
        .ifPresent(ids -> addForced("forced_eos_token_id", maxLength - 1, ids));
    if (config.setting("remove_invalid_values", Boolean.class).orElse(false)) {
      processors.add(new Rescalings.ValidValues());
    }
    config
        .setting("exponential_decay_length_penalty", double[].class)
        .ifPresent(
            decay ->
                processors.add(
                    new Penalties.ExponentialDecay((int) decay[0], decay[1], eosTokenIds())));
  }

  private void addForced(String setting, int position, int[] ids) {
    requireInVocabulary(setting, ids);
    // A list without ids forces nothing; a file's list of negative ids is such.
    if (ids.length > 0) {
      processors.add(new Bans.Forced(position, ids));
    }
  }

  private void requireInVocabulary(String setting, int[] ids) {
    for (int id : ids) {
      if (id >= vocabSize) {
        throw new IllegalArgumentException(
            setting + ": expected ids 0 … " + (vocabSize - 1) + ", found " + id);
      }
    }
  }

  private void addSuppressed() {
    config
        .setting("suppress_tokens", int[].class)
        .ifPresent(ids -> processors.add(new Bans.Suppress(ids)));
    // After a lone BOS prompt with a forced first token, the text begins one position later.
    boolean forcedFirst =
        promptLength == 1 && config.setting("forced_bos_token_id", Integer.class).isPresent();
    int beginPosition = forcedFirst ? promptLength + 1 : promptLength;
    config
        .setting("begin_suppress_tokens", int[].class)
        .ifPresent(ids -> processors.add(new Bans.BeginSuppress(ids, beginPosition)));
  }

  private void addWarpers() {
    double temperature = config.temperature().orElse(1);
    if (temperature != 1) {
      processors.add(new Rescalings.Temperature(temperature));
    }
    int topK = config.topK().orElse(0);
    if (topK > 0) {
      addCut(new Cuts.TopK(topK, vocabSize));
    }
    double topP = config.topP().orElse(1);
    if (topP < 1) {
      addCut(new Cuts.TopP(topP, vocabSize));
    }
    double minP = config.setting("min_p", Double.class).orElse(0.0);
    if (minP > 0) {
      addCut(new Cuts.MinP(minP));
    }
    double typicalP = config.setting("typical_p", Double.class).orElse(1.0);
    if (typicalP < 1) {
      processors.add(new Cuts.Typical(typicalP, vocabSize, leastKept()));
    }
    double epsilonCutoff = config.setting("epsilon_cutoff", Double.class).orElse(0.0);
    if (epsilonCutoff > 0 && epsilonCutoff < 1) {
      addCut(new Cuts.Epsilon(epsilonCutoff));
    }
    double etaCutoff = config.setting("eta_cutoff", Double.class).orElse(0.0);
    if (etaCutoff > 0 && etaCutoff < 1) {
      addCut(new Cuts.Eta(etaCutoff));
    }
  }

  private void addCut(LogitsProcessor cut) {
    processors.add(leastKept() == 1 ? cut : new Cuts.LeastKept(cut, leastKept(), vocabSize));
  }

  /** Beams need a token to go on with beside those that end the text; two where none does. */
  private int leastKept() {
    return config.numBeams().orElse(1) == 1 ? 1 : Math.max(1, eosTokenIds().length) + 1;
  }

  private int[] eosTokenIds() {
    return config.eosTokenIds().orElse(new int[0]);
  }
}
