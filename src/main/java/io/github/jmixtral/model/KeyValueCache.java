package io.github.jmixtral.model;

import io.github.jmixtral.checkpoint.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * The keys and values of one sequence, of all layers. Mutable: belongs to one sequence, and to one
 * call at a time.
 *
 * <p>Positions lie in blocks of {@value #BLOCK}. Without a sliding window the cache grows with the
 * sequence. With a window of W it rolls: once a forward pass is done, every block whose positions
 * no later query can see is taken back for the next positions, so that the memory stays that of the
 * window, rounded up to blocks, however long the sequence gets:
 *
 * <pre>
 * BLOCK 64, W 128, positions 0 … 299 stored; position 300 will see 173 … 300
 * → held: blocks 2 (128 … 191), 3 (192 … 255), 4 (256 … 319)
 *   taken back: blocks 0 and 1, of which at most one waits to be used again
 * </pre>
 *
 * <p>Blocks begin at multiples of {@value #BLOCK} whatever the window and the chunks, so that
 * attention adds up in the same order in every case.
 */
public final class KeyValueCache {

  /** Positions in a block. */
  public static final int BLOCK = CacheBlock.SIZE;

  /** Blocks that wait to be used again: a long chunk needs more than single tokens do later. */
  private static final int WORTH_KEEPING = 1;

  private final MixtralConfig config;
  private final CacheFormat format;
  private final int window;

  /** Block number b is at {@code ring[b % ring.length]}, for {@code firstBlock ≤ b < endBlock}. */
  private CacheBlock[] ring = new CacheBlock[4];

  private int firstBlock;
  private int endBlock;
  private final ArrayDeque<CacheBlock> free = new ArrayDeque<>();
  private int length;

  KeyValueCache(MixtralConfig config, CacheFormat format) {
    this.config = config;
    this.format = format;
    window = config.slidingWindow().orElse(Integer.MAX_VALUE);
  }

  /** Number of ids that the sequence has so far. */
  public int length() {
    return length;
  }

  /** Forgets the sequence and gives its memory back. */
  public void reset() {
    Arrays.fill(ring, null);
    free.clear();
    firstBlock = 0;
    endBlock = 0;
    length = 0;
  }

  /** Bytes that the cache holds now. */
  public long byteSize() {
    long bytes = 0;
    for (int b = firstBlock; b < endBlock; b++) {
      bytes += block(b).byteSize();
    }
    for (CacheBlock block : free) {
      bytes += block.byteSize();
    }
    return bytes;
  }

  /**
   * The most bytes that a cache of a model of this shape holds between forward passes, while its
   * sequence grows to {@code length} ids in steps of any size.
   *
   * <pre>
   * BLOCK 64, W 128: the 127 positions that the next query sees besides its own lie in at most
   * 3 blocks, and one may wait to be used again: 4 blocks, from 256 ids on
   * </pre>
   */
  public static long maxByteSize(MixtralConfig config, CacheFormat format, int length) {
    long blocks = ((long) length + BLOCK - 1) / BLOCK;
    if (config.slidingWindow().isPresent()) {
      int kept = config.slidingWindow().getAsInt() - 1;
      long spanned = ((long) kept + BLOCK - 2) / BLOCK + 1;
      blocks = Math.min(blocks, spanned + WORTH_KEEPING);
    }
    return blocks * CacheBlock.of(format, config).byteSize();
  }

  /** First position that a query at {@code position} sees. */
  int firstVisible(int position) {
    return position < window ? 0 : position - window + 1;
  }

  /** Whether this cache was made for a model of this shape. */
  boolean fits(MixtralConfig other) {
    return config.numHiddenLayers() == other.numHiddenLayers()
        && config.numKeyValueHeads() == other.numKeyValueHeads()
        && config.headDim() == other.headDim()
        && config.slidingWindow().equals(other.slidingWindow());
  }

  /** Makes room for positions {@code length() … length() + count − 1}. */
  void reserve(int count) {
    int end = Math.addExact(length, count + BLOCK - 1) / BLOCK;
    if (end - firstBlock > ring.length) {
      grow(end - firstBlock);
    }
    while (endBlock < end) {
      CacheBlock block = free.isEmpty() ? CacheBlock.of(format, config) : free.pop();
      ring[endBlock++ % ring.length] = block;
    }
  }

  private void grow(int needed) {
    CacheBlock[] larger = new CacheBlock[Math.max(needed, 2 * ring.length)];
    for (int b = firstBlock; b < endBlock; b++) {
      larger[b % larger.length] = ring[b % ring.length];
    }
    ring = larger;
  }

  /** The block that holds the positions {@code number · BLOCK …}. */
  CacheBlock block(int number) {
    return ring[number % ring.length];
  }

  /** Counts {@code count} stored positions in, and takes back what no later query sees. */
  void advance(int count) {
    length += count;
    int firstNeeded = firstVisible(length) / BLOCK;
    while (firstBlock < firstNeeded) {
      int slot = firstBlock++ % ring.length;
      if (free.size() < WORTH_KEEPING) {
        ring[slot].clear();
        free.push(ring[slot]);
      }
      ring[slot] = null;
    }
  }
}
