package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.internal.network.SequenceClassifier;
import java.util.List;

/**
 * Computes the scores of a classifier's labels in passes that all callers share. One labeller
 * serves any number of threads.
 */
public final class Labeller {
  private final SequenceClassifier model;
  private final PassScheduler scheduler;
  private final Admission admission;

  /**
   * A labeller around a model, which stays the caller's to close.
   *
   * @param scheduler of the model's passes
   * @param admission how many requests may have caches of their own at once
   */
  public Labeller(SequenceClassifier model, PassScheduler scheduler, Admission admission) {
    this.model = model;
    this.scheduler = scheduler;
    this.admission = admission;
  }

  /**
   * As {@link SequenceClassifier#scores(List)}.
   *
   * @throws java.util.concurrent.CancellationException when this thread is interrupted
   */
  public float[][] scores(List<int[]> sequences) {
    try (Admission.Place place = admission.enter(model.mostCacheBytes(sequences));
        PassScheduler.Seat seat = scheduler.newSeat(List.of())) {
      return model.scores(
          sequences,
          place.reservation(),
          steps -> seat.computeAll(steps.stream().map(PendingStep::ofPrompt).toList()));
    }
  }
}
