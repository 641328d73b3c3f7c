package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.ChoiceScore;
import io.github.jmixtral.generation.ChoiceScores;
import io.github.jmixtral.generation.TextScore;
import io.github.jmixtral.generation.TokenScore;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.sampling.Softmax;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Measures how likely a language model finds texts. The log probability of an id is {@code log
 * softmax(logits)[id]} of the logits after all ids before it, summed up in double. One scorer
 * serves any number of threads.
 */
public final class Scorer {
  /** Positions whose logits are held at a time, which bounds the memory. */
  private static final int MOST_ROWS = 256;

  private final LanguageModel model;
  private final Admission admission;
  private final Optional<Tokenizer> tokenizer;
  private final int rows;

  /**
   * A scorer around a model, which stays the caller's to close.
   *
   * @param tokenizer names the ids' pieces; without one they stay empty
   * @param chunkTokens the model's own chunk, so that none is cut short
   * @param admission how many requests may have caches of their own at once
   */
  public Scorer(
      LanguageModel model, Optional<Tokenizer> tokenizer, int chunkTokens, Admission admission) {
    this.model = model;
    this.admission = admission;
    this.tokenizer = tokenizer;
    rows = Math.min(chunkTokens, MOST_ROWS);
  }

  /**
   * Scores all ids of a text but the first.
   *
   * @param ids at least two, each inside the vocabulary
   * @throws IllegalArgumentException for fewer, or an id outside the vocabulary
   * @throws IllegalStateException when the model is closed
   * @throws java.util.concurrent.CancellationException when this thread is interrupted while it
   *     waits for its turn
   */
  public TextScore score(int[] ids) {
    if (ids.length < 2) {
      throw new IllegalArgumentException(
          "ids: expected at least 2, as nothing foretells the first; found " + ids.length);
    }
    requireIds("ids", ids);
    try (Admission.Place _ = admission.enter();
        BlockCache cache = model.newCache()) {
      List<TokenScore> tokens = new ArrayList<>();
      scoreFollowing(cache, ids, tokens);
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
   * @throws java.util.concurrent.CancellationException when this thread is interrupted while it
   *     waits for its turn
   */
  public ChoiceScores score(int[] promptIds, int[][] choices) {
    List<String> texts =
        Arrays.stream(choices)
            .map(ids -> tokenizer.map(present -> present.decode(ids, true)).orElse(""))
            .toList();
    return score(promptIds, List.of(choices), texts);
  }

  /**
   * Scores continuations of a prompt as texts. Prompt and choice are joined and encoded as one
   * text, as a model has seen texts in its training; a prompt that ends with a space, or a choice
   * that goes on within a word, is no special case. What is scored of each choice are the ids
   * behind the longest beginning that all joined texts share with the prompt's own ids, which as a
   * rule is the whole prompt:
   *
   * <pre>
   * prompt "The cat", choices " sat", "tle"
   * The cat      → ▁The ▁cat
   * The cat sat  → ▁The ▁cat ▁sat
   * The cattle   → ▁The ▁cattle
   * shared: ▁The; scored: ▁cat ▁sat and ▁cattle
   * </pre>
   *
   * <p>So the sums are log probabilities after the same ids, and compare.
   *
   * @param encoding with which special tokens around the text the folder asks for
   * @param choices at least one, none empty
   * @throws IllegalArgumentException for none or an empty one, or when a joined text shares no id
   *     with the prompt
   * @throws IllegalStateException when the model is closed
   * @throws java.util.concurrent.CancellationException when this thread is interrupted while it
   *     waits for its turn
   */
  public ChoiceScores score(Tokenizer encoding, String prompt, List<String> choices) {
    int[] promptIds = encoding.encode(prompt, true);
    List<int[]> joined = new ArrayList<>();
    int shared = promptIds.length;
    for (int i = 0; i < choices.size(); i++) {
      if (choices.get(i).isEmpty()) {
        throw new IllegalArgumentException(
            "choices[" + i + "]: expected a text, found an empty one");
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
          "choices: expected texts that share at least one id with the prompt, found none shared");
    }
    int border = shared;
    return score(
        Arrays.copyOf(promptIds, border),
        joined.stream().map(ids -> Arrays.copyOfRange(ids, border, ids.length)).toList(),
        choices);
  }

  private ChoiceScores score(int[] promptIds, List<int[]> choices, List<String> texts) {
    requireScorable(promptIds, choices);
    List<ChoiceScore> scores = new ArrayList<>();
    float[] afterPrompt = new float[model.config().vocabSize()];
    try (Admission.Place _ = admission.enter();
        BlockCache prompt = model.newCache()) {
      model.nextTokenLogits(prompt, promptIds, 0, promptIds.length, afterPrompt);
      double logSum = Softmax.logSum(afterPrompt);
      for (int i = 0; i < choices.size(); i++) {
        int[] ids = choices.get(i);
        List<TokenScore> tokens = new ArrayList<>();
        tokens.add(token(ids[0], afterPrompt[ids[0]] - logSum));
        if (ids.length > 1) {
          try (BlockCache fork = prompt.fork()) {
            scoreFollowing(fork, ids, tokens);
          }
        }
        scores.add(new ChoiceScore(i, texts.get(i), new TextScore(tokens)));
      }
    }
    return new ChoiceScores(scores);
  }

  private void requireScorable(int[] promptIds, List<int[]> choices) {
    if (promptIds.length == 0) {
      throw new IllegalArgumentException("prompt: expected at least one id, found none");
    }
    if (choices.isEmpty()) {
      throw new IllegalArgumentException("choices: expected at least one, found none");
    }
    requireIds("prompt", promptIds);
    for (int i = 0; i < choices.size(); i++) {
      if (choices.get(i).length == 0) {
        throw new IllegalArgumentException(
            "choices[" + i + "]: expected at least one id, found none");
      }
      requireIds("choices[" + i + "]", choices.get(i));
    }
  }

  private void requireIds(String place, int[] ids) {
    int vocabSize = model.config().vocabSize();
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= vocabSize) {
        throw new IllegalArgumentException(
            "%s[%d]: expected an id from 0 to %d, found %d"
                .formatted(place, i, vocabSize - 1, ids[i]));
      }
    }
  }

  /** Appends all ids but the last to a cache, and scores all but the first. */
  private void scoreFollowing(BlockCache cache, int[] ids, List<TokenScore> tokens) {
    int predictions = ids.length - 1;
    float[][] logits = new float[Math.min(rows, predictions)][model.config().vocabSize()];
    for (int start = 0; start < predictions; start += logits.length) {
      int length = Math.min(logits.length, predictions - start);
      model.nextTokensLogits(cache, ids, start, length, Arrays.copyOf(logits, length));
      for (int row = 0; row < length; row++) {
        int next = ids[start + row + 1];
        tokens.add(token(next, logits[row][next] - Softmax.logSum(logits[row])));
      }
    }
  }

  private TokenScore token(int id, double logProbability) {
    String piece =
        tokenizer
            .filter(present -> id < present.vocabSize())
            .map(present -> present.piece(id))
            .orElse("");
    return new TokenScore(id, piece, logProbability);
  }
}
