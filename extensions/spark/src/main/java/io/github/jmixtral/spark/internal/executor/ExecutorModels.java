package io.github.jmixtral.spark.internal.executor;

import io.github.jmixtral.spark.internal.task.ModelSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The models of an executor: each is loaded once, used by all tasks that ask for it, kept for the
 * stages to come, and closed when it was idle for a while or the JVM ends. Thread-safe.
 */
public final class ExecutorModels {
  /** The executor's. Tasks arrive one by one as bytes: a static is all that they can share. */
  private static final ExecutorModels OF_JVM = new ExecutorModels();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(OF_JVM::closeIdle, "jmixtral-close"));
  }

  private final Map<ModelSettings, Entry> entries = new HashMap<>();
  private final ScheduledThreadPoolExecutor clock;
  private long loads;

  /** A model with the count of its users, which the lock of all models guards. */
  private static final class Entry {
    private final ModelSettings settings;
    private final Object loading = new Object();
    private @Nullable OpenModel model;
    private int users;
    private @Nullable ScheduledFuture<?> end;

    Entry(ModelSettings settings) {
      this.settings = settings;
    }
  }

  /** The use of a model; closed once or more. */
  public final class Lease implements AutoCloseable {
    private final Entry entry;
    private final OpenModel model;
    private final Duration idleTime;
    private boolean closed;

    private Lease(Entry entry, OpenModel model, Duration idleTime) {
      this.entry = entry;
      this.model = model;
      this.idleTime = idleTime;
    }

    /** The model. */
    public OpenModel model() {
      return model;
    }

    /** Ends the use; the model goes when it stays without users for the idle time. */
    @Override
    public void close() {
      synchronized (ExecutorModels.this) {
        if (!closed) {
          closed = true;
          leave(entry, idleTime);
        }
      }
    }
  }

  private ExecutorModels() {
    clock =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("jmixtral-idle").factory());
    clock.setRemoveOnCancelPolicy(true);
  }

  /** The models of this JVM. */
  public static ExecutorModels ofJvm() {
    return OF_JVM;
  }

  /**
   * The use of a model, which is loaded if it is not yet; others who ask for it wait for that.
   *
   * @throws io.github.jmixtral.error.JmixtralException if it is missing, damaged or not supported
   */
  public Lease lease(ModelSettings settings, Duration idleTime) {
    Entry entry = enter(settings);
    try {
      return new Lease(entry, loaded(entry), idleTime);
    } catch (RuntimeException | Error failure) {
      synchronized (this) {
        leave(entry, Duration.ZERO);
      }
      throw failure;
    }
  }

  private synchronized Entry enter(ModelSettings settings) {
    Entry entry = entries.computeIfAbsent(settings, Entry::new);
    entry.users++;
    if (entry.end != null) {
      entry.end.cancel(false);
      entry.end = null;
    }
    return entry;
  }

  private OpenModel loaded(Entry entry) {
    synchronized (entry.loading) {
      OpenModel model = entry.model;
      if (model == null) {
        model = OpenModel.load(entry.settings);
        entry.model = model;
        synchronized (this) {
          loads++;
        }
      }
      return model;
    }
  }

  private void leave(Entry entry, Duration idleTime) {
    entry.users--;
    if (entry.users == 0) {
      entry.end =
          clock.schedule(() -> closeIfIdle(entry), idleTime.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void closeIfIdle(Entry entry) {
    synchronized (this) {
      if (entry.users > 0 || !entries.remove(entry.settings, entry)) {
        return;
      }
    }
    close(entry);
  }

  /** Closes what no task uses; what one still does goes with the JVM. */
  private void closeIdle() {
    List<Entry> idle;
    synchronized (this) {
      idle = entries.values().stream().filter(entry -> entry.users == 0).toList();
    }
    idle.forEach(this::closeIfIdle);
  }

  private static void close(Entry entry) {
    synchronized (entry.loading) {
      if (entry.model != null) {
        entry.model.close();
      }
    }
  }

  /** How many models have been loaded so far. */
  public synchronized long loadCount() {
    return loads;
  }

  /** How many models are held now. */
  public synchronized int openCount() {
    return entries.size();
  }
}
