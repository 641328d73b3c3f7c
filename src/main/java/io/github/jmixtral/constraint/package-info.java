/**
 * What a generation may write: one of several texts, a regular expression, a grammar, JSON, JSON of
 * a schema or of a record. Start with {@link io.github.jmixtral.constraint.Constraint}, and hand it
 * to {@code GenerationRequest.withConstraint}; {@code GenerationRequest.as} does both for a record.
 *
 * <p>While a text is generated, only tokens that can still lead to a complete text are admitted,
 * and the end of the sequence only where the text is complete. When new tokens run out, the text is
 * closed in time; a request whose shortest text does not fit into its tokens is refused. A
 * constraint is immutable and may be shared by threads and models. Make it once: what it needs of a
 * model's tokenizer is computed at its first use with that model and kept as long as the
 * constraint.
 */
@NullMarked
package io.github.jmixtral.constraint;

import org.jspecify.annotations.NullMarked;
