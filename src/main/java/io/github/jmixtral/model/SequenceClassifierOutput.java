package io.github.jmixtral.model;

import java.util.List;
import java.util.OptionalDouble;

/**
 * What a classifier returns. Lists are empty unless they were asked for; what stands at a masked
 * column is 0.
 *
 * @param logits each label's score [batch, labels]
 * @param loss empty without labels
 * @param hiddenStates the embedding, each layer's output but the last's, and the final state after
 *     the last norm: layers + 1 times [batch, columns, hidden]
 * @param attentions by layer: probabilities [batch, heads, columns, past + columns]
 * @param routerLogits by layer: [batch · columns, experts]
 */
public record SequenceClassifierOutput(
    float[][] logits,
    OptionalDouble loss,
    List<float[][][]> hiddenStates,
    List<float[][][][]> attentions,
    List<float[][]> routerLogits) {}
