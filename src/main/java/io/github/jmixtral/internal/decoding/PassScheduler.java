package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.internal.network.HeadedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Computes what the callers of a model wait for, in passes that they share: continuous batching, as
 * in Orca (Yu et al. 2022), with prompts in pieces, as in Sarathi (Agrawal et al. 2023). Each
 * caller keeps its own thread for everything else: sampling, processors, listeners.
 *
 * <pre>
 * thread A  wait ─ lead a pass of A B C ──── sample A  wait ──────────────────── …
 * thread B  wait ─────────────────────────── sample B    wait ────────────────── …
 * thread C  wait ─────────────────────────── sample C      lead a pass of A B C …
 * </pre>
 *
 * <p>A pass is led by one of the waiting threads, as soon as all who took part in the last one have
 * come back, or have not come back for a short while: a slow caller finds itself in the pass after
 * the next, and holds up no other. {@link PassPlan} says what a pass takes.
 *
 * <p>What a step becomes does not depend on the steps beside it: on quantised weights bit for bit,
 * otherwise except for rounding.
 */
public final class PassScheduler {
  /** A pass waits for those who took part in the last one at most 1/8 of the time that took. */
  private static final int WAITING_SHARE = 8;

  /** Beside small models it waits longer: threads take a while to wake up. */
  private static final long LEAST_WAITING_NANOS = 1_000_000;

  private final HeadedModel model;
  private final PassPlan plan;
  private final DoubleConsumer progress = this::progress;
  private final ReentrantLock lock = new ReentrantLock();

  /** Those that wait, in the order they came. */
  private final List<Seat> waiting = new ArrayList<>();

  private long lastTicket;

  /** The caller that computes, or null while no pass is under way. */
  private @Nullable Seat leader;

  /** What ended a pass that no caller wanted, or null; any other exception is a failure. */
  private @Nullable CancellationException givenUp;

  /** Passes that have begun. */
  private long passes;

  /** What these passes computed a piece of, each pass by itself. */
  private long sequences;

  /** How many of those that took part in the last pass have neither come back nor left. */
  private int missing;

  /** Until when the next pass waits for them, as {@link System#nanoTime}. */
  private long deadline;

  /** The waiting caller that watches the deadline, or null. */
  private @Nullable Seat watcher;

  /**
   * A scheduler beside a model, which stays the caller's to close. A model needs only one.
   *
   * @param model for callers of the scheduler; others may call it, too, and take turns with passes
   */
  public PassScheduler(HeadedModel model) {
    this.model = model;
    plan = new PassPlan(model.chunk());
  }

  /** Passes that have begun. */
  public long passes() {
    lock.lock();
    try {
      return passes;
    } finally {
      lock.unlock();
    }
  }

  /** How many sequences these passes had, all together. */
  public long sequences() {
    lock.lock();
    try {
      return sequences;
    } finally {
      lock.unlock();
    }
  }

  /** Callers that wait for a pass, or take part in one. */
  int waitingCount() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /**
   * A seat for the thread that calls.
   *
   * @param cancellations wake the thread when they are used
   */
  Seat newSeat(List<CancellationHandle> cancellations) {
    return newSeat(cancellations, () -> false);
  }

  /**
   * The same for a caller that may lose interest. A pass with prompts is given up between two
   * layers when all who take part in it have: on a large model it would take a while.
   *
   * @param isUnwanted whether all that the caller waits for was cancelled; asked on any thread
   */
  Seat newSeat(List<CancellationHandle> cancellations, BooleanSupplier isUnwanted) {
    Seat seat = new Seat(isUnwanted);
    for (CancellationHandle cancellation : cancellations) {
      seat.registrations.add(cancellation.onCancel(seat::wake));
    }
    return seat;
  }

  /**
   * Notes how far prompts are, in the midst of a pass. The leader's listeners are shown that at
   * once only where no other caller would wait for them.
   *
   * @throws CancellationException to end a pass that no caller wants
   */
  private void progress(double fraction) {
    boolean isAlone;
    boolean isWanted = false;
    lock.lock();
    try {
      isAlone = waiting.size() == 1;
      for (int i = 0; i < waiting.size(); i++) {
        waiting.get(i).progress(fraction);
        isWanted |= waiting.get(i).wantsPass();
      }
    } finally {
      lock.unlock();
    }
    if (!isWanted) {
      givenUp = new CancellationException("no caller wants the pass");
      throw givenUp;
    }
    if (isAlone) {
      Seat alone = Objects.requireNonNull(leader, "leader");
      alone.show(alone.steps);
    }
  }

