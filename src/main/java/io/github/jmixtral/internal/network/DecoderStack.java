package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.CacheBudget;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.internal.writing.CheckpointWriter;
import io.github.jmixtral.model.KeyValueCache;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.model.ModelOutput;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleConsumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The decoder stack without a head: ids in, hidden states out.
 *
 * <p>Weights never change; several threads may call one model. Calls take turns, first come first
 * served, as each uses all threads of the team. Close the model to unmap its weights.
 */
public final class DecoderStack implements AutoCloseable {

  private static final Logger LOGGER = LoggerFactory.getLogger(DecoderStack.class);

  private final Checkpoint checkpoint;
  private final MixtralConfig config;
  private final MixtralWeights weights;
  private final Kernels kernels;
  private final ForwardPass pass;
  private final StepRun stepRun;
  private final int chunk;
  private final int threads;
  private final LoadOptions.Activations activations;
  private final LoadOptions.CacheFormat cacheFormat;
  private final CacheMemory cacheMemory;
  private final ReentrantLock turn = new ReentrantLock(true);
  private boolean closed;

  /** Computed when it is asked for: it reads a part of the weights. */
  private @Nullable String fingerprint;

  DecoderStack(Checkpoint checkpoint, LoadOptions options) {
    this.checkpoint = checkpoint;
    config = checkpoint.config();
    weights = checkpoint.weights();
    chunk = Math.min(options.chunkTokens(), ForwardPass.mostRows(config));
    threads = options.threads();
    cacheFormat = options.cacheFormat();
    activations = options.activations();
    cacheMemory =
        new CacheMemory(
            options
                .cacheBudget()
                .orElseGet(() -> CacheBudget.ofMachine(checkpoint.contents().total().bytes())));
    kernels = Kernels.detected();
    LOGGER.info(
        "{}: {} threads, {}",
        checkpoint.folder().getFileName(),
        threads,
        kernels.vectorBits() == 0 ? "no vectors" : kernels.vectorBits() + "-bit vectors");
    pass = new ForwardPass(config, weights, kernels, threads, roundsActivations());
    pass.report(FlightRecorder.passEvents());
    stepRun = new StepRun(pass, chunk);
  }

  /**
   * Loads a checkpoint of any layout. A language model's or classifier's head is ignored.
   *
   * @throws io.github.jmixtral.error.JmixtralException when the folder is not a readable Mixtral
   */
  public static DecoderStack fromPretrained(Path folder, LoadOptions options) {
    return load(folder, options, checkpoint -> new DecoderStack(checkpoint, options));
  }

  /** Makes a model of a checkpoint, which is closed again if that fails. */
  static <T> T load(Path folder, LoadOptions options, Function<Checkpoint, T> model) {
    Checkpoint checkpoint = FlightRecorder.open(folder, options);
    try {
      return model.apply(checkpoint);
    } catch (RuntimeException | Error failure) {
      checkpoint.close();
      throw failure;
    }
  }

  /** The model's shape. */
  public MixtralConfig config() {
    return config;
  }

  /** The weights, in the formats that they are multiplied in; accessible until {@link #close}. */
  MixtralWeights weights() {
    return weights;
  }

  /**
   * How many ids flow through the layers together at most: as the options say, but no more than fit
   * into arrays. Longer work is cut into chunks here; callers who want a look in between cut alike.
   */
  public int chunk() {
    return chunk;
  }

  /**
   * The ids that a cache lacks, in steps that flow through the layers together, for what takes its
   * outputs step by step: the memory for them has a bound, and other threads get their turns.
   *
   * @param ids the whole sequence, what the cache holds included
   */
  public List<SequenceStep> chunks(BlockCache cache, int[] ids) {
    return SequenceStep.inChunks(cache, ids, cache.length(), chunk);
  }

  /** An empty cache for one sequence. */
  public BlockCache newCache() {
    return new BlockCache(config, cacheFormat, cacheMemory);
  }

  /** The memory of all caches of this model. */
  public CacheMemory cacheMemory() {
    return cacheMemory;
  }

