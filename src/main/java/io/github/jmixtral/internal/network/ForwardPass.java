package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.RowKernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.tensor.MatMul;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.internal.tensor.WeightRows;
import java.util.Objects;
import java.util.function.IntConsumer;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A batch of tokens on its way through the decoder layers: {@code h += attention(norm(h)); h +=
 * moe(norm(h))} in each. Holds all that changes on the way: the team of threads, the operators'
 * scratch memory, the hidden states. Not thread-safe: callers take turns.
 *
 * <pre>
 * pass.batch().clear();
 * pass.batch().add(step, 0, count);
 * pass.run(null);                   the caches have grown by the batch
 * pass.normalise(row, out, offset); for each row that is wanted
 * </pre>
 */
final class ForwardPass implements AutoCloseable {

  /**
   * Tokens that one item of a step over the rows of a batch takes: of 4096 floats each, a few
   * microseconds. Up to 8 texts that are decoded together are one item, which the caller does
   * alone: it is over before another thread has woken up.
   */
  private static final int STEP_TOKENS = 8;

  /** Virtual machines keep a few words of the largest index for an array's header. */
  private static final int LONGEST_ARRAY = Integer.MAX_VALUE - 8;

  private final MixtralConfig config;
  private final MixtralWeights weights;
  private final int hiddenSize;
  private final float epsilon;
  private final Kernels kernels;
  private final RowKernels rowKernels;
  private final ThreadTeam team;
  private final MatMul matMul;
  private final Attention attention;
  private final SparseMoeBlock moe;
  private final TokenBatch batch = new TokenBatch();
  private final ThreadTeam.Step normStep = this::normaliseRows;
  private final ThreadTeam.Step addStep = this::addRows;

  /** The residual stream [rows, hidden]. */
  private float[] hidden = new float[0];

  /** What a block reads [rows, hidden]. */
  private float[] normed = new float[0];

  /** What a block adds to the residual stream [rows, hidden]. */
  private float[] update = new float[0];

  /** Is shown the inputs of the matrices while a text calibrates them; else null. */
  private @Nullable InputMeter meter;

  /** Reports each pass to Flight Recorder; null for none. */
  private @Nullable PassEvents events;

  /** The current norm's weight, for the step. */
  private float[] normWeight = new float[0];

  ForwardPass(
      MixtralConfig config,
      MixtralWeights weights,
      Kernels kernels,
      int threads,
      boolean roundsActivations) {
    this.config = config;
    this.weights = weights;
    this.kernels = kernels;
    hiddenSize = config.hiddenSize();
    epsilon = (float) config.rmsNormEps();
    rowKernels = kernels.row();
    team = new ThreadTeam(threads);
    try {
      matMul = new MatMul(kernels, team, roundsActivations);
      attention = new Attention(config, kernels, team, matMul);
      moe = new SparseMoeBlock(config, team, matMul);
    } catch (RuntimeException | Error failure) {
      // No one could close what was never constructed.
      team.close();
      throw failure;
    }
  }

  /**
   * Rows that a batch has at most: what one matrix gives for all of them is a single array, and a
   * sequence may ask for all experts.
   */
  static int mostRows(MixtralConfig config) {
    long experts = config.numLocalExperts();
    long heads = (long) config.numAttentionHeads() * config.headDim();
    long widest =
        LongStream.of(
                experts * config.intermediateSize(),
                experts * config.hiddenSize(),
                heads,
                config.vocabSize())
            .max()
            .orElseThrow();
    return (int) Math.max(1, LONGEST_ARRAY / widest);
  }

  /** Shows the inputs of all matrices to a meter from now on. */
  void observe(InputMeter meter) {
    this.meter = meter;
  }

  /**
   * Reports each pass to Flight Recorder from now on.
   *
   * @param events null for no longer
   */
  void report(@Nullable PassEvents events) {
    this.events = events;
  }

  /** The batch to fill before {@link #run}. */
  TokenBatch batch() {
    return batch;
  }

  /**
   * Runs the batch through all layers, then counts it into its caches.
   *
   * @param layerListener receives the number of layers that have run, after each; null for none
   */
  void run(@Nullable IntConsumer layerListener) {
    reserve();
    embed();
    if (events != null) {
      events.begin(batch);
    }
    for (int layer = 0; layer < weights.layers().size(); layer++) {
      runLayer(layer);
      if (layerListener != null) {
        layerListener.accept(layer + 1);
      }
    }
    if (batch.isRecorded()) {
      recordFinalStates();
    }
    for (int s = 0; s < batch.sequences(); s++) {
      batch.cache(s).advance(batch.count(s));
    }
    if (events != null) {
      events.end();
    }
  }

