package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.GenerationOutputs;
import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.generation.StepStates;
import io.github.jmixtral.generation.TokenLogProbability;
import io.github.jmixtral.internal.sampling.Softmax;
import io.github.jmixtral.internal.sampling.TokenHeap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Keeps of a step what the settings ask for. Three calls a step: {@link #begin} with the model's
 * logits, {@link #processed} with what the processors made of them, {@link #chosen} with each id
 * that was chosen.
 */
final class StepRecorder {
  private final OutputSettings wanted;
  private final @Nullable TokenHeap heap;

  /** The model's logits of the step; reused unless they are kept. */
  private float @Nullable [] logits;

  private float @Nullable [] scores;
  private double logSum;
  private List<TokenLogProbability> top = List.of();
  private @Nullable StepStates states;

  /**
   * What was kept of one step, and the step before it: beams that share a past share its steps.
   * Parts that were not asked for are null.
   */
  record Step(
      @Nullable Step before,
      float @Nullable [] scores,
      float @Nullable [] logits,
      @Nullable StepLogProbabilities logProbabilities,
      @Nullable StepStates states) {}

  StepRecorder(OutputSettings wanted, int vocabSize) {
    this.wanted = wanted;
    heap = wanted.topLogprobs().orElse(0) > 0 ? new TokenHeap(vocabSize) : null;
  }

  /**
   * @param states of the step, or null
   */
  void begin(float[] logits, @Nullable StepStates states) {
    this.states = states;
    if (wanted.logits()) {
      this.logits = logits.clone();
    } else if (wanted.topLogprobs().isPresent()) {
      if (this.logits == null) {
        this.logits = new float[logits.length];
      }
      System.arraycopy(logits, 0, this.logits, 0, logits.length);
    }
    if (wanted.topLogprobs().isPresent()) {
      logSum = Softmax.logSum(logits);
      top = top(logits, wanted.topLogprobs().getAsInt());
    }
  }

  private List<TokenLogProbability> top(float[] logits, int count) {
    List<TokenLogProbability> likeliest = new ArrayList<>();
    if (heap != null) {
      heap.clear();
      for (int id = 0; id < logits.length; id++) {
        heap.add(id, logits[id]);
      }
      heap.heapify();
      while (likeliest.size() < count && heap.size() > 0) {
        likeliest.add(logProbability(heap.poll()));
      }
    }
    return List.copyOf(likeliest);
  }

  void processed(float[] logits) {
    if (wanted.scores()) {
      scores = logits.clone();
    }
  }

  /**
   * What is kept of the step for one chosen id.
   *
   * @param before the text's last step, or null
   * @return null when nothing is kept
   */
  @Nullable Step chosen(@Nullable Step before, int id) {
    if (!wanted.any()) {
      return null;
    }
    return new Step(
        before,
        scores,
        wanted.logits() ? logits : null,
        wanted.topLogprobs().isPresent() ? new StepLogProbabilities(logProbability(id), top) : null,
        states);
  }

  private TokenLogProbability logProbability(int id) {
    return new TokenLogProbability(id, Objects.requireNonNull(logits)[id] - logSum);
  }

  /**
   * Everything that was kept up to a step.
   *
   * @param sequenceScore null except for beam search
   * @param last the newest step, or null if nothing was kept
   */
  static GenerationOutputs outputs(@Nullable Double sequenceScore, @Nullable Step last) {
    ArrayDeque<Step> steps = new ArrayDeque<>();
    for (Step step = last; step != null; step = step.before()) {
      steps.push(step);
    }
    return new GenerationOutputs(
        sequenceScore,
        list(steps, Step::scores),
        list(steps, Step::logits),
        list(steps, Step::logProbabilities),
        list(steps, Step::states));
  }

  private static <T> List<T> list(ArrayDeque<Step> steps, Function<Step, T> part) {
    return steps.stream().map(part).filter(Objects::nonNull).toList();
  }
}