  /** Wakes a caller to lead the next pass; called by each that leaves the queue. */
  private void handOn() {
    if (leader == null && !waiting.isEmpty() && (watcher == null || missing == 0)) {
      (watcher == null ? waiting.getFirst() : watcher).changed.signal();
    }
  }

  /** One thread that asks for passes, as long as its request takes. The lock guards the fields. */
  final class Seat implements AutoCloseable {
    private final Condition changed = lock.newCondition();
    private final List<Runnable> registrations = new ArrayList<>();
    private final BooleanSupplier isUnwanted;
    private List<PendingStep> steps = List.of();
    private @Nullable Thread thread;
    private boolean isInPass;
    private boolean isServed;
    private boolean isWoken;
    private long lastPass;

    /** Of a pass, or of a listener; the first. */
    private volatile @Nullable Throwable failure;

    private Seat(BooleanSupplier isUnwanted) {
      this.isUnwanted = isUnwanted;
    }

    /** What the caller waits for. */
    List<PendingStep> steps() {
      return steps;
    }

    /**
     * Waits until one of the steps at least is done, or the thread is interrupted, or one of the
     * seat's cancellations is used, or another caller's prompt is done with which one of these may
     * have its beginning in common. Then all steps are the caller's again.
     *
     * @param steps not done; listeners are called while they wait
     * @throws IllegalArgumentException when a step does not fit the model
     * @throws IllegalStateException from a listener, or when model or cache are closed
     */
    void compute(List<PendingStep> steps) {
      Throwable thrown = await(steps);
      switch (thrown) {
        case null -> {}
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        default -> throw new IllegalStateException(thrown);
      }
    }

    private @Nullable Throwable await(List<PendingStep> steps) {
      for (int i = 0; i < steps.size(); i++) {
        model.requireFits(steps.get(i).whole());
      }
      boolean isInterrupted = Thread.currentThread().isInterrupted();
      lock.lock();
      try {
        enter(steps);
        while (!isServed && (isInPass || !(isWoken || isInterrupted || failure != null))) {
          if (leader == null && (missing == 0 || deadline - System.nanoTime() <= 0)) {
            lead();
          } else {
            isInterrupted |= !awaitChange();
            showUnlocked();
          }
          isInterrupted |= Thread.currentThread().isInterrupted();
        }
      } finally {
        leave();
        lock.unlock();
        if (isInterrupted) {
          Thread.currentThread().interrupt();
        }
      }
      show(steps);
      Throwable thrown = failure;
      failure = null;
      return thrown;
    }

    /**
     * Waits until all steps are done.
     *
     * @throws CancellationException when the thread is interrupted; its flag stays set
     */
    void computeAll(List<PendingStep> steps) {
      List<PendingStep> left = new ArrayList<>(steps);
      while (!left.isEmpty()) {
        compute(left);
        left.removeIf(PendingStep::isDone);
        if (!left.isEmpty() && Thread.currentThread().isInterrupted()) {
          throw new CancellationException("interrupted while the model computed");
        }
      }
    }

    private void enter(List<PendingStep> steps) {
      if (leader != null && leader.thread == Thread.currentThread()) {
        throw new IllegalStateException(
            "a progress listener called the model that is computing; let it return first");
      }
      for (int i = 0; i < steps.size(); i++) {
        if (steps.get(i).ticket() == 0) {
          steps.get(i).setTicket(++lastTicket);
        }
      }
      comeBack();
      this.steps = steps;
      thread = Thread.currentThread();
      isServed = false;
      waiting.add(this);
    }

    private void comeBack() {
      if (lastPass == passes && lastPass > 0) {
        lastPass = 0;
        missing--;
      }
    }

    /** Waits for a change; returns false when the thread was interrupted, whose flag is cleared. */
    @SuppressWarnings("WaitNotInLoop") // The caller loops.
    private boolean awaitChange() {
      boolean isWatcher = leader == null && watcher == null;
      try {
        if (isInPass) {
          changed.awaitUninterruptibly();
        } else if (isWatcher) {
          watcher = this;
          changed.awaitNanos(deadline - System.nanoTime());
        } else {
          changed.await();
        }
        return true;
      } catch (InterruptedException interrupt) {
        return false;
      } finally {
        if (watcher == this) {
          watcher = null;
        }
      }
    }

    private void leave() {
      waiting.remove(this);
      steps = List.of();
      thread = null;
      isWoken = false;
      handOn();
    }

