package io.github.jmixtral.generation;

import io.github.jmixtral.config.OutputSettings;
import io.github.jmixtral.model.KeyValueCache;

/**
 * One text under way: its ids, its cache, and the logits after its last id once all ids are
 * computed. Beams and several texts of one prompt are forks of a branch. With guidance it has a
 * second text beside it, which gets the same new ids and lacks the prompt.
 */
final class Branch implements AutoCloseable {
  private final TokenSequence sequence;
  private final KeyValueCache cache;
  private final boolean ownsCache;
  private final float[] logits;
  private final OutputSettings outputs;
  private final Branch unconditional;
  private StepStates states;
  private int passes;

  /**
   * @param cache holds the first ids of the sequence
   * @param ownsCache whether closing the branch closes the cache
   * @param vocabSize entries of a logits row
   * @param outputs what is kept of the steps
   * @param unconditional the text beside it, or null
   */
  Branch(
      TokenSequence sequence,
      KeyValueCache cache,
      boolean ownsCache,
      int vocabSize,
      OutputSettings outputs,
      Branch unconditional) {
    this.sequence = sequence;
    this.cache = cache;
    this.ownsCache = ownsCache;
    logits = new float[vocabSize];
    this.outputs = outputs;
    this.unconditional = unconditional;
  }

  TokenSequence sequence() {
    return sequence;
  }

  KeyValueCache cache() {
    return cache;
  }

  /** The logits after the last id [vocab]; whoever chooses from them may change them. */
  float[] logits() {
    return logits;
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

  void show(StepStates states) {
    this.states = states;
  }

  /** Forward passes that took part in the text so far. */
  int passes() {
    return passes;
  }

  void countPass() {
    passes++;
  }

  /** Ids that wait to be computed. */
  int pending() {
    return sequence.length() - cache.length();
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
            logits.length,
            outputs,
            unconditional == null ? null : unconditional.fork());
    System.arraycopy(logits, 0, fork.logits, 0, logits.length);
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
