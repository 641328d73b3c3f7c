package io.github.jmixtral.internal.network;

import io.github.jmixtral.model.ModelInput;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One sequence of a {@link ModelInput} without its padding: masked columns are invisible to every
 * query, so they are left out, and the columns that stay keep their order.
 */
final class InputSequence {

  private final BlockCache cache;
  private final int past;
  private final int[] columns;
  private final int[] positions;
  private final int[] ids;
  private final float[][] embeddings;

  private InputSequence(
      BlockCache cache, int[] columns, int[] positions, int[] ids, float[][] embeddings) {
    this.cache = cache;
    this.past = cache.length();
    this.columns = columns;
    this.positions = positions;
    this.ids = ids;
    this.embeddings = embeddings;
  }

  /** The sequences of an input, each on its cache. */
  static List<InputSequence> of(ModelInput input, List<BlockCache> caches) {
    return IntStream.range(0, input.batchSize())
        .mapToObj(b -> of(input, b, caches.get(b)))
        .toList();
  }

  private static InputSequence of(ModelInput input, int b, BlockCache cache) {
    int[] columns =
        IntStream.range(0, input.columns()).filter(column -> input.visible(b, column)).toArray();
    int[] positions =
        input
            .positionIds(b)
            .map(all -> IntStream.of(columns).map(column -> all[column]).toArray())
            .orElse(null);
    int[] ids = input.hasIds() ? input.ids(b) : null;
    return new InputSequence(
        cache, columns, positions, ids, input.hasIds() ? null : input.embeddings(b));
  }

  /** Ids without padding. */
  static InputSequence of(int[] ids, BlockCache cache) {
    return new InputSequence(cache, IntStream.range(0, ids.length).toArray(), null, ids, null);
  }

  BlockCache cache() {
    return cache;
  }

  /** Ids that the cache held before. */
  int past() {
    return past;
  }

  /** Ids without padding. */
  int count() {
    return columns.length;
  }

  /** The input's column of the sequence's i-th id. */
  int column(int i) {
    return columns[i];
  }

  /** The column of an attention matrix that shows the cache's i-th id: the past stands first. */
  int keyColumn(int i) {
    return i < past ? i : past + columns[i - past];
  }

  /** Rotary positions of the ids, or null for their place in the cache. */
  int[] positions() {
    return positions;
  }

  /** Puts the i-th id's embedding into a row of the pass. */
  void embed(ForwardPass pass, int row, int i) {
    if (ids != null) {
      pass.embed(row, ids[columns[i]]);
    } else {
      pass.embed(row, embeddings[columns[i]]);
    }
  }
}
