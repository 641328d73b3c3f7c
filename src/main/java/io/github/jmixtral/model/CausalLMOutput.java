package io.github.jmixtral.model;

import java.util.List;
import java.util.OptionalDouble;

/**
 * What a language model returns. Lists are empty unless they were asked for; what stands at a
 * masked column is 0.
 *
 * @param logits [batch, kept columns, vocab]
 * @param loss mean cross entropy, plus the configuration's {@code router_aux_loss_coef} times the
 *     auxiliary loss where there is one; empty without labels
 * @param auxLoss the load-balancing loss; empty without router logits
 * @param caches the sequences' caches, with this input appended
 * @param hiddenStates the embedding, each layer's output but the last's, and the final state after
 *     the last norm: layers + 1 times [batch, columns, hidden]
 * @param attentions by layer: probabilities [batch, heads, columns, past + columns]
 * @param routerLogits by layer: [batch · columns, experts]; where the input says nothing, the
 *     configuration's {@code output_router_logits} decides
 */
public record CausalLMOutput(
    float[][][] logits,
    OptionalDouble loss,
    OptionalDouble auxLoss,
    List<KeyValueCache> caches,
    List<float[][][]> hiddenStates,
    List<float[][][][]> attentions,
    List<float[][]> routerLogits) {}
