package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.tensor.WeightMatrix;
import io.github.jmixtral.model.CausalLMOutput;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.model.ModelOutput;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A {@link DecoderStack} with its language-model head: ids in, logits out. Several threads may call
 * it at once; calls take turns, first come first served.
 */
public final class LanguageModel implements HeadedModel, AutoCloseable {

  private final DecoderStack model;
  private final WeightMatrix lmHead;

  private LanguageModel(DecoderStack model, WeightMatrix lmHead) {
    this.model = model;
    this.lmHead = lmHead;
  }

  /**
   * Loads a checkpoint of any layout.
   *
   * @throws io.github.jmixtral.error.JmixtralException when the folder is not a readable Mixtral
   *     with a language-model head
   */
  public static LanguageModel fromPretrained(Path folder, LoadOptions options) {
    return DecoderStack.load(
        folder,
        options,
        checkpoint -> {
          WeightMatrix lmHead = checkpoint.languageModelHead();
          return new LanguageModel(new DecoderStack(checkpoint, options), lmHead);
        });
  }

  /** The model's shape. */
  public MixtralConfig config() {
    return model.config();
  }

  /** The weights, in the formats that they are multiplied in; accessible until {@link #close}. */
  public MixtralWeights weights() {
    return model.weights();
  }

  @Override
  public int chunk() {
    return model.chunk();
  }

  /**
   * The ids that a cache lacks, in steps that flow through the layers together, for what takes its
   * outputs step by step: the memory for them has a bound, and other threads get their turns.
   *
   * @param ids the whole sequence, what the cache holds included
   */
  public List<SequenceStep> chunks(BlockCache cache, int[] ids) {
    return model.chunks(cache, ids);
  }

  /** An empty cache for one sequence. */
  public BlockCache newCache() {
    return model.newCache();
  }

  /** The memory of all caches of this model. */
  public CacheMemory cacheMemory() {
    return model.cacheMemory();
  }

  /** Bytes of all caches in use: 0 when all are closed. What forks share counts once. */
  public long cacheByteSize() {
    return cacheMemory().usedBytes();
  }

  /** As {@link BlockCache#mostBytes} for caches of this model. */
  public long mostCacheBytes(int shared, int length, int forks) {
    return model.mostCacheBytes(shared, length, forks);
  }

  /**
   * Writes a cache to a file, for {@link #openCache} in another process, another day. The file
   * appears under its name whole or not at all.
   *
   * @param saved its cache is of this model
   * @throws IllegalArgumentException when cache or ids do not fit
   * @throws IllegalStateException when cache or model are closed
   * @throws java.io.UncheckedIOException when the file can't be written
   */
  public void saveCache(SavedCache saved, Path file) {
    model.own(saved.cache());
    model.cacheFile().write(file, saved);
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
      return format.read(file, cache);
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
    int kept = input.logitsToKeep() == 0 ? input.columns() : input.logitsToKeep();
    int firstKept = Math.max(0, input.columns() - kept);
    int first = input.labels().isPresent() ? 0 : firstKept;
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
    return new CausalLMOutput(lastColumns(logits, firstKept), loss, auxLoss, output);
  }

  private OptionalDouble auxLoss(ModelInput input, ModelOutput output) {
    if (output.routerLogits().isEmpty()) {
      return OptionalDouble.empty();
    }
    boolean[] visible = new boolean[input.batchSize() * input.columns()];
    for (int i = 0; i < visible.length; i++) {
      visible[i] = input.isVisible(i / input.columns(), i % input.columns());
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
   * Appends ids to several sequences at once and computes logits [vocab] where they are wanted: as
   * {@link #run} without a look at how far it is.
   *
   * @param steps the caches all different
   * @throws IllegalArgumentException when ids, caches or outputs do not fit the model
   * @throws IllegalStateException when the model is closed
   */
  public void nextTokenLogits(List<SequenceStep> steps) {
    run(steps, null);
  }

  @Override
  public void run(List<SequenceStep> steps, @Nullable DoubleConsumer progress) {
    model.run(steps, lmHead, progress);
  }

  /** The same for one sequence. */
  public void nextTokenLogits(SequenceStep step) {
    nextTokenLogits(List.of(step));
  }

  @Override
  public void requireFits(SequenceStep step) {
    model.requireFits(step, lmHead);
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

  /** Waits for the pass that runs, then ends the threads and unmaps the weights. */
  @Override
  public void close() {
    model.close();
  }
}
