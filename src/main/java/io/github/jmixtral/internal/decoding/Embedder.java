package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.network.SequenceStep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes vectors of texts: the final hidden states, after the last norm, pooled. Short texts go
 * through the model together, long ones chunk by chunk, so that the memory has a bound; a vector
 * does not depend on the texts beside it. One embedder serves any number of threads.
 */
public final class Embedder {
  private final LanguageModel model;
  private final PassScheduler scheduler;
  private final Admission admission;

  /**
   * An embedder around a model, which stays the caller's to close.
   *
   * @param scheduler of the model's passes
   * @param admission how many requests may have caches of their own at once
   */
  public Embedder(LanguageModel model, PassScheduler scheduler, Admission admission) {
    this.model = model;
    this.scheduler = scheduler;
    this.admission = admission;
  }

  /**
   * Makes a vector of each list of ids.
   *
   * @param sequences at least one id each, each inside the vocabulary
   * @return [sequences, hidden]
   * @throws IllegalArgumentException for a sequence without ids, or an id outside the vocabulary
   * @throws IllegalStateException when the model is closed
   * @throws java.util.concurrent.CancellationException when this thread is interrupted
   */
  public float[][] embed(List<int[]> sequences, EmbeddingConfig config) {
    float[][] vectors = new float[sequences.size()][];
    List<int[]> batch = new ArrayList<>();
    int ids = 0;
    for (int i = 0; i < vectors.length; i++) {
      batch.add(sequences.get(i));
      ids += sequences.get(i).length;
      boolean full = i + 1 == vectors.length || ids + sequences.get(i + 1).length > model.chunk();
      if (full) {
        float[][] embedded =
            batch.size() == 1 ? oneByChunks(batch.getFirst(), config) : all(batch, config);
        System.arraycopy(embedded, 0, vectors, i + 1 - batch.size(), batch.size());
        batch.clear();
        ids = 0;
      }
    }
    return vectors;
  }

  private float[][] all(List<int[]> batch, EmbeddingConfig config) {
    List<SequenceStep> steps =
        batch.stream()
            .map(
                ids ->
                    new SequenceStep(
                        model.newCache(),
                        ids,
                        0,
                        ids.length,
                        new float[ids.length][model.config().hiddenSize()]))
            .toList();
    long bytes = batch.stream().mapToLong(ids -> model.mostCacheBytes(0, ids.length, 1)).sum();
    try (Admission.Place place = admission.enter(bytes);
        PassScheduler.Seat seat = scheduler.newSeat(List.of())) {
      steps.forEach(step -> step.cache().takeFrom(place.reservation()));
      compute(seat, steps);
    } finally {
      steps.forEach(step -> step.cache().close());
    }
    return steps.stream()
        .map(
            step -> {
              var pooled = new PooledStates(config, model.config().hiddenSize());
              pooled.add(step.outputs());
              return pooled.vector();
            })
        .toArray(float[][]::new);
  }

  private float[][] oneByChunks(int[] ids, EmbeddingConfig config) {
    if (ids.length == 0) {
      throw new IllegalArgumentException("ids: there is nothing to embed; give at least one id");
    }
    var pooled = new PooledStates(config, model.config().hiddenSize());
    try (Admission.Place place = admission.enter(model.mostCacheBytes(0, ids.length, 1));
        PassScheduler.Seat seat = scheduler.newSeat(List.of());
        BlockCache cache = model.newCache()) {
      cache.takeFrom(place.reservation());
      for (SequenceStep chunk : model.chunks(cache, ids)) {
        float[][] states = new float[chunk.length()][model.config().hiddenSize()];
        compute(seat, List.of(chunk.withOutputs(states)));
        pooled.add(states);
      }
    }
    return new float[][] {pooled.vector()};
  }

  private static void compute(PassScheduler.Seat seat, List<SequenceStep> steps) {
    seat.computeAll(
        steps.stream().map(SequenceStep::withoutHead).map(PendingStep::ofPrompt).toList());
  }

  /** What the states of one text add up to, in double. */
  private static final class PooledStates {
    private final EmbeddingConfig config;
    private final double[] sum;
    private long count;

    PooledStates(EmbeddingConfig config, int hiddenSize) {
      this.config = config;
      sum = new double[hiddenSize];
    }

    /**
     * Takes the states of the next ids.
     *
     * @param states [ids, hidden]
     */
    void add(float[][] states) {
      switch (config.pooling()) {
        case MEAN -> {
          for (float[] state : states) {
            for (int i = 0; i < sum.length; i++) {
              sum[i] += state[i];
            }
          }
          count += states.length;
        }
        case LAST_TOKEN -> {
          Arrays.setAll(sum, i -> states[states.length - 1][i]);
          count = 1;
        }
      }
    }

    float[] vector() {
      double divisor = config.normalized() ? length() : count;
      float[] vector = new float[sum.length];
      for (int i = 0; i < vector.length; i++) {
        vector[i] = (float) (sum[i] / divisor);
      }
      return vector;
    }

    /** The sum's length; states after a norm are not all zero, but a weight of the norm may be. */
    private double length() {
      double squares = 0;
      for (double value : sum) {
        squares += value * value;
      }
      return squares == 0 ? 1 : Math.sqrt(squares);
    }
  }
}