    /** Computes a pass for all that wait. */
    private void lead() {
      leader = this;
      watcher = null;
      long start = System.nanoTime();
      Throwable thrown = null;
      boolean isComputed = false;
      try {
        plan.fill(waiting, missing > 0);
        missing = 0;
        passes++;
        sequences += plan.steps().size();
        boolean hasPrompt = false;
        for (int i = 0; i < waiting.size(); i++) {
          hasPrompt |= waiting.get(i).beginPass();
        }
        runUnlocked(hasPrompt ? progress : null);
        isComputed = true;
      } catch (RuntimeException | Error e) {
        // The callers of a pass that was given up go on with what earlier passes gave.
        if (e != givenUp) {
          thrown = e;
          // Even if the plan failed before it took one of the leader's steps.
          failure = failure == null ? e : failure;
        }
      }
      givenUp = null;
      for (int i = waiting.size() - 1; i >= 0; i--) {
        waiting.get(i).endPass(isComputed, thrown);
      }
      leader = null;
      long end = System.nanoTime();
      deadline = end + Math.max((end - start) / WAITING_SHARE, LEAST_WAITING_NANOS);
    }

    private void runUnlocked(@Nullable DoubleConsumer progress) {
      lock.unlock();
      try {
        model.run(plan.steps(), progress);
      } finally {
        lock.lock();
      }
    }

    /** Returns whether the pass takes a piece of a prompt. */
    private boolean beginPass() {
      boolean hasPrompt = false;
      for (int i = 0; i < steps.size(); i++) {
        isInPass |= steps.get(i).taken() > 0;
        hasPrompt |= steps.get(i).taken() > 0 && steps.get(i).isPrompt();
      }
      return hasPrompt;
    }

    private boolean wantsPass() {
      return isInPass && !isUnwanted.getAsBoolean();
    }

    /** Takes what a pass gave; leaves the queue when a step is done or was given up. */
    private void endPass(boolean isComputed, @Nullable Throwable thrown) {
      boolean tookPart = false;
      for (int i = 0; i < steps.size(); i++) {
        if (steps.get(i).taken() > 0) {
          tookPart = true;
          steps.get(i).endPass(isComputed);
          isServed |= steps.get(i).isDone();
        }
      }
      isInPass = false;
      if (tookPart && !isComputed) {
        isServed = true;
        failure = failure == null ? thrown : failure;
      }
      if (isServed) {
        waiting.remove(this);
        lastPass = passes;
        missing++;
      }
      if (isServed || isWoken || failure != null) {
        changed.signal();
      }
    }

    private void progress(double fraction) {
      for (int i = 0; i < steps.size(); i++) {
        if (steps.get(i).taken() > 0 && steps.get(i).hasListeners()) {
          steps.get(i).progress(fraction);
          changed.signal();
        }
      }
    }

    private void showUnlocked() {
      if (hasNews()) {
        lock.unlock();
        try {
          show(steps);
        } finally {
          lock.lock();
        }
      }
    }

    private boolean hasNews() {
      for (int i = 0; i < steps.size(); i++) {
        if (steps.get(i).hasNews()) {
          return true;
        }
      }
      return false;
    }

    /**
     * Shows listeners how far prompts are; what one throws ends the caller's waiting, no other's.
     */
    private void show(List<PendingStep> steps) {
      try {
        for (int i = 0; i < steps.size(); i++) {
          steps.get(i).show();
        }
      } catch (RuntimeException | Error e) {
        failure = failure == null ? e : failure;
      }
    }

    /** Lets other callers look at what prompts have in common with one that is computed. */
    void wakePrompts() {
      lock.lock();
      try {
        for (int i = 0; i < waiting.size(); i++) {
          if (waiting.get(i).hasPrompt()) {
            waiting.get(i).wake();
          }
        }
      } finally {
        lock.unlock();
      }
    }

    private boolean hasPrompt() {
      for (int i = 0; i < steps.size(); i++) {
        if (steps.get(i).isPrompt()) {
          return true;
        }
      }
      return false;
    }

    private void wake() {
      lock.lock();
      try {
        isWoken = true;
        changed.signal();
      } finally {
        lock.unlock();
      }
    }

    /** Gives the seat up: no pass waits for the caller any more. */
    @Override
    public void close() {
      registrations.forEach(Runnable::run);
      lock.lock();
      try {
        comeBack();
        handOn();
      } finally {
        lock.unlock();
      }
    }
  }
}
