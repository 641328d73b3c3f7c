package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.StoppingCriteria;
import io.github.jmixtral.internal.sampling.IdSequence;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** All the reasons for which one generation may stop after a token, in the order they count. */
final class StoppingRules {
  private static final double NANOS_PER_SECOND = 1e9;

  private final FinishReason[] reasons;
  private final StoppingCriteria[] criteria;

  private record Rule(FinishReason reason, StoppingCriteria criteria) {}

  private StoppingRules(List<Rule> rules) {
    reasons = rules.stream().map(Rule::reason).toArray(FinishReason[]::new);
    criteria = rules.stream().map(Rule::criteria).toArray(StoppingCriteria[]::new);
  }

  /**
   * The rules of one generation.
   *
   * @param toolUse what the answer may call
   * @param startNanos when it began
   * @throws IllegalArgumentException for stop strings without a tokenizer
   */
  static StoppingRules of(
      GenerationConfig config,
      Optional<Tokenizer> tokenizer,
      ToolUse toolUse,
      int maxLength,
      List<StoppingCriteria> custom,
      long startNanos) {
    List<Rule> rules = new ArrayList<>();
    int[] eosTokenIds = config.eosTokenIds().orElse(new int[0]);
    rules.add(new Rule(FinishReason.EOS, sequence -> contains(eosTokenIds, sequence.last())));
    List<String> stopStrings = config.stopStrings().orElse(List.of());
    if (!stopStrings.isEmpty()) {
      Tokenizer decoding =
          tokenizer.orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "stop_strings need a tokenizer, and the model has none; use stopping criteria"
                          + " on ids"));
      rules.add(
          new Rule(
              FinishReason.STOP_STRING,
              new StopStringCriteria(
                  stopStrings,
                  decoding,
                  config.setting("include_stop_string", Boolean.class).orElse(true),
                  toolUse.heldCallsId(decoding))));
    }
    for (StoppingCriteria criteria : custom) {
      rules.add(new Rule(FinishReason.STOPPING_CRITERIA, criteria));
    }
    rules.add(new Rule(FinishReason.LENGTH, sequence -> sequence.length() >= maxLength));
    Optional<Double> maxTime = config.setting("max_time", Double.class);
    if (maxTime.isPresent()) {
      // The cast saturates: 300 years at most.
      long maxNanos = (long) (maxTime.get() * NANOS_PER_SECOND);
      rules.add(new Rule(FinishReason.TIME, sequence -> System.nanoTime() - startNanos > maxNanos));
    }
    return new StoppingRules(rules);
  }

  /**
   * The first reason that holds after the newest token, or null when the generation goes on. Every
   * criteria is asked, so that one that follows the text misses no token.
   */
  @Nullable FinishReason reasonAfter(IdSequence sequence) {
    FinishReason reason = null;
    for (int i = criteria.length - 1; i >= 0; i--) {
      if (criteria[i].shouldStop(sequence)) {
        reason = reasons[i];
      }
    }
    return reason;
  }

  private static boolean contains(int[] ids, int id) {
    for (int candidate : ids) {
      if (candidate == id) {
        return true;
      }
    }
    return false;
  }
}
