/**
 * The values of a forward pass: {@link io.github.jmixtral.model.ModelInput} in, an output with
 * logits, states and a {@link io.github.jmixtral.model.KeyValueCache} out.
 *
 * <p>Arrays: integers (ids, masks, positions, labels, counts) are copied on their way in and out.
 * Floats are large, so they are handed over: embeddings stay as they are until the pass has run,
 * and what an output holds belongs to the caller.
 */
@NullMarked
package io.github.jmixtral.model;

import org.jspecify.annotations.NullMarked;
