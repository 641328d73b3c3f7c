/**
 * From next-token logits to text: logits processors, the sampler, stopping criteria and the
 * decoding loop. Floor 5.
 *
 * <p>Processors, sampler and loop follow the reference ({@code generate} of Hugging Face
 * transformers 5) in names, meaning and order of application.
 */
@NullMarked
package io.github.jmixtral.generation;

import org.jspecify.annotations.NullMarked;
