/**
 * From the logits of the next token to its id. {@link
 * io.github.jmixtral.internal.sampling.LogitsProcessors} chooses what a configuration asks for:
 * {@link io.github.jmixtral.internal.sampling.Penalties}, {@link
 * io.github.jmixtral.internal.sampling.Bans}, {@link
 * io.github.jmixtral.internal.sampling.Rescalings} and {@link
 * io.github.jmixtral.internal.sampling.Cuts}, which work in place on one row of logits [vocab]; a
 * {@link io.github.jmixtral.internal.sampling.Sampler} takes an id from what they leave.
 */
@NullMarked
package io.github.jmixtral.internal.sampling;

import org.jspecify.annotations.NullMarked;
