package io.github.jmixtral.model;

/**
 * The keys and values that a model has computed for one sequence of ids, so that {@code forward}
 * continues where the sequence ends. A model makes its caches itself, and takes no other
 * implementation and no other model's cache.
 *
 * <pre>{@code
 * try (KeyValueCache cache = model.newCache()) {
 *   model.forward(ModelInput.ofIds(prompt).withCache(cache));
 *   model.forward(ModelInput.ofIds(moreIds).withCache(cache));
 * }
 * }</pre>
 *
 * <p>Without a sliding window a cache grows with its sequence. With one it keeps what the next id
 * can see, and a little more.
 *
 * <p>Not thread-safe, except that several threads may {@link #fork} one cache at once while none
 * changes it, and that any thread may ask for {@link #byteSize} at any time. A cache that is
 * unreachable gives its memory back without {@link #close}, but later.
 *
 * @since 0.1.0
 */
public interface KeyValueCache extends AutoCloseable {

  /** The number of ids that the sequence has. */
  int length();

  /**
   * Makes a second cache with the same sequence. Both go on independently; until they append, they
   * share all memory.
   *
   * @throws IllegalStateException when this cache is closed
   */
  KeyValueCache fork();

  /**
   * Forgets all ids from {@code length} on.
   *
   * @param length how many ids stay
   * @throws IllegalArgumentException when the sequence is shorter, or the cache has dropped
   *     positions that the next id would see (see {@link #canTruncate})
   * @throws IllegalStateException when this cache is closed
   */
  void truncate(int length);

  /**
   * Whether {@link #truncate} to this length is possible: the cache still holds every position that
   * the next id would see. Without a sliding window that is so for every length up to {@link
   * #length}.
   */
  boolean canTruncate(int length);

  /** Forgets the sequence and gives its memory back. */
  void reset();

  /** The bytes that the cache holds now, alone or with its forks. */
  long byteSize();

  /** How many experts each id that is appended runs through. */
  int numExpertsPerTok();

  /**
   * Sets how many experts each id that is appended runs through: fewer are faster, and not what the
   * model was trained with. Sequences of one batch may differ. The default is the configuration's
   * {@code num_experts_per_tok}; a fork begins with its origin's number.
   *
   * @param numExpertsPerTok 1 … {@code num_local_experts}
   * @throws IllegalArgumentException when out of this range
   */
  void setNumExpertsPerTok(int numExpertsPerTok);

  /**
   * How often each expert has computed an id since the cache was made [layers, experts]. Ids that
   * were forgotten count, and those of a fork's origin. A copy.
   */
  long[][] expertCounts();

  /** Gives the memory back; the cache can't be used any more. A second call does nothing. */
  @Override
  void close();
}
