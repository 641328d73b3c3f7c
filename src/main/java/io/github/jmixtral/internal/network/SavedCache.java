package io.github.jmixtral.internal.network;

import java.util.Objects;

/**
 * A cache that was read from a file.
 *
 * @param cache the caller's to close
 * @param ids begin with the ids that the cache holds
 */
public record SavedCache(BlockCache cache, int[] ids) {
  /** Takes a copy of the ids. */
  public SavedCache {
    Objects.requireNonNull(cache, "cache");
    ids = ids.clone();
  }

  /** A copy of the ids. */
  @Override
  public int[] ids() {
    return ids.clone();
  }
}