  /** Makes room for the batch, in scratch memory and caches. */
  private void reserve() {
    int rows = batch.rows();
    int size = Math.multiplyExact(rows, hiddenSize);
    // Allocating may fail half-way, so the array that is allocated last stands for all.
    if (update.length < size) {
      hidden = new float[size];
      normed = new float[size];
      update = new float[size];
    }
    attention.begin(batch);
    moe.begin(batch);
  }

  private void embed() {
    for (int s = 0; s < batch.sequences(); s++) {
      SequenceStep step = batch.step(s);
      for (int t = 0; t < batch.count(s); t++) {
        int at = batch.start(s) + t;
        int offset = (batch.firstRow(s) + t) * hiddenSize;
        if (step.embeddings() == null) {
          int id = Objects.requireNonNull(step.ids())[step.offset() + at];
          WeightRows.read(kernels.matrix(), weights.embedTokens(), id, hidden, offset);
        } else {
          System.arraycopy(step.embeddings()[at], 0, hidden, offset, hiddenSize);
        }
      }
    }
  }

  private void runLayer(int layer) {
    MixtralWeights.Layer layerWeights = weights.layers().get(layer);
    if (batch.isRecorded()) {
      forEachRecorder(
          (recorder, s) -> recorder.hiddenStates(layer, hidden, batch.firstRow(s), batch.count(s)));
    }
    normaliseAll(layerWeights.inputLayernorm());
    attention.forward(layerWeights, layer, batch, normed, update);
    if (batch.isRecorded()) {
      forEachRecorder(
          (recorder, s) -> {
            if (recorder.wantsAttentions()) {
              recorder.attentions(layer, attention.probabilities(s));
            }
          });
    }
    if (meter != null) {
      meter.attention(layer, batch.rows(), normed, attention.mixed());
    }
    forEachRow(addStep);
    normaliseAll(layerWeights.postAttentionLayernorm());
    moe.forward(layerWeights, layer, batch, normed, update);
    if (batch.isRecorded()) {
      float[] logits = moe.routerLogits();
      forEachRecorder(
          (recorder, s) -> recorder.routerLogits(layer, logits, batch.firstRow(s), batch.count(s)));
    }
    if (meter != null) {
      moe.showInputs(layer, meter);
    }
    if (events != null) {
      events.experts(layer, batch, moe);
    }
    forEachRow(addStep);
  }

  private interface RecorderVisitor {
    void visit(Recorder recorder, int sequence);
  }

  private void forEachRecorder(RecorderVisitor visitor) {
    for (int s = 0; s < batch.sequences(); s++) {
      Recorder recorder = batch.step(s).recorder();
      if (recorder != null) {
        visitor.visit(recorder, s);
      }
    }
  }

  private void recordFinalStates() {
    forEachRecorder(
        (recorder, s) -> {
          for (int t = 0; t < batch.count(s); t++) {
            float[] state = recorder.finalState(t);
            if (state != null) {
              normalise(batch.firstRow(s) + t, state, 0);
            }
          }
          recorder.advance(batch.count(s));
        });
  }

  private void normaliseAll(float[] weight) {
    normWeight = weight;
    forEachRow(normStep);
  }

  private void forEachRow(ThreadTeam.Step step) {
    team.run((batch.rows() + STEP_TOKENS - 1) / STEP_TOKENS, step);
  }

  private void normaliseRows(int item, int worker) {
    int end = Math.min(batch.rows(), (item + 1) * STEP_TOKENS);
    for (int row = item * STEP_TOKENS; row < end; row++) {
      int offset = row * hiddenSize;
      rowKernels.rmsNorm(hidden, offset, normWeight, epsilon, hiddenSize, normed, offset);
    }
  }

  private void addRows(int item, int worker) {
    int end = Math.min(batch.rows(), (item + 1) * STEP_TOKENS) * hiddenSize;
    for (int i = item * STEP_TOKENS * hiddenSize; i < end; i++) {
      hidden[i] += update[i];
    }
  }

  /** The final norm of a row's hidden state: [hidden] at {@code offset}. */
  void normalise(int row, float[] out, int offset) {
    rowKernels.rmsNorm(hidden, row * hiddenSize, weights.norm(), epsilon, hiddenSize, out, offset);
  }

  /** A head's outputs: {@code out[i] = head · x[i]} for {@code count} normalised states. */
  void multiply(WeightMatrix head, float[] x, int count, float[] out) {
    matMul.add(head, x, 0, count, out, 0);
    matMul.run();
  }

  MixtralConfig config() {
    return config;
  }

  @Override
  public void close() {
    team.close();
  }
}
