package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.internal.network.SequenceStep;
import java.util.List;
import java.util.function.DoubleConsumer;

/**
 * A step that a caller waits for, computed in one pass or, a piece in each, in several. While its
 * caller waits it is the scheduler's, else the caller's.
 */
final class PendingStep {
  private final SequenceStep whole;
  private final boolean isPrompt;
  private final List<DoubleConsumer> listeners;

  /** Ids that the listeners' fractions are of: the step's, and those that it had before. */
  private final int all;

  /** Ids that are computed. */
  private int done;

  /** Ids that the pass under way computes behind those. */
  private int taken;

  private int passes;

  /** Steps are taken in the order of these; 0 before the step has come to the scheduler. */
  private long ticket;

  /** How far it is, 0 … 1; written by the thread that computes. */
  private volatile double fraction;

  /** What the listeners have received last. */
  private double shown;

  /**
   * @param isPrompt whether it may be cut into pieces, so that texts under way need not wait for it
   * @param listeners receive how far it is, on the caller's thread
   */
  PendingStep(SequenceStep whole, boolean isPrompt, List<DoubleConsumer> listeners) {
    this(whole, isPrompt, listeners, whole.length());
  }

  private PendingStep(
      SequenceStep whole, boolean isPrompt, List<DoubleConsumer> listeners, int all) {
    this.whole = whole;
    this.isPrompt = isPrompt;
    this.listeners = listeners;
    this.all = all;
  }

  /** A shorter step in this one's place, as more of its ids turned out to be known. */
  PendingStep withRest(SequenceStep rest) {
    PendingStep shorter = new PendingStep(rest, isPrompt, listeners, all);
    shorter.ticket = ticket;
    shorter.shown = shown;
    return shorter;
  }

  /** A prompt, or a part of one, to which no one listens. */
  static PendingStep ofPrompt(SequenceStep whole) {
    return new PendingStep(whole, true, List.of());
  }

  SequenceStep whole() {
    return whole;
  }

  boolean isPrompt() {
    return isPrompt;
  }

  boolean isDone() {
    return done == whole.length();
  }

  /** Passes that took a piece of it. */
  int passes() {
    return passes;
  }

  long ticket() {
    return ticket;
  }

  void setTicket(long ticket) {
    this.ticket = ticket;
  }

  /** Takes a piece into a pass; returns its step. */
  SequenceStep take(int most) {
    taken = Math.min(most, whole.length() - done);
    return taken == whole.length() ? whole : whole.part(done, taken);
  }

  /** Ids that the pass under way computes; 0 where it takes no part. */
  int taken() {
    return taken;
  }

  /** The pass has ended; what it took is computed, or is not. */
  void endPass(boolean isComputed) {
    if (isComputed) {
      done += taken;
      passes++;
    }
    taken = 0;
  }

  boolean hasListeners() {
    return !listeners.isEmpty();
  }

  /** Notes how far the pass under way is, for {@link #show}. */
  void progress(double ofPass) {
    fraction = (all - whole.length() + done + ofPass * taken) / all;
  }

  /** Whether the listeners have not received how far it is. */
  boolean hasNews() {
    return !listeners.isEmpty() && fraction > shown;
  }

  /** Shows the listeners how far it is. */
  void show() {
    if (hasNews()) {
      shown = fraction;
      for (int i = 0; i < listeners.size(); i++) {
        listeners.get(i).accept(shown);
      }
    }
  }
}
