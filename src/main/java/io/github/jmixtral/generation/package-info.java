/**
 * Prompts, what becomes of them, and what takes part while a text is generated.
 *
 * <p>Names, meaning and order of application follow the reference, {@code generate} of Hugging Face
 * transformers 5. These rules hold in all packages:
 *
 * <ul>
 *   <li>Arrays are copied on their way in and out. Exceptions are the large tensors of outputs,
 *       which are handed over and shared by all who hold the same object, and, for speed, the
 *       logits of a {@link io.github.jmixtral.generation.LogitsProcessor}.
 *   <li>A generation that is cancelled or interrupted returns what it has, with {@link
 *       io.github.jmixtral.generation.FinishReason#CANCELLED}. Every other call that is, and a turn
 *       of a session that has not begun, throws a {@link
 *       java.util.concurrent.CancellationException}.
 *   <li>What is closed throws an {@link IllegalStateException} when it is used.
 *   <li>Null is refused unless a parameter is marked as nullable.
 * </ul>
 */
@NullMarked
package io.github.jmixtral.generation;

import org.jspecify.annotations.NullMarked;
