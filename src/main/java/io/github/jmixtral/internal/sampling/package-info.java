/** Logits processors and samplers. */
package io.github.jmixtral.internal.sampling;