  /** As {@link BlockCache#mostBytes} for caches of this model. */
  public long mostCacheBytes(int shared, int length, int forks) {
    return BlockCache.mostBytes(config, cacheFormat, shared, length, forks, chunk);
  }

  /** How caches of this model lie in files. */
  CacheFile cacheFile() {
    turn.lock();
    try {
      requireOpen();
      if (fingerprint == null) {
        fingerprint = ModelFingerprint.of(config, weights, kernels.matrix());
      }
      return new CacheFile(config, cacheFormat, activations, fingerprint);
    } finally {
      turn.unlock();
    }
  }

  /**
   * Runs the input through all layers and the final norm.
   *
   * @param input [batch, columns] ids or embeddings
   * @return the last hidden states [batch, columns, hidden] and what else was asked for
   * @throws IllegalArgumentException when ids, shapes, mask or caches do not fit the model
   * @throws IllegalStateException when the model is closed
   */
  public ModelOutput forward(ModelInput input) {
    if (input.labels().isPresent()) {
      throw new IllegalArgumentException(
          "labels: a model without a head has no loss; leave them out");
    }
    float[][][] last = new float[input.batchSize()][input.columns()][config.hiddenSize()];
    return forward(input, null, last);
  }

  /**
   * Runs the input, with a head or without.
   *
   * @param head [outputs, hidden], or null for the normalised states themselves
   * @param out [batch, columns, outputs]: rows that are null are not wanted
   */
  ModelOutput forward(ModelInput input, @Nullable WeightMatrix head, float[][][] out) {
    if (!input.caches().isEmpty()) {
      return forward(input, input.caches().stream().map(this::own).toList(), head, out);
    }
    List<BlockCache> caches = Stream.generate(this::newCache).limit(input.batchSize()).toList();
    try {
      return forward(input, caches, head, out);
    } catch (RuntimeException | Error failure) {
      caches.forEach(BlockCache::close);
      throw failure;
    }
  }

  private ModelOutput forward(
      ModelInput input, List<BlockCache> caches, @Nullable WeightMatrix head, float[][][] out) {
    InputRules.check(input, config, caches);
    InputSteps steps = new InputSteps(input, config, caches, out);
    run(steps.steps(), head);
    return new ModelOutput(
        out, caches, steps.hiddenStates(), steps.attentions(), steps.routerLogits());
  }

  /**
   * Appends ids to several sequences at once, which reads the weights once for all of them, and
   * computes a head where outputs are wanted. Long steps go through in chunks. Allocates nothing
   * once warm.
   *
   * @param steps the caches all different
   * @param head [outputs, hidden], or null for the states after the final norm
   * @throws IllegalArgumentException when ids, caches or outputs do not fit the model
   * @throws IllegalStateException when the model is closed
   */
  void run(List<SequenceStep> steps, @Nullable WeightMatrix head) {
    run(steps, head, null);
  }

  /**
   * The same, with a look at how far it is.
   *
   * @param progress receives the fraction of the work that is done, after each layer; it must not
   *     call the model. Null for none
   */
  void run(
      List<SequenceStep> steps, @Nullable WeightMatrix head, @Nullable DoubleConsumer progress) {
    for (int i = 0; i < steps.size(); i++) {
      requireFits(steps.get(i), head);
      for (int j = 0; j < i; j++) {
        if (steps.get(j).cache() == steps.get(i).cache()) {
          throw new IllegalArgumentException(
              "caches: %d sequences need as many different caches, but there are %d"
                  .formatted(
                      steps.size(), steps.stream().map(SequenceStep::cache).distinct().count()));
        }
      }
    }
    turn.lock();
    try {
      requireOpen();
      stepRun.run(steps, head, progress);
    } finally {
      turn.unlock();
    }
  }

  /**
   * Appends ids to several sequences at once and computes their final hidden states [hidden], after
   * the last norm, where outputs are wanted.
   *
   * @throws IllegalArgumentException when ids, caches or outputs do not fit the model
   * @throws IllegalStateException when the model is closed
   */
  public void lastHiddenStates(List<SequenceStep> steps) {
    run(steps, null);
  }

