package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.kernel.AttentionKernels;
import io.github.jmixtral.internal.kernel.ThreadTeam;
import java.util.Arrays;

/**
 * {@code mixed = softmax(q · kᵀ / sqrt(headDim)) · v} for the queries of a batch over the keys and
 * values in its caches: tiles of queries walk over a cache's blocks with an online softmax, and the
 * query heads of a group share each block.
 *
 * <p>Memory is linear in the sequence: besides the cache there are a few tiles for each thread,
 * whatever the length. Blocks that no query of a tile sees are not touched.
 *
 * <p>Holds scratch memory: belongs to one session at a time.
 */
public final class TiledAttention {

  private static final int BLOCK = BlockCache.BLOCK;

  /** Rows (query × head of a group) of a tile, if its group is not larger: 32 KiB of queries. */
  private static final int TILE_ROWS = 64;

  /** Rows that a kernel takes at a time. */
  private static final int STEP = AttentionKernels.ROWS;

  private final int heads;
  private final int kvHeads;
  private final int headDim;
  private final int group;
  private final int tileTokens;
  private final float scale;
  private final AttentionKernels kernels;
  private final ThreadTeam team;
  private final Tile[] tiles;
  private final ThreadTeam.Step attendStep = this::attend;

  /** Tile number of each sequence's first tile, and the end. */
  private int[] firstTiles = new int[2];

  // The current call's, for the steps.
  private TokenBatch batch = new TokenBatch();
  private int layer;
  private float[] queries = new float[0];
  private float[] mixed = new float[0];

  public TiledAttention(MixtralConfig config, AttentionKernels kernels, ThreadTeam team) {
    heads = config.numAttentionHeads();
    kvHeads = config.numKeyValueHeads();
    headDim = config.headDim();
    group = heads / kvHeads;
    tileTokens = Math.max(1, TILE_ROWS / group);
    scale = (float) (1 / Math.sqrt(headDim));
    this.kernels = kernels;
    this.team = team;
    tiles = new Tile[team.size()];
    for (int i = 0; i < tiles.length; i++) {
      tiles[i] = new Tile(tileTokens * group, headDim);
    }
  }

  /** Cuts a batch into tiles, for the calls that follow. */
  public void begin(TokenBatch batch) {
    this.batch = batch;
    if (firstTiles.length < batch.sequences() + 1) {
      firstTiles = new int[2 * batch.sequences() + 1];
    }
    for (int s = 0; s < batch.sequences(); s++) {
      firstTiles[s + 1] = firstTiles[s] + (batch.count(s) + tileTokens - 1) / tileTokens;
    }
  }

  /**
   * Runs one layer's attention.
   *
   * @param queries [rows, heads, headDim], rotated
   * @param mixed [rows, heads, headDim], overwritten
   */
  public void run(int layer, float[] queries, float[] mixed) {
    this.layer = layer;
    this.queries = queries;
    this.mixed = mixed;
    team.run(firstTiles[batch.sequences()] * kvHeads, attendStep);
  }

  /** Bytes of scratch memory, of all threads. */
  public long scratchBytes() {
    return Arrays.stream(tiles).mapToLong(Tile::byteSize).sum();
  }

  /** One tile of a sequence's queries, all heads that read one key/value head. */
  private void attend(int item, int worker) {
    int number = item / kvHeads;
    int kvHead = item % kvHeads;
    int sequence = 0;
    while (number >= firstTiles[sequence + 1]) {
      sequence++;
    }
    BlockCache cache = batch.cache(sequence);
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
    Arrays.fill(tile.mixed, 0, Tile.padded(rows) * headDim, 0f);
    for (int r = 0; r < rows; r++) {
      tile.states[2 * r] = Float.NEGATIVE_INFINITY;
      tile.states[2 * r + 1] = 0f;
    }
  }

  /**
   * One block of keys and values. All rows are scored before any value is added, so that the
   * block's keys, and then its values, stay in the first level of cache.
   */
  private void attendBlock(
      Tile tile, BlockCache cache, int block, int index, int tokens, int kvHead) {
    CacheBlock stored = cache.block(block);
    int kv = stored.offset(kvHead);
    int rows = tokens * group;
    int first = firstSeeing(block, index, rows);
    int end = endSeeing(cache, block, index, rows);
    float[] keys = stored.keys(layer, kvHead, tile.block);
    for (int r = first; r < end; r += STEP) {
      kernels.scores(tile.queries, keys, kv, headDim, r, tile.scores);
    }
    for (int r = first; r < end; r++) {
      // A tile that sticks out has rows that are not stored in the end: they see nothing.
      int position = index + r / group;
      int from = Math.max(0, cache.firstVisible(position) - block * BLOCK);
      int to = Math.min(BLOCK, position + 1 - block * BLOCK);
      if (r < rows && from < to) {
        tile.rescale[r] = kernels.softmax(tile.scores, r, scale, from, to, tile.states);
      } else {
        Arrays.fill(tile.scores, r * BLOCK, (r + 1) * BLOCK, 0f);
        tile.rescale[r] = 1f;
      }
    }
    float[] values = stored.values(layer, kvHead, tile.block);
    for (int r = first; r < end; r += STEP) {
      kernels.accumulate(tile.scores, tile.rescale, r, values, kv, headDim, tile.mixed);
    }
  }

  /** First row of the first step in which a query sees the block. */
  private int firstSeeing(int block, int index, int rows) {
    int row = 0;
    while (row + STEP < rows && index + (row + STEP - 1) / group < block * BLOCK) {
      row += STEP;
    }
    return row;
  }

  /** End of the last step in which a query sees the block: a window hides it from later ones. */
  private int endSeeing(BlockCache cache, int block, int index, int rows) {
    int row = Tile.padded(rows);
    while (row > STEP && cache.firstVisible(index + (row - STEP) / group) >= (block + 1) * BLOCK) {
      row -= STEP;
    }
    return row;
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

  /** One worker's memory: queries × heads of a group, rounded up to what the kernels take. */
  private static final class Tile {
    private final float[] queries;
    private final float[] mixed;
    private final float[] states;
    private final float[] scores;
    private final float[] rescale;

    /** Keys, then values, of a block that are not stored as floats. */
    private final float[] block;

    Tile(int rows, int headDim) {
      block = new float[headDim * BLOCK];
      queries = new float[padded(rows) * headDim];
      mixed = new float[padded(rows) * headDim];
      states = new float[2 * padded(rows)];
      scores = new float[padded(rows) * BLOCK];
      rescale = new float[padded(rows)];
    }

    static int padded(int rows) {
      return (rows + STEP - 1) / STEP * STEP;
    }

    long byteSize() {
      long floats = block.length + queries.length + mixed.length;
      return Float.BYTES * (floats + states.length + scores.length + rescale.length);
    }
  }
}
