package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.kernel.Kernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import io.github.jmixtral.internal.tensor.MatMul;

/**
 * Grouped-query attention with an optional sliding window: {@code out = o · softmax(q · kᵀ /
 * sqrt(headDim)) · v}, where query head h reads key/value head {@code h / (heads / kvHeads)} and a
 * query at position p sees the positions p − W + 1 … p.
 *
 * <p>Keys and values enter the cache first; then {@link TiledAttention} walks over its blocks.
 *
 * <p>Holds scratch memory: belongs to one session at a time.
 */
final class Attention {

  private static final int BLOCK = BlockCache.BLOCK;

  /**
   * Tokens that one item of rotating and storing takes: with the 40 heads of 128 floats of 8x7B, 82
   * thousand floats, some tens of microseconds. Up to 16 texts that are decoded together are one
   * item, which the caller does alone: it is over before another thread has woken up.
   */
  private static final int STORE_TOKENS = 16;

  private final int heads;
  private final int kvHeads;
  private final int headDim;
  private final int group;
  private final float scale;
  private final ThreadTeam team;
  private final MatMul matMul;
  private final RotaryEmbedding rotary;
  private final TiledAttention tiled;
  private final ThreadTeam.Step storeStep = this::store;

  private float[] queries = new float[0];
  private float[] keys = new float[0];
  private float[] values = new float[0];
  private float[] mixed = new float[0];

  // The current call's, for the steps.
  private TokenBatch batch = new TokenBatch();
  private int layer;

  Attention(MixtralConfig config, Kernels kernels, ThreadTeam team, MatMul matMul) {
    heads = config.numAttentionHeads();
    kvHeads = config.numKeyValueHeads();
    headDim = config.headDim();
    group = heads / kvHeads;
    scale = (float) (1 / Math.sqrt(headDim));
    this.team = team;
    this.matMul = matMul;
    rotary = new RotaryEmbedding(headDim, config.ropeTheta(), config.ropeFactor());
    tiled = new TiledAttention(config, kernels.attention(), team);
  }

  /** Prepares for a batch: its rotary angles, its tiles, room in its caches. */
  void begin(TokenBatch batch) {
    int rows = batch.rows();
    int size = Math.multiplyExact(rows, heads * headDim);
    // Allocating may fail half-way, so the array that is allocated last stands for all.
    if (mixed.length < size) {
      queries = new float[size];
      keys = new float[rows * kvHeads * headDim];
      values = new float[rows * kvHeads * headDim];
      mixed = new float[size];
    }
    for (int s = 0; s < batch.sequences(); s++) {
      batch.cache(s).reserve(batch.count(s));
    }
    rotary.prepare(batch);
    tiled.begin(batch);
  }

  /**
   * Runs one layer's attention.
   *
   * @param x normalised hidden states [rows, hidden]
   * @param out [rows, hidden], overwritten
   */
  void forward(MixtralWeights.Layer weights, int layer, TokenBatch batch, float[] x, float[] out) {
    this.batch = batch;
    this.layer = layer;
    int rows = batch.rows();
    matMul.add(weights.qProj(), x, 0, rows, queries, 0);
    matMul.add(weights.kProj(), x, 0, rows, keys, 0);
    matMul.add(weights.vProj(), x, 0, rows, values, 0);
    matMul.run();
    team.run((rows + STORE_TOKENS - 1) / STORE_TOKENS, storeStep);
    tiled.run(layer, queries, mixed);
    matMul.add(weights.oProj(), mixed, 0, rows, out, 0);
    matMul.run();
  }

  /** Rotates queries and keys of a stretch of tokens, and stores keys and values in the caches. */
  private void store(int item, int worker) {
    int end = Math.min(batch.rows(), (item + 1) * STORE_TOKENS);
    int sequence = 0;
    for (int row = item * STORE_TOKENS; row < end; row++) {
      while (row >= batch.firstRow(sequence) + batch.count(sequence)) {
        sequence++;
      }
      for (int h = 0; h < heads; h++) {
        rotary.rotate(queries, (row * heads + h) * headDim, row);
      }
      for (int h = 0; h < kvHeads; h++) {
        rotary.rotate(keys, (row * kvHeads + h) * headDim, row);
      }
      BlockCache cache = batch.cache(sequence);
      int index = cache.length() + row - batch.firstRow(sequence);
      cache.block(index / BLOCK).store(layer, index % BLOCK, keys, values, row * kvHeads * headDim);
    }
  }

  /** What the output projection was multiplied with in the last {@link #forward}. */
  float[] mixed() {
    return mixed;
  }

  /**
   * The probabilities that the last {@link #forward} used, for callers who ask to see them:
   * computed a second time, plainly.
   *
   * @return [heads, tokens, columns], columns counted from the sequence's first id on; 0 for what a
   *     query does not see
   */
  float[][][] probabilities(int sequence) {
    BlockCache cache = batch.cache(sequence);
    int tokens = batch.count(sequence);
    float[] scratch = new float[headDim * BLOCK];
    float[][][] result = new float[heads][tokens][cache.length() + tokens];
    for (int h = 0; h < heads; h++) {
      for (int t = 0; t < tokens; t++) {
        int query = ((batch.firstRow(sequence) + t) * heads + h) * headDim;
        softmaxRow(cache, query, h / group, cache.length() + t, scratch, result[h][t]);
      }
    }
    return result;
  }

  private void softmaxRow(
      BlockCache cache, int query, int kvHead, int position, float[] scratch, float[] row) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int p = cache.firstVisible(position); p <= position; p++) {
      CacheBlock block = cache.block(p / BLOCK);
      float[] blockKeys = block.keys(layer, kvHead, scratch);
      int first = block.offset(kvHead);
      float sum = 0;
      for (int d = 0; d < headDim; d++) {
        sum = Math.fma(queries[query + d], blockKeys[first + d * BLOCK + p % BLOCK], sum);
      }
      row[p] = sum * scale;
      largest = Math.max(largest, row[p]);
    }
    double total = 0;
    for (int p = cache.firstVisible(position); p <= position; p++) {
      row[p] = (float) Math.exp(row[p] - largest);
      total += row[p];
    }
    for (int p = cache.firstVisible(position); p <= position; p++) {
      row[p] /= (float) total;
    }
  }
}
