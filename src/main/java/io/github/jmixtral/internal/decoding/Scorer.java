package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.TextScore;
import io.github.jmixtral.generation.TokenLogProbability;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.IdRange;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.network.SequenceStep;
import io.github.jmixtral.internal.sampling.Softmax;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Measures how likely a language model finds texts. The log probability of an id is {@code log
 * softmax(logits)[id]} of the logits after all ids before it, summed up in double. One scorer
 * serves any number of threads.
 */
public final class Scorer {
  /** Positions whose logits are held at a time, which bounds the memory. */
  private static final int MOST_ROWS = 256;

  private final LanguageModel model;
  private final PassScheduler scheduler;
  private final PrefixCache prefixes;
  private final Admission admission;
  private final IdRange range;

  /**
   * A scorer around a model, which stays the caller's to close.
   *
   * @param scheduler of the model's passes
   * @param prefixes what its requests have computed
   * @param admission how many requests may have caches of their own at once
   */
  public Scorer(
      LanguageModel model, PassScheduler scheduler, PrefixCache prefixes, Admission admission) {
    this.model = model;
    this.prefixes = prefixes;
    this.scheduler = scheduler;
    this.admission = admission;
    range = new IdRange(model.config().vocabSize());
  }

  /**
   * Scores all ids of a text but the first.
   *
   * @param ids at least two, each inside the vocabulary
   * @throws IllegalArgumentException for fewer, or an id outside the vocabulary
   * @throws IllegalStateException when the model is closed
   * @throws java.util.concurrent.CancellationException when this thread is interrupted
   */
  public TextScore score(int[] ids) {
    if (ids.length < 2) {
      throw new IllegalArgumentException(
          "ids: a score needs at least 2 ids, as the first has no context; there are "
              + ids.length);
    }
    range.require("ids", ids);
    try (Admission.Place place = admission.enter(model.mostCacheBytes(0, ids.length, 1));
        PassScheduler.Seat seat = scheduler.newSeat(List.of());
        BlockCache cache = model.newCache()) {
      cache.takeFrom(place.reservation());
      List<TokenLogProbability> tokens = new ArrayList<>();
      scoreFollowing(seat, cache, ids, tokens);
      return new TextScore(tokens);
    }
  }

  /**
   * Scores continuations of a prompt, which is computed once.
   *
   * @param promptIds at least one, each inside the vocabulary
   * @param choices at least one of at least one id each
   * @throws IllegalArgumentException for fewer, or an id outside the vocabulary
   * @throws IllegalStateException when the model is closed
   * @throws java.util.concurrent.CancellationException when this thread is interrupted
   */
  public List<TextScore> score(int[] promptIds, List<int[]> choices) {
    requireScorable(promptIds, choices);
    List<TextScore> scores = new ArrayList<>();
    float[] afterPrompt = new float[model.config().vocabSize()];
    int longest = choices.stream().mapToInt(ids -> ids.length).max().orElseThrow();
    long bytes = model.mostCacheBytes(promptIds.length, promptIds.length + longest, 2);
    try (Admission.Place place = admission.enter(bytes);
        PassScheduler.Seat seat = scheduler.newSeat(List.of());
        BlockCache prompt =
            prefixes.open(promptIds, model.config().numExpertsPerTok(), place.reservation())) {
      int held = prompt.length();
      int left = promptIds.length - held;
      compute(seat, new SequenceStep(prompt, promptIds, held, left, afterPrompt));
      prefixes.keep(promptIds, promptIds.length, prompt);
      double logSum = Softmax.logSum(afterPrompt);
      for (int[] ids : choices) {
        List<TokenLogProbability> tokens = new ArrayList<>();
        tokens.add(new TokenLogProbability(ids[0], afterPrompt[ids[0]] - logSum));
        if (ids.length > 1) {
          try (BlockCache fork = prompt.fork()) {
            scoreFollowing(seat, fork, ids, tokens);
          }
        }
        scores.add(new TextScore(tokens));
      }
    }
    return scores;
  }

  /**
   * Scores continuations of a prompt as texts, from the first id on in which they differ from the
   * prompt.
   *
   * @param encoding with which special tokens around the text the folder asks for
   * @param choices at least one, none empty
   * @throws IllegalArgumentException for none or an empty one, or when a joined text shares no id
   *     with the prompt
   * @throws IllegalStateException when the model is closed
   * @throws java.util.concurrent.CancellationException when this thread is interrupted
   */
  public List<TextScore> score(Tokenizer encoding, String prompt, List<String> choices) {
    int[] promptIds = encoding.encode(prompt, true);
    List<int[]> joined = new ArrayList<>();
    int shared = promptIds.length;
    for (int i = 0; i < choices.size(); i++) {
      if (choices.get(i).isEmpty()) {
        throw new IllegalArgumentException("choices[" + i + "] is an empty text");
      }
      int[] ids = encoding.encode(prompt + choices.get(i), true);
      joined.add(ids);
      int mismatch = Arrays.mismatch(promptIds, ids);
      shared = Math.min(shared, mismatch < 0 ? ids.length : mismatch);
      // At least one id to score.
      shared = Math.min(shared, ids.length - 1);
    }
    if (shared == 0) {
      throw new IllegalArgumentException(
          "choices: the texts share no id at their beginning with the prompt");
    }
    int border = shared;
    return score(
        Arrays.copyOf(promptIds, border),
        joined.stream().map(ids -> Arrays.copyOfRange(ids, border, ids.length)).toList());
  }

  private void requireScorable(int[] promptIds, List<int[]> choices) {
    if (promptIds.length == 0) {
      throw new IllegalArgumentException("the prompt is empty; give at least one id");
    }
    if (choices.isEmpty()) {
      throw new IllegalArgumentException(
          "choices: there is nothing to choose from; give at least one");
    }
    range.require("prompt", promptIds);
    for (int i = 0; i < choices.size(); i++) {
      if (choices.get(i).length == 0) {
        throw new IllegalArgumentException("choices[" + i + "] is empty; give at least one id");
      }
      range.require("choices[" + i + "]", choices.get(i));
    }
  }

  /** Appends all ids but the last to a cache, and scores all but the first. */
  private void scoreFollowing(
      PassScheduler.Seat seat, BlockCache cache, int[] ids, List<TokenLogProbability> tokens) {
    int predictions = ids.length - 1;
    int rows = Math.min(predictions, Math.min(model.chunk(), MOST_ROWS));
    float[][] logits = new float[rows][model.config().vocabSize()];
    for (int start = 0; start < predictions; start += rows) {
      int length = Math.min(rows, predictions - start);
      compute(seat, new SequenceStep(cache, ids, start, length, Arrays.copyOf(logits, length)));
      for (int row = 0; row < length; row++) {
        int next = ids[start + row + 1];
        tokens.add(new TokenLogProbability(next, logits[row][next] - Softmax.logSum(logits[row])));
      }
    }
  }

  private static void compute(PassScheduler.Seat seat, SequenceStep step) {
    seat.computeAll(List.of(PendingStep.ofPrompt(step)));
  }
}
