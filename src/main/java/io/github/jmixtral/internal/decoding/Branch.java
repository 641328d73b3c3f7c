package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.StepStates;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.Recorder;
import io.github.jmixtral.internal.network.SequenceStep;
import io.github.jmixtral.internal.sampling.IdSequence;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One text under way: its ids, its cache, and the logits after its last id once all ids are
 * computed. Ids may be guessed behind them, and get a row of logits each. Beams and several texts
 * of one prompt are forks of a branch. With guidance it has a second text beside it, which gets the
 * same new ids and lacks the prompt.
 */
final class Branch implements AutoCloseable {
  private static final int[] NO_GUESSES = {};

  private final IdSequence sequence;
  private BlockCache cache;
  private final boolean ownsCache;

  /** Logits after the last id, then after each guess; as many rows as were ever needed. */
  private float[][] rows;

  /** The row after the last id alone. */
  private final float[][] firstRow;

  private final OutputSettings outputs;
  private final @Nullable Branch unconditional;
  private int[] guesses = NO_GUESSES;

  /** The computation of the ids that wait, or null. */
  private @Nullable PendingStep step;

  private @Nullable Recorder recorder;
  private @Nullable StepStates states;
  private int passes;

  /**
   * @param cache holds the first ids of the sequence
   * @param ownsCache whether closing the branch closes the cache
   * @param vocabSize entries of a logits row
   * @param outputs what is kept of the steps
   * @param unconditional the text beside it, or null
   */
  Branch(
      IdSequence sequence,
      BlockCache cache,
      boolean ownsCache,
      int vocabSize,
      OutputSettings outputs,
      @Nullable Branch unconditional) {
    this.sequence = sequence;
    this.cache = cache;
    this.ownsCache = ownsCache;
    firstRow = new float[][] {new float[vocabSize]};
    rows = firstRow;
    this.outputs = outputs;
    this.unconditional = unconditional;
  }

  IdSequence sequence() {
    return sequence;
  }

  BlockCache cache() {
    return cache;
  }

  /** The logits after the last id [vocab]; the sampler may change them. */
  float[] logits() {
    return firstRow[0];
  }

  /** The logits after this number of guesses [vocab]; after none: {@link #logits}. */
  float[] logits(int guesses) {
    return rows[guesses];
  }

  /** Ids that may come next, in this order; computed with the others. */
  int[] guesses() {
    return guesses;
  }

  /** Guesses other ids in place of those before, of which the cache must hold none. */
  void guess(int... ids) {
    guesses = ids;
    int before = rows.length;
    if (before <= ids.length) {
      rows = Arrays.copyOf(rows, ids.length + 1);
      for (int row = before; row < rows.length; row++) {
        rows[row] = new float[firstRow[0].length];
      }
    }
  }

  /** The text beside this one, or null without guidance. */
  @Nullable Branch unconditional() {
    return unconditional;
  }

  /** What is kept of the steps. */
  OutputSettings outputs() {
    return outputs;
  }

  boolean ownsCache() {
    return ownsCache;
  }

  /** What the model showed while it computed the last ids, or null. */
  @Nullable StepStates states() {
    return states;
  }

  /** Forward passes that took part in the text so far. */
  int passes() {
    return passes;
  }

  /** Ids that wait to be computed, guesses included. */
  private int pending() {
    return sequence.length() + guesses.length - cache.length();
  }

  /**
   * Adds the computation of the ids that wait, of this text and the one beside it.
   *
   * @param isPrompt whether the text has not begun
   * @param listeners receive how far it is
   */
  void addPending(List<PendingStep> steps, boolean isPrompt, List<DoubleConsumer> listeners) {
    if (step == null && pending() > 0) {
      step = new PendingStep(step(), isPrompt, listeners);
    }
    if (step != null) {
      steps.add(step);
    }
    if (unconditional != null) {
      unconditional.addPending(steps, isPrompt, List.of());
    }
  }

  /**
   * Takes another cache in the place of its own one.
   *
   * @param longer holds more of the first ids
   */
  void goOnWith(BlockCache longer) {
    cache.close();
    cache = longer;
    step = step == null ? null : step.withRest(step());
  }

  private SequenceStep step() {
    int start = cache.length();
    int length = pending();
    if (guesses.length == 0) {
      SequenceStep plain = new SequenceStep(cache, sequence.array(), start, length, firstRow);
      return outputs.states() ? plain.withRecorder(newRecorder(length)) : plain;
    }
    int[] ids = new int[length];
    System.arraycopy(sequence.array(), start, ids, 0, length - guesses.length);
    System.arraycopy(guesses, 0, ids, length - guesses.length, guesses.length);
    return new SequenceStep(cache, ids, 0, length, Arrays.copyOf(rows, guesses.length + 1));
  }

  /** What the model shows goes to one recorder for all ids that wait, in however many passes. */
  private Recorder newRecorder(int count) {
    recorder =
        cache.newRecorder(
            new Recorder.Wanted(
                outputs.hiddenStates(), outputs.attentions(), outputs.routerLogits()),
            count);
    return recorder;
  }

  /** Takes what passes have computed, once no id waits. */
  void endPasses() {
    if (step != null && step.isDone()) {
      passes += step.passes();
      step = null;
      if (recorder != null) {
        states =
            new StepStates(recorder.hiddenStates(), recorder.attentions(), recorder.routerLogits());
        recorder = null;
      }
    }
    if (unconditional != null) {
      unconditional.endPasses();
    }
  }

  /** Whether the logits are those after the last id. */
  boolean isComputed() {
    return step == null && pending() == 0 && (unconditional == null || unconditional.isComputed());
  }

  void append(int id) {
    sequence.append(id);
    if (unconditional != null) {
      unconditional.append(id);
    }
  }

  /** A second text that goes on from here, with a copy of the logits. */
  Branch fork() {
    Branch fork =
        new Branch(
            sequence.copy(),
            cache.fork(),
            true,
            firstRow[0].length,
            outputs,
            unconditional == null ? null : unconditional.fork());
    System.arraycopy(logits(), 0, fork.logits(), 0, logits().length);
    fork.states = states;
    fork.passes = passes;
    return fork;
  }

  /** Gives the memory of the branch's own caches back. */
  @Override
  public void close() {
    if (ownsCache) {
      cache.close();
    }
    if (unconditional != null) {
      unconditional.close();
    }
  }
}
