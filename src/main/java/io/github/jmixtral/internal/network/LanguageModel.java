package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.model.CausalLMOutput;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.model.ModelOutput;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A {@link MixtralModel} with its language-model head: ids in, logits out. Several threads may call
 * it at once; calls take turns, first come first served.
 */
public final class LanguageModel implements AutoCloseable {

  private final MixtralModel model;
  private final WeightMatrix lmHead;

  private LanguageModel(MixtralModel model, WeightMatrix lmHead) {
    this.model = model;
    this.lmHead = lmHead;
  }

  /**
   * Loads a Hub folder.
   *
   * @throws io.github.jmixtral.error.JmixtralException when the folder is not a readable Mixtral
   *     with a language-model head; its message gives place, expected and found
   */
  public static LanguageModel fromPretrained(Path folder, LoadOptions options) {
    Checkpoint checkpoint = FlightRecorder.open(folder, options);
    try {
      WeightMatrix lmHead = checkpoint.languageModelHead();
      return new LanguageModel(new MixtralModel(checkpoint, options), lmHead);
    } catch (RuntimeException | Error failure) {
      checkpoint.close();
      throw failure;
    }
  }

  /** The model's shape. */
  public MixtralConfig config() {
    return model.config();
  }

  /** See {@link MixtralModel#layersRun()}. */
  public long layersRun() {
    return model.layersRun();
  }

  /** An empty cache for one sequence. */
  public BlockCache newCache() {
    return model.newCache();
  }

  /** Bytes of all caches of this model: 0 when all are closed. What forks share counts once. */
  public long cacheByteSize() {
    return model.cacheByteSize();
  }

  /**
   * Writes a cache to a file, for {@link #openCache} in another process, another day. The file
   * appears under its name whole or not at all.
   *
   * @param cache of this model
   * @param ids begin with those that the cache holds; more may follow, they are kept beside
   * @throws IllegalArgumentException when cache or ids do not fit
   * @throws IllegalStateException when cache or model are closed
   * @throws java.io.UncheckedIOException when the file can't be written
   */
  public void saveCache(BlockCache cache, int[] ids, Path file) {
    model.cacheFile().write(file, model.own(cache), ids);
  }

  /**
   * Maps a cache that {@link #saveCache} wrote: nothing is read before a query sees it, and only
   * the last block is copied when ids are appended. Until the cache is closed and collected, the
   * file must stay as it is; it may be replaced by another one of its name.
   *
   * @throws io.github.jmixtral.error.JmixtralException when there is no such file, or it is damaged
   *     or was computed by another model, with another window, cache format or activations, or
   *     another version
   * @throws IllegalStateException when the model is closed
   * @throws java.io.UncheckedIOException when the file can't be read
   */
  public SavedCache openCache(Path file) {
    CacheFile format = model.cacheFile();
    BlockCache cache = newCache();
    try {
      return new SavedCache(cache, format.read(file, cache));
    } catch (RuntimeException | Error failure) {
      cache.close();
      throw failure;
    }
  }

  /**
   * Runs the input and computes logits of its last columns, and the loss where labels are given.
   *
   * @param input [batch, columns] ids or embeddings
   * @return logits [batch, kept columns, vocab] and what else was asked for
   * @throws IllegalArgumentException when ids, shapes, mask or caches do not fit the model
   * @throws IllegalStateException when the model is closed
   */
  public CausalLMOutput forward(ModelInput input) {
    int first = input.labels().isPresent() ? 0 : input.firstKeptColumn();
    float[][][] logits = new float[input.batchSize()][input.columns()][];
    for (int b = 0; b < logits.length; b++) {
      for (int column = first; column < input.columns(); column++) {
        logits[b][column] = new float[config().vocabSize()];
      }
    }
    ModelOutput output = model.forward(input, lmHead, logits);
    OptionalDouble auxLoss = auxLoss(input, output);
    OptionalDouble loss = OptionalDouble.empty();
    if (input.labels().isPresent()) {
      double crossEntropy = Losses.crossEntropy(logits, input.labels().get());
      loss = OptionalDouble.of(crossEntropy + config().routerAuxLossCoef() * auxLoss.orElse(0));
    }
    return new CausalLMOutput(
        lastColumns(logits, input.firstKeptColumn()),
        loss,
        auxLoss,
        output.caches(),
        output.hiddenStates(),
        output.attentions(),
        output.routerLogits());
  }

  private OptionalDouble auxLoss(ModelInput input, ModelOutput output) {
    if (output.routerLogits().isEmpty()) {
      return OptionalDouble.empty();
    }
    boolean[] visible = new boolean[input.batchSize() * input.columns()];
    for (int i = 0; i < visible.length; i++) {
      visible[i] = input.visible(i / input.columns(), i % input.columns());
    }
    return OptionalDouble.of(
        Losses.loadBalancing(output.routerLogits(), visible, config().numExpertsPerTok()));
  }

  private static float[][][] lastColumns(float[][][] logits, int first) {
    if (first == 0) {
      return logits;
    }
    float[][][] kept = new float[logits.length][][];
    for (int b = 0; b < logits.length; b++) {
      kept[b] = Arrays.copyOfRange(logits[b], first, logits[b].length);
    }
    return kept;
  }

