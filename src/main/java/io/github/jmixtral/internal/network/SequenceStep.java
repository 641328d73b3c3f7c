package io.github.jmixtral.internal.network;

/**
 * Ids to append to one sequence, and where the logits that follow them go.
 *
 * @param cache of the sequence; grows by {@code length}
 * @param ids of which {@code length} from {@code offset} on are appended
 * @param offset of the first
 * @param length how many, at least 1
 * @param logits [rows][vocab], overwritten with those after the last {@code rows} ids, in their
 *     order; none where nobody wants any
 */
public record SequenceStep(BlockCache cache, int[] ids, int offset, int length, float[][] logits) {
  /** A step of which the logits after the last id are wanted [vocab]. */
  public SequenceStep(BlockCache cache, int[] ids, int offset, int length, float[] logits) {
    this(cache, ids, offset, length, new float[][] {logits});
  }
}