  /** Shows the inputs of all matrices to a meter from now on. */
  public void observe(InputMeter meter) {
    pass.observe(meter);
  }

  /**
   * Looks at a step without running it.
   *
   * @throws IllegalArgumentException when ids, cache or outputs do not fit the model
   * @throws IllegalStateException when the cache is closed
   */
  void requireFits(SequenceStep step, @Nullable WeightMatrix head) {
    int outputs = head == null || step.isHeadless() ? config.hiddenSize() : head.rows();
    own(step.cache());
    if (step.ids() != null) {
      requireIds(step.ids(), step.offset(), step.length());
    }
    if (step.outputs().length > step.length()) {
      throw new IllegalArgumentException(
          "outputs: there are %2$d rows for %1$d ids; a row for each is the most"
              .formatted(step.length(), step.outputs().length));
    }
    for (float[] row : step.outputs()) {
      if (row != null && row.length != outputs) {
        throw new IllegalArgumentException(
            "outputs: expected %d floats, found %d".formatted(outputs, row.length));
      }
    }
  }

  private void requireIds(int[] ids, int offset, int length) {
    if (length < 1 || offset < 0 || offset > ids.length - length) {
      throw new IllegalArgumentException(
          "ids: [%2$d, %3$d) is no stretch of at least one of the %1$d ids"
              .formatted(ids.length, offset, offset + length));
    }
    new IdRange(config.vocabSize()).require("ids", ids, offset, offset + length);
  }

  /** A cache as one of this model's; refuses others, and closed ones. */
  BlockCache own(KeyValueCache cache) {
    return BlockCache.of(cache, cacheMemory);
  }

  /**
   * Runs the first layer on sequences of its own until the loops are compiled, so that the first
   * request is as fast as the later ones and allocates as little; a few seconds at most.
   */
  public void warmUp() {
    warmUp(null);
  }

  /**
   * The same with a head's product.
   *
   * @param head [outputs, hidden], or null for none
   */
  void warmUp(@Nullable WeightMatrix head) {
    MixtralWeights first =
        new MixtralWeights(
            weights.embedTokens(),
            List.of(weights.layers().getFirst()),
            weights.norm(),
            new MixtralWeights.Head.None());
    turn.lock();
    try (ForwardPass warmUp =
            new ForwardPass(config, first, kernels, threads, roundsActivations());
        BlockCache cache = newCache()) {
      requireOpen();
      WarmUp.run(warmUp, cache, head);
    } finally {
      turn.unlock();
    }
  }

  /**
   * Writes configuration and weights as a Hub folder, without a head that the model was loaded
   * from.
   *
   * @param folder created when absent; may hold a tokenizer, but no weights
   * @throws IllegalArgumentException when it holds weights
   * @throws IllegalStateException when the model is closed
   * @throws java.io.UncheckedIOException when it can't be written
   */
  public void savePretrained(Path folder) {
    savePretrained(folder, weights.withoutHead());
  }

  /** Writes configuration, weights and head as a Hub folder. */
  void savePretrainedWithHead(Path folder) {
    savePretrained(folder, weights);
  }

  private void savePretrained(Path folder, MixtralWeights saved) {
    turn.lock();
    try {
      requireOpen();
      CheckpointWriter.write(folder, config, saved, CheckpointWriter.DEFAULT_MAX_SHARD_BYTES);
    } finally {
      turn.unlock();
    }
  }

  private boolean roundsActivations() {
    return activations == LoadOptions.Activations.I8;
  }

  private void requireOpen() {
    if (turn.getHoldCount() > 1) {
      throw new IllegalStateException(
          "a progress listener called the model that is computing; let it return first");
    }
    if (closed) {
      throw new IllegalStateException("the model is closed");
    }
  }

  /** Waits for the pass that runs, then ends the threads and unmaps the weights. */
  @Override
  public void close() {
    turn.lock();
    try {
      if (!closed) {
        closed = true;
        pass.close();
        checkpoint.close();
      }
    } finally {
      turn.unlock();
    }
  }
}
