package io.github.jmixtral.model;

import io.github.jmixtral.checkpoint.MixtralWeights;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.kernel.AttentionKernels;
import io.github.jmixtral.kernel.Kernels;
import io.github.jmixtral.kernel.ThreadTeam;
import io.github.jmixtral.tensor.MatMul;
import java.util.Arrays;

/**
 * Grouped-query attention with an optional sliding window: {@code out = o · softmax(q · kᵀ /
 * sqrt(headDim)) · v}, where query head h reads key/value head {@code h / (heads / kvHeads)} and a
 * query at position p sees the positions p − W + 1 … p.
 *
 * <p>Keys and values enter the cache first; then tiles of queries walk over the cache's blocks with
 * an online softmax. The query heads of a group share each block. Memory is linear in the sequence,
 * and blocks that no query of a tile sees are not touched.
 *
 * <p>Holds scratch memory: belongs to one session at a time.
 */
final class Attention {

  private static final int BLOCK = KeyValueCache.BLOCK;

  /** Rows (query × head of a group) of a tile, if its group is not larger: 32 KiB of queries. */
  private static final int TILE_ROWS = 64;

  /** Tokens that one item of rotating and storing takes. */
  private static final int STORE_TOKENS = 16;

  private final int heads;
  private final int kvHeads;
  private final int headDim;
  private final int group;
  private final int tileTokens;
  private final float scale;
  private final AttentionKernels kernels;
  private final ThreadTeam team;
  private final MatMul matMul;
  private final RotaryEmbedding rotary;
  private final Tile[] tiles;
  private final ThreadTeam.Step storeStep = this::store;
  private final ThreadTeam.Step attendStep = this::attend;

  private float[] queries = new float[0];
  private float[] keys = new float[0];
  private float[] values = new float[0];
  private float[] mixed = new float[0];

  /** Tile number of each sequence's first tile, and the end. */
  private int[] firstTiles = new int[2];

  // The current call's, for the steps.
  private TokenBatch batch;
  private int layer;

  Attention(MixtralConfig config, Kernels kernels, ThreadTeam team, MatMul matMul) {
    heads = config.numAttentionHeads();
    kvHeads = config.numKeyValueHeads();
    headDim = config.headDim();
    group = heads / kvHeads;
    tileTokens = Math.max(1, TILE_ROWS / group);
    scale = (float) (1 / Math.sqrt(headDim));
    this.kernels = kernels.attention();
    this.team = team;
    this.matMul = matMul;
    rotary = new RotaryEmbedding(headDim, config.ropeTheta());
    tiles = new Tile[team.size()];
    for (int i = 0; i < tiles.length; i++) {
      tiles[i] = new Tile(tileTokens * group, headDim);
    }
  }

