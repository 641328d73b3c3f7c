package io.github.jmixtral.internal.network;

import java.util.Objects;

/**
 * What a cache file holds.
 *
 * @param cache the caller's to close
 * @param ids begin with the ids that the cache holds; more may follow
 * @param conversation what they were computed from, in a form of the caller's; may be empty
 */
public record SavedCache(BlockCache cache, int[] ids, String conversation) {
  /** Takes a copy of the ids. */
  public SavedCache {
    Objects.requireNonNull(cache, "cache");
    Objects.requireNonNull(conversation, "conversation");
    ids = ids.clone();
  }

  /** A copy of the ids. */
  @Override
  public int[] ids() {
    return ids.clone();
  }
}
