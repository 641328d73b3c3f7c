package io.github.jmixtral.model;

import java.util.List;

/**
 * What the decoder stack returns. Lists are empty unless they were asked for; what stands at a
 * masked column is 0.
 *
 * @param lastHiddenState final states after the last norm [batch, columns, hidden]
 * @param caches the sequences' caches, with this input appended
 * @param hiddenStates the embedding, each layer's output but the last's, and {@code
 *     lastHiddenState}: layers + 1 times [batch, columns, hidden]
 * @param attentions by layer: probabilities [batch, heads, columns, past + columns]
 * @param routerLogits by layer: [batch · columns, experts]
 */
public record ModelOutput(
    float[][][] lastHiddenState,
    List<KeyValueCache> caches,
    List<float[][][]> hiddenStates,
    List<float[][][][]> attentions,
    List<float[][]> routerLogits) {}