  /** Prepares for a batch: its rotary angles, its tiles, room in its caches. */
  void begin(TokenBatch batch) {
    int rows = batch.rows();
    int size = Math.multiplyExact(rows, heads * headDim);
    if (queries.length < size) {
      queries = new float[size];
      mixed = new float[size];
      keys = new float[rows * kvHeads * headDim];
      values = new float[rows * kvHeads * headDim];
    }
    if (firstTiles.length < batch.sequences() + 1) {
      firstTiles = new int[2 * batch.sequences() + 1];
    }
    for (int s = 0; s < batch.sequences(); s++) {
      batch.cache(s).reserve(batch.count(s));
      firstTiles[s + 1] = firstTiles[s] + (batch.count(s) + tileTokens - 1) / tileTokens;
    }
    rotary.prepare(batch);
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
    team.run(firstTiles[batch.sequences()] * kvHeads, attendStep);
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
      KeyValueCache cache = batch.cache(sequence);
      int index = cache.length() + row - batch.firstRow(sequence);
      cache.block(index / BLOCK).store(layer, index % BLOCK, keys, values, row * kvHeads * headDim);
    }
  }

  /** One tile of a sequence's queries, all heads that read one key/value head. */
  private void attend(int item, int worker) {
    int number = item / kvHeads;
    int kvHead = item % kvHeads;
    int sequence = 0;
    while (number >= firstTiles[sequence + 1]) {
      sequence++;
    }
    KeyValueCache cache = batch.cache(sequence);
    int start = (number - firstTiles[sequence]) * tileTokens;
    int tokens = Math.min(tileTokens, batch.count(sequence) - start);
    int row = batch.firstRow(sequence) + start;
    int index = cache.length() + start;
    Tile tile = tiles[worker];
    loadQueries(tile, row, tokens, kvHead);
    int firstBlock = cache.firstVisible(index) / BLOCK;
    int lastBlock = (index + tokens - 1) / BLOCK;
    for (int block = firstBlock; block <= lastBlock; block++) {
      attendBlock(tile, cache, block, index, tokens, kvHead);
    }
    storeMixed(tile, row, tokens, kvHead);
  }

  private void loadQueries(Tile tile, int row, int tokens, int kvHead) {
    for (int t = 0; t < tokens; t++) {
      int from = ((row + t) * heads + kvHead * group) * headDim;
      System.arraycopy(queries, from, tile.queries, t * group * headDim, group * headDim);
    }
    int rows = tokens * group;
    Arrays.fill(tile.mixed, 0, tile.padded(rows) * headDim, 0f);
    for (int r = 0; r < rows; r++) {
      tile.states[2 * r] = Float.NEGATIVE_INFINITY;
      tile.states[2 * r + 1] = 0f;
    }
  }

  private void attendBlock(
      Tile tile, KeyValueCache cache, int block, int index, int tokens, int kvHead) {
    CacheBlock stored = cache.block(block);
    float[] blockKeys = stored.keys(layer, kvHead, tile.keys);
    float[] blockValues = stored.values(layer, kvHead, tile.values);
    int kv = stored.offset(kvHead);
    int rows = tokens * group;
    int step = AttentionKernels.ROWS;
    for (int first = 0; first < rows; first += step) {
      int last = Math.min(first + step, rows) - 1;
      boolean seen =
          index + last / group >= block * BLOCK
              && cache.firstVisible(index + first / group) < (block + 1) * BLOCK;
      if (!seen) {
        continue;
      }
      kernels.scores(tile.queries, first * headDim, blockKeys, kv, headDim, tile.scores, 0);
      for (int r = 0; r < step; r++) {
        // A tile that sticks out computes rows that nobody reads: they see nothing.
        int position = index + (first + r) / group;
        int from = Math.max(0, cache.firstVisible(position) - block * BLOCK);
        int to = Math.min(BLOCK, position + 1 - block * BLOCK);
        if (first + r < rows && from < to) {
          tile.rescale[r] =
              kernels.softmax(
                  tile.scores, r * BLOCK, scale, from, to, tile.states, 2 * (first + r));
        } else {
          Arrays.fill(tile.scores, r * BLOCK, (r + 1) * BLOCK, 0f);
          tile.rescale[r] = 1f;
        }
      }
      kernels.accumulate(
          tile.scores, 0, tile.rescale, 0, blockValues, kv, headDim, tile.mixed, first * headDim);
    }
  }

  private void storeMixed(Tile tile, int row, int tokens, int kvHead) {
    for (int r = 0; r < tokens * group; r++) {
      float total = tile.states[2 * r + 1];
      int to = ((row + r / group) * heads + kvHead * group + r % group) * headDim;
      for (int d = 0; d < headDim; d++) {
        mixed[to + d] = tile.mixed[r * headDim + d] / total;
      }
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
    KeyValueCache cache = batch.cache(sequence);
    int tokens = batch.count(sequence);
    float[][][] result = new float[heads][tokens][cache.length() + tokens];
    for (int h = 0; h < heads; h++) {
      for (int t = 0; t < tokens; t++) {
        int query = ((batch.firstRow(sequence) + t) * heads + h) * headDim;
        softmaxRow(cache, query, h / group, cache.length() + t, result[h][t]);
      }
    }
    return result;
  }

  private void softmaxRow(KeyValueCache cache, int query, int kvHead, int position, float[] row) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int p = cache.firstVisible(position); p <= position; p++) {
      CacheBlock block = cache.block(p / BLOCK);
      float[] blockKeys = block.keys(layer, kvHead, tiles[0].keys);
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

  /** One worker's memory: queries × heads of a group, rounded up to what the kernels take. */
  private static final class Tile {
    private final float[] queries;
    private final float[] mixed;
    private final float[] states;
    private final float[] scores = new float[AttentionKernels.ROWS * BLOCK];
    private final float[] rescale = new float[AttentionKernels.ROWS];

    /** Keys and values of a block that are not stored as floats. */
    private final float[] keys;

    private final float[] values;

    Tile(int rows, int headDim) {
      keys = new float[headDim * BLOCK];
      values = new float[headDim * BLOCK];
      queries = new float[padded(rows) * headDim];
      mixed = new float[padded(rows) * headDim];
      states = new float[2 * padded(rows)];
    }

    int padded(int rows) {
      int step = AttentionKernels.ROWS;
      return (rows + step - 1) / step * step;
    }
  }
}
