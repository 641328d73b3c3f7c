package io.github.jmixtral.internal.network;

/** The ids that a model knows: 0 … vocab − 1. The one place where ids of callers are checked. */
public record IdRange(int vocabSize) {

  /** Whether the model knows an id. */
  public boolean contains(int id) {
    return id >= 0 && id < vocabSize;
  }

  /**
   * Refuses ids that the model does not know.
   *
   * @param place names the array in the message
   * @throws IllegalArgumentException for the first of them
   */
  public void require(String place, int[] ids) {
    require(place, ids, 0, ids.length);
  }

  /** As {@link #require(String, int[])}, of {@code ids[from … to − 1]} only. */
  void require(String place, int[] ids, int from, int to) {
    for (int i = from; i < to; i++) {
      if (!contains(ids[i])) {
        throw new IllegalArgumentException(
            "%s[%d]: expected an id from 0 to %d, found %d"
                .formatted(place, i, vocabSize - 1, ids[i]));
      }
    }
  }
}
