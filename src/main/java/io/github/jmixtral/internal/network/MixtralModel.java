package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.internal.writing.CheckpointWriter;
import io.github.jmixtral.model.KeyValueCache;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.model.ModelOutput;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The decoder stack without a head: ids in, hidden states out.
 *
 * <p>Weights never change; several threads may call one model. Calls take turns, first come first
 * served, as each uses all threads of the team. Close the model to unmap its weights.
 */
public final class MixtralModel implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(MixtralModel.class);

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
  private final CacheMemory cacheMemory = new CacheMemory();
  private final ReentrantLock turn = new ReentrantLock(true);
  private boolean closed;

  /** Computed when it is asked for: it reads a part of the weights. */
  private String fingerprint;

  /** The normalised state of the last id [hidden]. */
  private final float[] lastState;

  MixtralModel(Checkpoint checkpoint, LoadOptions options) {
    this.checkpoint = checkpoint;
    config = checkpoint.config();
    weights = checkpoint.weights();
    chunk = Math.min(options.chunkTokens(), ForwardPass.mostRows(config));
    lastState = new float[config.hiddenSize()];
    threads = options.threads();
    cacheFormat = options.cacheFormat();
    activations = options.activations();
    kernels = Kernels.detected();
    LOG.info(
        "{}: {} threads, {}",
        checkpoint.folder().getFileName(),
        threads,
        kernels.vectorBits() == 0 ? "no vectors" : kernels.vectorBits() + "-bit vectors");
    pass = new ForwardPass(config, weights, kernels, threads, roundsActivations());
    pass.report(FlightRecorder.passEvents());
    stepRun = new StepRun(pass, chunk);
  }

  /** Loads a Hub folder with the default options. */
  public static MixtralModel fromPretrained(Path folder) {
    return fromPretrained(folder, LoadOptions.defaults());
  }

  /**
   * Loads a Hub folder. A language model's or classifier's head is ignored.
   *
   * @throws io.github.jmixtral.error.JmixtralException when the folder is not a readable Mixtral;
   *     its message gives place, expected and found
   */
  public static MixtralModel fromPretrained(Path folder, LoadOptions options) {
    Checkpoint checkpoint = FlightRecorder.open(folder, options);
    try {
      return new MixtralModel(checkpoint, options);
    } catch (RuntimeException | Error failure) {
      checkpoint.close();
      throw failure;
    }
  }

  /** The model's shape. */
  public MixtralConfig config() {
    return config;
  }

  /** An empty cache for one sequence. */
  public BlockCache newCache() {
    return new BlockCache(config, cacheFormat, cacheMemory);
  }

  /** Bytes of all caches of this model: 0 when all are closed. What forks share counts once. */
  public long cacheByteSize() {
    return cacheMemory.byteSize();
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
   * How many layers have been run since the model was loaded, each counted once for each chunk of a
   * prompt and for each further id. Grows while a call is under way: another thread can show how
   * far it is.
   */
  public long layersRun() {
    return pass.layersRun();
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
    float[][][] last = new float[input.batchSize()][input.columns()][config.hiddenSize()];
    return forward(input, null, last);
  }

  /**
   * Runs the input, with a head or without.
   *
   * @param head [outputs, hidden], or null for the normalised states themselves
   * @param out [batch, columns, outputs]: rows that are null are not wanted
   */
  ModelOutput forward(ModelInput input, WeightMatrix head, float[][][] out) {
    input.requireFits(config);
    List<BlockCache> caches =
        input
            .caches()
            .map(given -> given.stream().map(this::own).toList())
            .orElseGet(() -> Stream.generate(this::newCache).limit(input.batchSize()).toList());
    List<InputSequence> sequences = InputSequence.of(input, caches);
    turn.lock();
    try {
      requireOpen();
      Recorder recorder = input.records(config) ? new Recorder(input, sequences, pass) : null;
      new InputRun(pass, sequences, head, out, recorder, chunk).run();
      List<KeyValueCache> grown = List.copyOf(caches);
      return recorder == null
          ? new ModelOutput(out, grown, List.of(), List.of(), List.of())
          : new ModelOutput(
              out, grown, recorder.hiddenStates(), recorder.attentions(), recorder.routerLogits());
    } finally {
      pass.batch().clear();
      turn.unlock();
    }
  }

  /**
   * Appends whole arrays of ids to several sequences at once and computes a head on the last id of
   * each.
   *
   * @param ids by sequence, at least one each
   * @param out by sequence: [outputs]
   */
  void appendAndMultiply(
      List<BlockCache> caches, List<int[]> ids, WeightMatrix head, float[][] out) {
    if (caches.size() != ids.size()) {
      throw new IllegalArgumentException(
          "caches: expected %d different ones, found %d".formatted(ids.size(), caches.size()));
    }
    appendAndMultiply(
        IntStream.range(0, ids.size())
            .mapToObj(
                i -> new SequenceStep(caches.get(i), ids.get(i), 0, ids.get(i).length, out[i]))
            .toList(),
        head);
  }

  /**
   * Appends ids to several sequences at once and computes a head on the last ids of each: the
   * decoding loop's way with a batch, which allocates nothing once warm.
   */
  void appendAndMultiply(List<SequenceStep> steps, WeightMatrix head) {
    for (int i = 0; i < steps.size(); i++) {
      SequenceStep step = steps.get(i);
      requireIds(step.ids(), step.offset(), step.length());
      own(step.cache());
      for (int j = 0; j < i; j++) {
        if (steps.get(j).cache() == step.cache()) {
          throw new IllegalArgumentException(
              "caches: expected %d different ones, found %d"
                  .formatted(
                      steps.size(), steps.stream().map(SequenceStep::cache).distinct().count()));
        }
      }
    }
    turn.lock();
    try {
      requireOpen();
      stepRun.run(steps, head);
    } finally {
      pass.batch().clear();
      turn.unlock();
    }
  }

  /**
   * Appends ids to one sequence and computes a head on the last one: the decoding loop's way, which
   * allocates nothing once warm.
   */
  void appendAndMultiply(
      BlockCache cache, int[] ids, int offset, int length, WeightMatrix head, float[] out) {
    requireIds(ids, offset, length);
    own(cache);
    turn.lock();
    try {
      requireOpen();
      TokenBatch batch = pass.batch();
      for (int done = 0; done < length; done += batch.rows()) {
        batch.clear();
        batch.add(cache, Math.min(chunk, length - done), null, 0);
        pass.begin();
        for (int row = 0; row < batch.rows(); row++) {
          pass.embed(row, ids[offset + done + row]);
        }
        pass.run(null);
      }
      pass.normalise(batch.rows() - 1, lastState, 0);
      pass.multiply(head, lastState, 1, out);
    } finally {
      pass.batch().clear();
      turn.unlock();
    }
  }

  /**
   * Appends ids to one sequence and computes a head on each that is wanted.
   *
   * @param out by id: [outputs]; null for what is not wanted
   */
  void appendAndMultiply(
      BlockCache cache, int[] ids, int offset, int length, WeightMatrix head, float[][] out) {
    requireIds(ids, offset, length);
    int[] stretch = Arrays.copyOfRange(ids, offset, offset + length);
    appendAndMultiply(List.of(cache), List.of(stretch), head, new float[][][] {out});
  }

  /**
   * Appends ids to several sequences at once and computes a head on each id that is wanted.
   *
   * @param ids by sequence, at least one each
   * @param head [outputs, hidden], or null for the normalised states themselves
   * @param out by sequence and id: [outputs]; null for what is not wanted
   */
  void appendAndMultiply(
      List<BlockCache> caches, List<int[]> ids, WeightMatrix head, float[][][] out) {
    List<InputSequence> sequences = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      requireIds(ids.get(i), 0, ids.get(i).length);
      own(caches.get(i));
      sequences.add(InputSequence.of(ids.get(i), caches.get(i)));
    }
    turn.lock();
    try {
      requireOpen();
      new InputRun(pass, sequences, head, out, null, chunk).run();
    } finally {
      pass.batch().clear();
      turn.unlock();
    }
  }

  private void requireIds(int[] ids, int offset, int length) {
    if (length < 1 || offset < 0 || offset > ids.length - length) {
      throw new IllegalArgumentException(
          "ids: expected a stretch of at least 1 within %d ids, found [%d, %d)"
              .formatted(ids.length, offset, offset + length));
    }
    for (int i = offset; i < offset + length; i++) {
      if (ids[i] < 0 || ids[i] >= config.vocabSize()) {
        throw new IllegalArgumentException(
            "ids[%d]: expected an id from 0 to %d, found %d"
                .formatted(i, config.vocabSize() - 1, ids[i]));
      }
    }
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
  void warmUp(WeightMatrix head) {
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
    save(folder, weights.withoutHead());
  }

  /** Writes configuration, weights and head as a Hub folder. */
  void savePretrainedWithHead(Path folder) {
    save(folder, weights);
  }

  private void save(Path folder, MixtralWeights saved) {
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
    if (closed) {
      throw new IllegalStateException("the model is closed");
    }
  }

  /** Waits for the call that runs, then ends the threads and unmaps the weights. */
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
