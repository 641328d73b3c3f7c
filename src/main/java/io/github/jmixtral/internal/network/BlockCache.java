package io.github.jmixtral.internal.network;

import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.model.KeyValueCache;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys and values of one sequence, of all layers.
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
 * <p>Forks share blocks. Full ones stay shared, as they never change again; the last one is copied
 * by the first cache that appends to it:
 *
 * <pre>
 * BLOCK 64, a cache of 150 ids and its fork: blocks 0, 1, 2 shared
 * → the fork appends an id: it copies block 2, blocks 0 and 1 stay shared
 * </pre>
 *
 * <p>Blocks begin at multiples of {@value #BLOCK} whatever the window and the chunks, so that
 * attention adds up in the same order in every case.
 */
public final class BlockCache implements KeyValueCache {

  /** Positions in a block. */
  public static final int BLOCK = CacheBlock.SIZE;

  /** Blocks that wait to be used again: a long chunk needs more than single tokens do later. */
  private static final int WORTH_KEEPING = 1;

  private final MixtralConfig config;
  private final CacheFormat format;
  private final CacheMemory memory;
  private final int window;
  private final long blockBytes;

  /** Block number b is at {@code ring[b % ring.length]}, for {@code firstBlock ≤ b < endBlock}. */
  private SharedBlock[] ring = new SharedBlock[4];

  private int firstBlock;
  private int endBlock;
  private final ArrayDeque<SharedBlock> free = new ArrayDeque<>();
  private int length;

  /** Blocks in the ring and free ones; other threads may ask while a pass runs. */
  private volatile int heldBlocks;

  private boolean closed;

  /** Whether it only keeps its blocks for forks to come. */
  private boolean isKept;

  /** What new blocks are taken from, or null. */
  private CacheMemory.@Nullable Reservation reservation;

  private int numExpertsPerTok;

  /** [layers, experts]. */
  private final long[][] expertCounts;

  public BlockCache(MixtralConfig config, CacheFormat format, CacheMemory memory) {
    this.config = config;
    this.format = format;
    this.memory = memory;
    window = config.slidingWindow().orElse(Integer.MAX_VALUE);
    blockBytes = CacheBlock.byteSize(format, config);
    numExpertsPerTok = config.numExpertsPerTok();
    expertCounts = new long[config.numHiddenLayers()][config.numLocalExperts()];
  }

  @Override
  public int length() {
    return length;
  }

  /** An empty cache of the same model, whose blocks are taken from the same reservation. */
  public BlockCache newCache() {
    BlockCache cache = new BlockCache(config, format, memory);
    cache.reservation = reservation;
    return cache;
  }

  @Override
  public BlockCache fork() {
    return fork(false);
  }

  /**
   * A fork of the first ids that only keeps them: its blocks do not count as used, and nothing may
   * be appended to it. Forks of it are as others.
   *
   * @param length as for {@link #truncate}
   */
  public BlockCache keep(int length) {
    BlockCache kept = fork(true);
    kept.truncate(length);
    return kept;
  }

  private BlockCache fork(boolean isKept) {
    requireOpen();
    BlockCache fork = new BlockCache(config, format, memory);
    fork.isKept = isKept;
    fork.reservation = this.isKept || isKept ? null : reservation;
    fork.ring = new SharedBlock[ring.length];
    fork.firstBlock = firstBlock;
    fork.endBlock = endBlock;
    fork.length = length;
    fork.numExpertsPerTok = numExpertsPerTok;
    for (int layer = 0; layer < expertCounts.length; layer++) {
      fork.expertCounts[layer] = expertCounts[layer].clone();
    }
    for (int b = firstBlock; b < endBlock; b++) {
      fork.ring[b % ring.length] = ring[b % ring.length].share(!isKept);
    }
    fork.countBlocks();
    return fork;
  }

  /** What new blocks are taken from, or null. */
  public CacheMemory.@Nullable Reservation reservation() {
    return reservation;
  }

  /**
   * Takes new blocks from a reservation from now on, and those of forks, too.
   *
   * @param reservation of the model's cache memory, or null for none
   */
  public void takeFrom(CacheMemory.@Nullable Reservation reservation) {
    this.reservation = reservation;
  }

  @Override
  public void truncate(int length) {
    requireOpen();
    if (length < 0 || length > this.length) {
      throw new IllegalArgumentException(
          "length: expected 0 … %d, found %d".formatted(this.length, length));
    }
    if (!canTruncate(length)) {
      throw new IllegalArgumentException(
          "length: the rolling cache has dropped the ids before %d, so it can be cut to 0 or %d … %d, not to %d"
              .formatted(firstBlock * BLOCK, firstBlock * BLOCK + window - 1, this.length, length));
    }
    if (length == 0) {
      reset();
      return;
    }
    int end = (length + BLOCK - 1) / BLOCK;
    while (endBlock > end) {
      giveUp(--endBlock % ring.length);
    }
    SharedBlock last = ring[(end - 1) % ring.length];
    if (length % BLOCK != 0 && length < this.length && last.isWritable()) {
      last.block().clear(length % BLOCK, Math.min(BLOCK, this.length - (end - 1) * BLOCK));
    }
    this.length = length;
    countBlocks();
  }

  @Override
  public boolean canTruncate(int length) {
    return length == 0
        || length > 0 && length <= this.length && firstVisible(length) / BLOCK >= firstBlock;
  }

  @Override
  public int numExpertsPerTok() {
    return numExpertsPerTok;
  }

  @Override
  public void setNumExpertsPerTok(int numExpertsPerTok) {
    if (numExpertsPerTok < 1 || numExpertsPerTok > config.numLocalExperts()) {
      throw new IllegalArgumentException(
          "num_experts_per_tok: expected 1 … %d, found %d"
              .formatted(config.numLocalExperts(), numExpertsPerTok));
    }
    this.numExpertsPerTok = numExpertsPerTok;
  }

  @Override
  public long[][] expertCounts() {
    long[][] counts = new long[expertCounts.length][];
    for (int layer = 0; layer < counts.length; layer++) {
      counts[layer] = expertCounts[layer].clone();
    }
    return counts;
  }

  /** Counts the experts of some slots, {@code experts[from … to − 1]}. */
  void countExperts(int layer, int[] experts, int from, int to) {
    long[] counts = expertCounts[layer];
    for (int slot = from; slot < to; slot++) {
      counts[experts[slot]]++;
    }
  }

  /**
   * How many ids may be appended behind the next {@code kept} ones and be truncated again: a
   * rolling cache drops a block of positions now and then, which the ids before the drop still see.
   *
   * <pre>
   * BLOCK 64, W 128, 180 ids: position 191 is the first that does not see block 0
   * → behind the next id there is room for 9 that can be taken back
   * </pre>
   */
  public int retractable(int kept) {
    if (window == Integer.MAX_VALUE) {
      return Integer.MAX_VALUE;
    }
    long end = (long) length + kept;
    long firstKept = Math.max(0, end - window + 1);
    // The last length at which that position's block is still needed, as in firstVisible.
    long last = (firstKept / BLOCK + 1) * BLOCK + window - 2L;
    return (int) Math.min(last - end, Integer.MAX_VALUE);
  }

  @Override
  public void reset() {
    for (int b = firstBlock; b < endBlock; b++) {
      ring[b % ring.length].letGo(!isKept);
    }
    free.forEach(block -> block.letGo(!isKept));
    Arrays.fill(ring, null);
    free.clear();
    firstBlock = 0;
    endBlock = 0;
    length = 0;
    countBlocks();
  }

  @Override
  public void close() {
    closed = true;
    reset();
  }

  @Override
  public long byteSize() {
    return heldBlocks * blockBytes;
  }

  /**
   * Bytes of the blocks that need not be made when ids are appended: all, but a last one that is
   * copied first; none in a cache that rolls, and makes others in their place.
   */
  public long lastingBytes() {
    if (window != Integer.MAX_VALUE) {
      return 0;
    }
    boolean isCopied = length % BLOCK != 0 && !ring[length / BLOCK % ring.length].isWritable();
    return (endBlock - (isCopied ? 1 : 0)) * blockBytes;
  }

  private void countBlocks() {
    heldBlocks = endBlock - firstBlock + free.size();
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
    return blocks * CacheBlock.byteSize(format, config);
  }

  /**
   * The most bytes that caches take, even within a pass, while forks of a common beginning grow.
   *
   * @param shared ids of the beginning
   * @param length ids of each in the end
   * @param forks how many there are
   * @param chunk ids that a pass appends at most
   */
  public static long mostBytes(
      MixtralConfig config, CacheFormat format, int shared, int length, int forks, int chunk) {
    long ofBeginning = shared / BLOCK;
    long ofEach = Math.ceilDiv((long) length, BLOCK) - ofBeginning;
    if (config.slidingWindow().isPresent()) {
      // Those that a pass's first id sees and those of its last, and those that wait for their use.
      long spanned = (config.slidingWindow().getAsInt() + (long) chunk) / BLOCK + 2;
      ofEach = Math.min(ofBeginning + ofEach, spanned + WORTH_KEEPING);
      ofBeginning = 0;
    }
    // A fork copies its last block before it lets go of the one that it shares.
    return (ofBeginning + forks * ofEach + 1) * CacheBlock.byteSize(format, config);
  }

  /** A recorder of the next {@code count} ids. */
  public Recorder newRecorder(Recorder.Wanted wanted, int count) {
    return new Recorder(config, wanted, length, count);
  }

  /** First position that a query at {@code position} sees. */
  int firstVisible(int position) {
    return position < window ? 0 : position - window + 1;
  }

  /** Number of the first block that is held. */
  int firstBlock() {
    return firstBlock;
  }

  /** Takes the blocks of an empty cache from elsewhere, the first of them number {@code first}. */
  void adopt(int first, List<CacheBlock> blocks, int length) {
    firstBlock = first;
    endBlock = first;
    grow(blocks.size());
    for (CacheBlock block : blocks) {
      ring[endBlock++ % ring.length] = memory.hold(block, blockBytes, reservation);
    }
    this.length = length;
    countBlocks();
  }

  /**
   * A cache as one of those that a memory counts.
   *
   * @throws IllegalArgumentException when it is another model's, or another implementation
   * @throws IllegalStateException when it is closed
   */
  static BlockCache of(KeyValueCache cache, CacheMemory memory) {
    if (cache instanceof BlockCache own && own.memory == memory) {
      own.requireOpen();
      return own;
    }
    throw new IllegalArgumentException(
        "cache: a model takes only caches that its own newCache() made, but this one is "
            + (cache instanceof BlockCache
                ? "another model's"
                : "a " + cache.getClass().getName()));
  }

  /**
   * Makes room for positions {@code length() … length() + count − 1}, in blocks that no other cache
   * holds.
   */
  public void reserve(int count) {
    requireOpen();
    int end = Math.addExact(length, count + BLOCK - 1) / BLOCK;
    if (end - firstBlock > ring.length) {
      grow(end - firstBlock);
    }
    for (int b = length / BLOCK; b < endBlock; b++) {
      own(b % ring.length, Math.max(0, length - b * BLOCK));
    }
    while (endBlock < end) {
      // There may be no memory for it: a block counts once it is there.
      SharedBlock next =
          free.isEmpty()
              ? memory.hold(CacheBlock.of(format, config), blockBytes, reservation)
              : free.pop();
      ring[endBlock % ring.length] = next;
      endBlock++;
      countBlocks();
    }
  }

  /** Copies a block's first {@code count} positions unless it is this cache's own. */
  private void own(int slot, int count) {
    SharedBlock shared = ring[slot];
    if (!shared.isWritable()) {
      ring[slot] = memory.hold(shared.block().copy(count), blockBytes, reservation);
      shared.letGo(!isKept);
    }
  }

  private void grow(int needed) {
    SharedBlock[] larger = new SharedBlock[Math.max(needed, 2 * ring.length)];
    for (int b = firstBlock; b < endBlock; b++) {
      larger[b % larger.length] = ring[b % ring.length];
    }
    ring = larger;
  }

  /** The block that holds the positions {@code number · BLOCK …}. */
  public CacheBlock block(int number) {
    return ring[number % ring.length].block();
  }

  /** Counts {@code count} stored positions in, and takes back what no later query sees. */
  void advance(int count) {
    length += count;
    int firstNeeded = firstVisible(length) / BLOCK;
    while (firstBlock < firstNeeded) {
      giveUp(firstBlock++ % ring.length);
    }
    countBlocks();
  }

  /** Takes a block out of the ring, to wait for its next use if there is one. */
  private void giveUp(int slot) {
    SharedBlock block = ring[slot];
    ring[slot] = null;
    if (block.isWritable() && free.size() < WORTH_KEEPING) {
      block.block().clear(0, BLOCK);
      free.push(block);
    } else {
      block.letGo(!isKept);
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the cache is closed");
    }
  }
}