  /**
   * Appends ids to the cache's sequence and computes the logits that follow the last one. A long
   * stretch goes through in chunks. Allocates nothing once warm.
   *
   * @param cache of this model; grows by {@code length}
   * @param ids of which {@code length} from {@code offset} on are appended, at least one
   * @param logits [vocab], overwritten
   * @throws IllegalArgumentException when ids, cache or logits do not fit the model
   * @throws IllegalStateException when the model is closed
   */
  public void nextTokenLogits(BlockCache cache, int[] ids, int offset, int length, float[] logits) {
    requireVocab(logits);
    model.appendAndMultiply(cache, ids, offset, length, lmHead, logits);
  }

  /**
   * Appends ids to several sequences at once, which reads the weights once for all of them.
   *
   * @param caches by sequence, all different
   * @param ids by sequence, at least one each
   * @param logits by sequence: [vocab], overwritten
   * @throws IllegalArgumentException when ids, caches or logits do not fit the model
   * @throws IllegalStateException when the model is closed
   */
  public void nextTokenLogits(List<BlockCache> caches, List<int[]> ids, float[][] logits) {
    if (logits.length != ids.size()) {
      throw new IllegalArgumentException(
          "logits: expected %d rows, found %d".formatted(ids.size(), logits.length));
    }
    for (float[] row : logits) {
      requireVocab(row);
    }
    model.appendAndMultiply(caches, ids, lmHead, logits);
  }

  /**
   * Appends ids to several sequences at once, which reads the weights once for all of them.
   * Allocates nothing once warm.
   *
   * @param steps the caches all different
   * @throws IllegalArgumentException when ids, caches or logits do not fit the model
   * @throws IllegalStateException when the model is closed
   */
  public void nextTokenLogits(List<SequenceStep> steps) {
    for (SequenceStep step : steps) {
      if (step.logits().length > step.length()) {
        throw new IllegalArgumentException(
            "logits: expected at most a row for each of %d ids, found %d"
                .formatted(step.length(), step.logits().length));
      }
      for (float[] row : step.logits()) {
        requireVocab(row);
      }
    }
    model.appendAndMultiply(steps, lmHead);
  }

  /**
   * Appends ids to the cache's sequence and computes the logits that follow each of them, which
   * takes little longer than those of the last: the weights are read once for all.
   *
   * @param cache of this model; grows by {@code length}
   * @param ids of which {@code length} from {@code offset} on are appended, at least one
   * @param logits by appended id: [vocab], overwritten, or null where they are not wanted
   * @throws IllegalArgumentException when ids, cache or logits do not fit the model
   * @throws IllegalStateException when the model is closed
   */
  public void nextTokensLogits(
      BlockCache cache, int[] ids, int offset, int length, float[][] logits) {
    if (logits.length != length) {
      throw new IllegalArgumentException(
          "logits: expected %d rows, found %d".formatted(length, logits.length));
    }
    for (float[] row : logits) {
      if (row != null) {
        requireVocab(row);
      }
    }
    model.appendAndMultiply(cache, ids, offset, length, lmHead, logits);
  }

  /**
   * Appends ids to several sequences at once and gives their final hidden states, after the last
   * norm: what the head would make logits of.
   *
   * @param caches by sequence, all different
   * @param ids by sequence, at least one each
   * @return by sequence: [ids, hidden]
   * @throws IllegalArgumentException when ids or caches do not fit the model
   * @throws IllegalStateException when the model is closed
   */
  public float[][][] lastHiddenStates(List<BlockCache> caches, List<int[]> ids) {
    long different = caches.stream().distinct().count();
    if (caches.size() != ids.size() || different != ids.size()) {
      throw new IllegalArgumentException(
          "caches: expected %d different ones, found %d".formatted(ids.size(), different));
    }
    float[][][] states = new float[ids.size()][][];
    for (int sequence = 0; sequence < states.length; sequence++) {
      states[sequence] = new float[ids.get(sequence).length][config().hiddenSize()];
    }
    model.appendAndMultiply(caches, ids, null, states);
    return states;
  }

  private void requireVocab(float[] logits) {
    if (logits.length != config().vocabSize()) {
      throw new IllegalArgumentException(
          "logits: expected %d floats, found %d".formatted(config().vocabSize(), logits.length));
    }
  }

  /**
   * Runs the loops until they are compiled, so that the first request is as fast as later ones; a
   * few seconds at most.
   *
   * @throws IllegalStateException when the model is closed
   */
  public void warmUp() {
    model.warmUp(lmHead);
  }

  /**
   * Writes configuration and weights as a Hub folder.
   *
   * @param folder created when absent; may hold a tokenizer, but no weights
   * @throws IllegalArgumentException when it holds weights
   * @throws IllegalStateException when the model is closed
   * @throws java.io.UncheckedIOException when it can't be written
   */
  public void savePretrained(Path folder) {
    model.savePretrainedWithHead(folder);
  }

  /** Waits for the call that runs, then ends the threads and unmaps the weights. */
  @Override
  public void close() {
    model.close();
  }
}
