package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.CacheMemory;
import io.github.jmixtral.internal.network.LanguageModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what requests have computed for prompts that begin with the same ids: the next turn of a
 * conversation, another question behind the same instructions. Kept texts share their blocks with
 * each other and with the requests that go on from them. They fill what no request has reserved of
 * the cache memory; the least recently used goes first.
 *
 * <pre>
 * kept: S S S A A, prompt S S S B  → forks S S S, computes B
 * its text is kept: S S S B C      → S S S is there once
 * </pre>
 *
 * <p>The ids themselves are compared, and numbers of experts: what is shared is what the prompt
 * would compute, on quantised weights bit for bit, otherwise except for rounding.
 */
public final class PrefixCache {
  /** Kept texts at most: a look-up goes through all of them. */
  private static final int MOST_TEXTS = 1024;

  /** Less is sooner computed than a block is copied. */
  private static final int LEAST_IDS = BlockCache.BLOCK;

  private final LanguageModel model;
  private final CacheMemory memory;
  private final int mostTexts;

  /** How many texts came to it so far. */
  private volatile int additions;

  /** The least recently used first. */
  private final List<Text> texts = new ArrayList<>();

  /**
   * A text that is kept.
   *
   * @param ids as many as the cache holds
   */
  private record Text(int[] ids, BlockCache cache) {
    /** How many ids a cache for other ids can take over. */
    int shared(int[] others, int most) {
      int length = Math.min(most, ids.length);
      int different = Arrays.mismatch(ids, 0, length, others, 0, length);
      return different < 0 ? length : different;
    }
  }

  /**
   * An empty one for caches of a model.
   *
   * @param isOn whether it keeps anything
   */
  public PrefixCache(LanguageModel model, boolean isOn) {
    this.model = model;
    memory = model.cacheMemory();
    mostTexts = isOn ? MOST_TEXTS : 0;
  }

  /**
   * A cache for a prompt, which holds what is known of it, but not its last id: logits come out of
   * that.
   *
   * @param numExperts for each id
   * @param reservation of the whole prompt and text, or null; gets back what is shared
   */
  synchronized BlockCache open(
      int[] promptIds, int numExperts, CacheMemory.@Nullable Reservation reservation) {
    BlockCache known = fork(promptIds, numExperts, LEAST_IDS);
    BlockCache cache = known == null ? model.newCache() : known;
    if (reservation != null) {
      reservation.shrink(cache.lastingBytes());
    }
    cache.takeFrom(reservation);
    makeRoom();
    return cache;
  }

  /**
   * A cache that holds more of a prompt than the one it has, as it became known meanwhile; null
   * where there is none.
   *
   * @param held of the prompt's first ids; stays as it is
   */
  synchronized @Nullable BlockCache openLonger(int[] promptIds, BlockCache held) {
    BlockCache longer = fork(promptIds, held.numExpertsPerTok(), held.length() + LEAST_IDS);
    if (longer != null && held.reservation() != null) {
      held.reservation().shrink(longer.lastingBytes() - held.lastingBytes());
      longer.takeFrom(held.reservation());
    }
    return longer;
  }

  /** How many texts came to it so far: as long as it is the same, there is no more to find. */
  int additions() {
    return additions;
  }

  private @Nullable BlockCache fork(int[] promptIds, int numExperts, int least) {
    Text best = null;
    int most = least - 1;
    for (Text text : texts) {
      int shared = text.shared(promptIds, promptIds.length - 1);
      if (shared > most
          && text.cache().numExpertsPerTok() == numExperts
          && text.cache().canTruncate(shared)) {
        best = text;
        most = shared;
      }
    }
    if (best == null) {
      return null;
    }
    texts.remove(best);
    texts.add(best);
    BlockCache fork = best.cache().fork();
    fork.truncate(most);
    return fork;
  }

  /**
   * Keeps the beginning of a text, in blocks that it shares with the text's cache.
   *
   * @param ids begin with those that the cache holds
   * @param length how many of them to keep
   */
  synchronized void keep(int[] ids, int length, BlockCache cache) {
    if (mostTexts == 0 || length < LEAST_IDS || !cache.canTruncate(length)) {
      return;
    }
    for (int i = texts.size() - 1; i >= 0; i--) {
      Text text = texts.get(i);
      int shared = text.shared(ids, length);
      if (text.cache().numExpertsPerTok() == cache.numExpertsPerTok()) {
        if (shared == length && text.cache().canTruncate(length)) {
          texts.add(texts.remove(i));
          return;
        }
        if (shared == text.ids().length && cache.canTruncate(shared)) {
          texts.remove(i).cache().close();
        }
      }
    }
    texts.add(new Text(Arrays.copyOf(ids, length), cache.keep(length)));
    additions++;
    if (texts.size() > mostTexts) {
      texts.removeFirst().cache().close();
    }
    makeRoom();
  }

  /** Gives up what is in the way of those that have reserved memory. */
  private void makeRoom() {
    while (!texts.isEmpty() && memory.isOverfull()) {
      texts.removeFirst().cache().close();
    }
  }

  /** Gives up all. */
  public synchronized void clear() {
    texts.forEach(text -> text.cache().close());
    texts.clear();
  }
}
