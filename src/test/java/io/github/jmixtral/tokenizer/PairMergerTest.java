package io.github.jmixtral.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.RunsOnce;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The queue of merges gives what a plain search for the best pair gives, in n log n. */
@RunsOnce
class PairMergerTest {
  /** A random vocabulary: symbols 0 to 3, then merges of earlier symbols; some share a rank. */
  private static LongTable randomMerges(Random random, int count) {
    LongTable merges = new LongTable();
    for (int i = 0; i < count; i++) {
      int left = random.nextInt(4 + i);
      int right = random.nextInt(4 + i);
      merges.put(LongTable.pair(left, right), LongTable.pair(random.nextInt(count), 4 + i));
    }
    return merges;
  }

  /**
   * Searches the whole text for the pair of the lowest rank, the leftmost of them, again and again.
   */
  private static int[] mergeOneByOne(int[] symbols, LongTable merges) {
    List<Integer> left = new ArrayList<>(Arrays.stream(symbols).boxed().toList());
    while (true) {
      int best = -1;
      long bestRank = Long.MAX_VALUE;
      for (int i = 0; i + 1 < left.size(); i++) {
        long merge = merges.get(LongTable.pair(left.get(i), left.get(i + 1)));
        if (merge != LongTable.NONE && merge >>> 32 < bestRank) {
          best = i;
          bestRank = merge >>> 32;
        }
      }
      if (best < 0) {
        return left.stream().mapToInt(Integer::intValue).toArray();
      }
      left.set(best, (int) merges.get(LongTable.pair(left.get(best), left.get(best + 1))));
      left.remove(best + 1);
    }
  }

  @Test
  void theQueueMergesAsAPlainSearchDoes() {
    Random random = new Random(3);
    for (int round = 0; round < 2000; round++) {
      LongTable merges = randomMerges(random, 1 + random.nextInt(30));
      PairMerger merger = new PairMerger(merges);
      for (int text = 0; text < 3; text++) {
        int[] symbols = random.ints(random.nextInt(60), 0, 4).toArray();
        Arrays.stream(symbols).forEach(merger::add);
        IdBuffer merged = new IdBuffer();
        merger.drainTo(merged);
        assertArrayEquals(mergeOneByOne(symbols, merges), merged.toArray());
        assertTrue(merger.isEmpty());
      }
    }
  }

  /** Each merge removes a symbol and adds at most two entries: 2 (n + 2 n) queue operations. */
  @Test
  void theWorkIsLinearInQueueOperations() {
    LongTable merges = new LongTable();
    for (int level = 0; level < 5; level++) {
      merges.put(LongTable.pair(level, level), LongTable.pair(level, level + 1));
    }
    for (int length : new int[] {1_000, 64_000, 512_000}) {
      PairMerger merger = new PairMerger(merges);
      for (int i = 0; i < length; i++) {
        merger.add(0);
      }
      IdBuffer merged = new IdBuffer();
      merger.drainTo(merged);
      assertEquals((length + 31) / 32, merged.size(), 5);
      assertTrue(
          merger.queueOperations() <= 6L * length,
          () -> merger.queueOperations() + " operations for " + length);
    }
  }

  @Test
  void ordinaryTextIsMergedWordByWord() {
    LongTable merges = new LongTable();
    merges.put(LongTable.pair(0, 1), LongTable.pair(0, 2));
    PairMerger merger = new PairMerger(merges);
    IdBuffer merged = new IdBuffer();
    for (int word = 0; word < 3; word++) {
      merger.add(0);
      merger.add(1);
      merger.drainTo(merged);
    }
    assertArrayEquals(new int[] {2, 2, 2}, merged.toArray());
    assertEquals(6, merger.queueOperations());
  }
}
