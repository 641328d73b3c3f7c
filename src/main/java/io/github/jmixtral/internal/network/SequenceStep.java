package io.github.jmixtral.internal.network;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Ids to append to one sequence, and where the outputs that follow them go.
 *
 * @param cache of the sequence; grows by {@code length}
 * @param ids of which {@code length} from {@code offset} on are appended; null with embeddings
 * @param offset of the first id
 * @param length how many ids, at least 1
 * @param outputs overwritten with those after the last {@code outputs.length} ids, in their order:
 *     logits or what another head computes; a row that is null is not wanted
 * @param embeddings [length, hidden] in the place of ids; null with ids
 * @param positions what the rotary embedding takes [length]; null for the places in the cache
 * @param recorder is shown what the layers compute; null for nothing
 * @param isHeadless whether the outputs are the final hidden states [hidden], after the last norm,
 *     in the place of what a head would make of them
 */
public record SequenceStep(
    BlockCache cache,
    int @Nullable [] ids,
    int offset,
    int length,
    float[][] outputs,
    float @Nullable [][] embeddings,
    int @Nullable [] positions,
    @Nullable Recorder recorder,
    boolean isHeadless) {

  private static final float[][] NO_OUTPUTS = {};

  /** Ids with outputs after the last {@code outputs.length} of them. */
  public SequenceStep(BlockCache cache, int[] ids, int offset, int length, float[][] outputs) {
    this(cache, ids, offset, length, outputs, null, null, null, false);
  }

  /** Ids with outputs after the last one. */
  public SequenceStep(BlockCache cache, int[] ids, int offset, int length, float[] outputs) {
    this(cache, ids, offset, length, new float[][] {outputs});
  }

  /** Ids that are appended for what comes after them, without outputs. */
  public SequenceStep(BlockCache cache, int[] ids, int offset, int length) {
    this(cache, ids, offset, length, NO_OUTPUTS);
  }

  /**
   * Whole arrays of ids, each for a cache, with outputs after the last id of each.
   *
   * @param outputs by sequence
   */
  public static List<SequenceStep> ofEach(
      List<BlockCache> caches, List<int[]> ids, float[][] outputs) {
    return IntStream.range(0, ids.size())
        .mapToObj(
            i -> new SequenceStep(caches.get(i), ids.get(i), 0, ids.get(i).length, outputs[i]))
        .toList();
  }

  /**
   * Ids from {@code from} to the end in steps of {@code chunk} ids, the last one of what is left,
   * without outputs.
   */
  static List<SequenceStep> inChunks(BlockCache cache, int[] ids, int from, int chunk) {
    return IntStream.iterate(from, start -> start < ids.length, start -> start + chunk)
        .mapToObj(start -> new SequenceStep(cache, ids, start, Math.min(chunk, ids.length - start)))
        .toList();
  }

  /** The same step with other outputs. */
  public SequenceStep withOutputs(float[][] outputs) {
    return new SequenceStep(
        cache, ids, offset, length, outputs, embeddings, positions, recorder, isHeadless);
  }

  /** The same step, recorded. */
  public SequenceStep withRecorder(Recorder recorder) {
    return new SequenceStep(
        cache, ids, offset, length, outputs, embeddings, positions, recorder, isHeadless);
  }

  /** The same step with final hidden states for outputs. */
  public SequenceStep withoutHead() {
    return new SequenceStep(
        cache, ids, offset, length, outputs, embeddings, positions, recorder, true);
  }

  /**
   * A part of the step. Parts that run one after the other come to the same as the whole.
   *
   * @param start the part's first id, counted from the step's
   * @param count its ids
   */
  public SequenceStep part(int start, int count) {
    int unwanted = length - outputs.length;
    int firstRow = Math.max(start, unwanted) - unwanted;
    int endRow = Math.max(firstRow, start + count - unwanted);
    return new SequenceStep(
        cache,
        ids,
        offset + start,
        count,
        Arrays.copyOfRange(outputs, firstRow, endRow),
        embeddings == null ? null : Arrays.copyOfRange(embeddings, start, start + count),
        positions == null ? null : Arrays.copyOfRange(positions, start, start + count),
        recorder,
        isHeadless);
  }
}
