package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.StepStates;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.Recorder;
import io.github.jmixtral.internal.network.SequenceStep;
import io.github.jmixtral.internal.sampling.IdSequence;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleConsumer;

/**
 * One text under way: its ids, its cache, and the logits after its last id once all ids are
 * computed. Ids may be guessed behind them, and get a row of logits each. Beams and several texts
 * of one prompt are forks of a branch. With guidance it has a second text beside it, which gets the
 * same new ids and lacks the prompt.
 */
final class Branch implements AutoCloseable {
  private static final int[] NO_GUESSES = {};

  private final IdSequence sequence;
  private final BlockCache cache;
  private final boolean ownsCache;

  /** Logits after the last id, then after each guess; as many rows as were ever needed. */
  private float[][] rows;

  /** The row after the last id alone. */
  private final float[][] firstRow;

  private final OutputSettings outputs;
  private final Branch unconditional;
  private int[] guesses = NO_GUESSES;
  private Prefill prefill;
  private Recorder recorder;
  private StepStates states;
  private int stepLength;
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
      Branch unconditional) {
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
  Branch unconditional() {
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
  StepStates states() {
    return states;
  }

  /** Forward passes that took part in the text so far. */
  int passes() {
    return passes;
  }

  void countPass() {
    passes++;
  }

  /** Ids that wait to be computed, guesses included. */
  int pending() {
    return sequence.length() + guesses.length - cache.length();
  }

  /**
   * The computation of ids that wait.
   *
   * @param length how many, the first ones
   */
  SequenceStep step(int length) {
    int start = cache.length();
    stepLength = length;
    if (guesses.length == 0) {
      boolean isLast = start + length == sequence.length();
      SequenceStep step =
          isLast
              ? new SequenceStep(cache, sequence.array(), start, length, firstRow)
              : new SequenceStep(cache, sequence.array(), start, length);
      return outputs.states() ? step.withRecorder(recorder()) : step;
    }
    // The ids from start on; after a cut within the guesses there are no others.
    int[] ids = new int[length];
    for (int i = 0; i < length; i++) {
      int guess = start + i - sequence.length();
      ids[i] = guess < 0 ? sequence.id(start + i) : guesses[guess];
    }
    int last = sequence.length() - 1;
    int from = Math.max(start, last) - last;
    int to = Math.max(from, start + length - last);
    return new SequenceStep(cache, ids, 0, length, Arrays.copyOfRange(rows, from, to));
  }

  /** What the model shows goes to one recorder for all ids that wait, in however many passes. */
  private Recorder recorder() {
    if (recorder == null) {
      recorder =
          cache.newRecorder(
              new Recorder.Wanted(
                  outputs.hiddenStates(), outputs.attentions(), outputs.routerLogits()),
              pending());
    }
    return recorder;
  }

  /**
   * How far a prompt is.
   *
   * @param first ids that the cache held before
   * @param count ids to compute
   * @param listeners receive the fraction that is done
   */
  record Prefill(int first, int count, List<DoubleConsumer> listeners) {}

  /** Who wants to know how far the prompt is, while it is computed; else null. */
  Prefill prefill() {
    return prefill;
  }

  void setPrefill(Prefill prefill) {
    this.prefill = prefill;
  }

  /**
   * Shows how far the prompt is.
   *
   * @param fraction of the current pass
   */
  void showPrefill(double fraction) {
    if (prefill != null) {
      double done = cache.length() - prefill.first() + fraction * stepLength;
      prefill.listeners().forEach(listener -> listener.accept(done / prefill.count()));
    }
  }

  /** A pass is done; keeps what the model showed, once no id waits. */
  void endPass() {
    stepLength = 0;
    if (recorder != null && pending() == 0) {
      states =
          new StepStates(recorder.hiddenStates(), recorder.attentions(), recorder.routerLogits());
      recorder = null;
    }
  }

  /** Whether the logits are those after the last id. */
  boolean isComputed() {
    return pending() == 0 && (unconditional == null || unconditional.isComputed());
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
