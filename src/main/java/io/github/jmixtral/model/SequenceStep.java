package io.github.jmixtral.model;

/**
 * Ids to append to one sequence, and where the logits that follow them go.
 *
 * @param cache of the sequence; grows by {@code length}
 * @param ids of which {@code length} from {@code offset} on are appended
 * @param offset of the first
 * @param length how many, at least 1
 * @param logits [vocab], overwritten with those after the last id
 */
public record SequenceStep(
    KeyValueCache cache, int[] ids, int offset, int length, float[] logits) {}
